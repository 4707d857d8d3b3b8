// wasi/sockets/sockets.ts: the package wasi:sockets.
import {hostFunction, hostResource} from '../../engine/link/imports.ts'
import {causeIn} from '../errors.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import type {IoError} from '../io/streams.ts'
import {GRANT_NOTHING, type SocketGrants} from './grants.ts'
import {nameLookupInterface} from './name-lookup.ts'
import {tcpInterfaces} from './tcp.ts'
import {udpInterfaces} from './udp.ts'

export type SocketsConfig = Readonly<{
  /** Without it whatever would use the network is refused with 'access-denied'. */
  grants?: SocketGrants
}>

/** The one network; what it reaches is for the grants to say, not for the handle. */
const NETWORK = Object.freeze({})

export function socketsInterfaces(config: SocketsConfig = {}): readonly NamedInterface[] {
  const {grants = GRANT_NOTHING} = config
  return [
    wasiInterface('sockets/network', {
      network: hostResource(),
      'network-error-code': hostFunction((_, error: IoError) => causeIn('sockets', error)),
    }),
    wasiInterface('sockets/instance-network', {'instance-network': hostFunction(() => NETWORK)}),
    ...tcpInterfaces(grants),
    ...udpInterfaces(grants),
    nameLookupInterface(grants),
  ]
}
