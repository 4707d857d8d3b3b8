// wasi/sockets/udp-endpoint.ts: a UDP socket as 0.2 and 0.3 have it.
import type dgram from 'node:dgram'
import {isIP} from 'node:net'
import {lazyNode} from '../../base/lazy-node.ts'
import {ok, type Result} from '../../base/result.ts'
import {type Family, hostText, type SocketAddress, socketAddressOf} from './address.ts'
import {Endpoint, type Owner} from './endpoint.ts'
import {type ErrorCode, errorCodeOf, fails} from './error-code.ts'
import type {OptionValue} from './options.ts'
import type {IncomingDatagrams} from './udp-streams.ts'

const OPTIONS: Readonly<Record<string, OptionValue>> = {
  'unicast-hop-limit': 64,
  'receive-buffer-size': 65_536n,
  'send-buffer-size': 65_536n,
}

/** Addresses are numeric here; answered at once, so that binding and connecting are done when node's functions return. */
const numeric = (
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void => callback(null, address, isIP(address))

export abstract class UdpEndpoint extends Endpoint {
  protected socket: dgram.Socket | undefined
  protected remote: SocketAddress | undefined
  protected incoming: IncomingDatagrams | undefined

  constructor(owner: Owner, family: Family) {
    super(owner, family, OPTIONS)
  }

  /** What the network says of datagrams sent before. */
  protected abstract failed(error: Error): void

  bind(local: SocketAddress): Result<undefined, ErrorCode> {
    if (this.socket !== undefined) return fails('invalid-state')
    const unwanted = this.refusesLocal('udp-bind', local)
    if (unwanted !== undefined) return fails(unwanted)
    const socket = lazyNode.dgram.createSocket({
      type: this.family === 'ipv4' ? 'udp4' : 'udp6',
      ipv6Only: this.family === 'ipv6',
      lookup: numeric,
    })
    let refused: Error | undefined
    // Stays for the socket's whole life: an error that nobody hears would end the process.
    socket.on('error', error => {
      if (this.socket === undefined) refused = error
      else this.failed(error)
    })
    socket.on('message', (data, {address, port}) => {
      this.incoming?.arrived(data, socketAddressOf(address, port))
    })
    // Exclusive, or worker processes would share the port.
    socket.bind({address: hostText(local), port: local.val.port, exclusive: true})
    if (refused !== undefined) return fails(errorCodeOf(refused))
    this.socket = socket
    this.applied()
    return ok(undefined)
  }

  /** Makes `remote` the only peer, for the system too; without one, anybody again. */
  protected associate(remote: SocketAddress | undefined): ErrorCode | undefined {
    const socket = this.socket!
    if (this.remote !== undefined) socket.disconnect()
    this.remote = undefined
    if (remote === undefined) return undefined
    try {
      // Node tells the reason later, if at all, but whether it is connected at once.
      socket.connect(remote.val.port, hostText(remote), () => {})
      socket.remoteAddress()
    } catch {
      return 'remote-unreachable'
    }
    this.remote = remote
    return undefined
  }

  localAddress(): Result<SocketAddress, ErrorCode> {
    if (this.socket === undefined) return fails('invalid-state')
    const {address, port} = this.socket.address()
    return ok(socketAddressOf(address, port))
  }

  remoteAddress(): Result<SocketAddress, ErrorCode> {
    return this.remote === undefined ? fails('invalid-state') : ok(this.remote)
  }

  applied(): void {
    this.socket?.setTTL(this.options['unicast-hop-limit'] as number)
  }

  destroy(): void {
    // Node may have closed it already, after an error.
    try {
      this.socket?.close()
    } catch {}
  }
}
