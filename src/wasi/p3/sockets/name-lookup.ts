// wasi/p3/sockets/name-lookup.ts: wasi:sockets/ip-name-lookup, on that of 0.2.
import {ok} from '../../../base/result.ts'
import {blockingFunction} from '../../../engine/link/imports.ts'
import type {Store} from '../../../engine/store.ts'
import {type NamedInterface, p3Interface} from '../../interface.ts'
import type {IpAddress} from '../../sockets/address.ts'
import type {SocketGrants} from '../../sockets/grants.ts'
import {lookUp} from '../../sockets/name-lookup.ts'
import {failsLookup, LOOKUP_CODE, type Outcome} from './error-code.ts'

async function addressesOf(store: Store, grants: SocketGrants, name: string): Promise<Outcome<IpAddress[]>> {
  const started = lookUp(store, grants, name)
  if (started.tag === 'err') return failsLookup(started.val)
  const addresses = started.val
  while (!addresses.ready()) await addresses.whenReady()
  const found: IpAddress[] = []
  for (;;) {
    const next = addresses.next()
    if (next.tag === 'err') return failsLookup(next.val)
    if (next.val === undefined) break
    found.push(next.val)
  }
  return found.length === 0 ? failsLookup('name-unresolvable') : ok(found)
}

export const nameLookupInterface = (grants: SocketGrants): NamedInterface =>
  p3Interface('sockets/ip-name-lookup', {
    'resolve-addresses': blockingFunction(
      (store, name: string) => addressesOf(store, grants, name),
      `async func(string) -> result<list<variant{ipv4(${quad('u8', 4)}), ipv6(${quad('u16', 8)})}>, ${LOOKUP_CODE}>`,
    ),
  })

function quad(type: string, count: number): string {
  return `tuple<${new Array(count).fill(type).join(', ')}>`
}
