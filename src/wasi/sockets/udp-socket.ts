// wasi/sockets/udp-socket.ts: a UDP socket, and the two streams of datagrams made from it.
import type dgram from 'node:dgram'
import {lazyNode} from '../../base/lazy-node.ts'
import {ok, type Result} from '../../base/result.ts'
import type {Store} from '../../engine/store.ts'
import {DONE, Signal} from '../io/signal.ts'
import type {Pollable} from '../io/streams.ts'
import {
  type Family,
  hostText,
  ipText,
  isBindable,
  isPeer,
  type SocketAddress,
  socketAddressOf,
} from './address.ts'
import {type ErrorCode, errorCodeOf, fails} from './error-code.ts'
import type {SocketGrants, SocketUse} from './grants.ts'
import {end, keep, type Live, mayOpen} from './live.ts'
import type {OptionValue, WithOptions} from './options.ts'
import {IncomingDatagrams, OutgoingDatagrams} from './udp-streams.ts'

export class UdpSocket implements Pollable, WithOptions, Live {
  readonly family: Family
  readonly options: Record<string, OptionValue> = {
    'unicast-hop-limit': 64,
    'receive-buffer-size': 65_536n,
    'send-buffer-size': 65_536n,
  }
  readonly #store: Store
  readonly #grants: SocketGrants
  #state: 'unbound' | 'binding' | 'bound' | 'closed' = 'unbound'
  #socket: dgram.Socket | undefined
  #listening = false
  #failure: Error | undefined
  readonly #changed = new Signal()
  #remote: SocketAddress | undefined
  #incoming: IncomingDatagrams | undefined
  #users = 1

  constructor(store: Store, grants: SocketGrants, family: Family) {
    this.family = family
    this.#store = store
    this.#grants = grants
    keep(store, this)
  }

  allows(use: SocketUse, address: SocketAddress): boolean {
    return this.#grants.allowsAddress(use, {ip: ipText(address), port: address.val.port}, this.#store)
  }

  /** wasi:sockets/udp start-bind. */
  startBind(local: SocketAddress): Result<undefined, ErrorCode> {
    if (this.#state === 'binding') return fails('concurrency-conflict')
    if (this.#state !== 'unbound') return fails('invalid-state')
    if (!isBindable(this.family, local)) return fails('invalid-argument')
    if (!this.allows('udp-bind', local)) return fails('access-denied')
    this.#state = 'binding'
    const socket = lazyNode.dgram.createSocket({
      type: this.family === 'ipv4' ? 'udp4' : 'udp6',
      ipv6Only: this.family === 'ipv6',
    })
    this.#socket = socket
    // Stays for the socket's whole life: an error that nobody hears would end the process.
    socket.on('error', error => {
      this.#failure = error
      this.#changed.fire()
    })
    socket.on('listening', () => {
      this.#listening = true
      this.#changed.fire()
    })
    socket.on('message', (data, {address, port}) => {
      this.#incoming?.arrived(data, socketAddressOf(address, port))
    })
    // Exclusive, or worker processes would share the port.
    socket.bind({address: hostText(local), port: local.val.port, exclusive: true})
    return ok(undefined)
  }

  finishBind(): Result<undefined, ErrorCode> {
    if (this.#state !== 'binding') return fails('not-in-progress')
    if (!this.ready()) return fails('would-block')
    this.#state = this.#failure === undefined ? 'bound' : 'closed'
    if (this.#failure !== undefined) return fails(errorCodeOf(this.#failure))
    this.applied()
    return ok(undefined)
  }

  ready(): boolean {
    return this.#state !== 'binding' || this.#listening || this.#failure !== undefined
  }

  whenReady(): Promise<void> {
    return this.ready() ? DONE : this.#changed.wait()
  }

  /** wasi:sockets/udp stream: datagrams from and to `remote` only, or from and to anyone. Earlier streams end. */
  stream(remote: SocketAddress | undefined): Result<[IncomingDatagrams, OutgoingDatagrams], ErrorCode> {
    if (this.#state !== 'bound') return fails('invalid-state')
    if (remote !== undefined) {
      if (!isPeer(this.family, remote)) return fails('invalid-argument')
      if (!this.allows('udp-connect', remote)) return fails('access-denied')
    }
    this.#remote = remote
    this.#incoming?.close()
    this.#users += 2
    this.#incoming = new IncomingDatagrams(remote, () => this.drop())
    return ok([this.#incoming, new OutgoingDatagrams(this, this.#socket!, remote, () => this.drop())])
  }

  localAddress(): Result<SocketAddress, ErrorCode> {
    if (!this.#listening || this.#state === 'closed') return fails('invalid-state')
    const {address, port} = this.#socket!.address()
    return ok(socketAddressOf(address, port))
  }

  remoteAddress(): Result<SocketAddress, ErrorCode> {
    return this.#remote === undefined ? fails('invalid-state') : ok(this.#remote)
  }

  applied(): void {
    if (this.#state === 'bound') this.#socket!.setTTL(this.options['unicast-hop-limit'] as number)
  }

  drop(): void {
    if (--this.#users === 0) end(this.#store, this)
  }

  destroy(): void {
    const socket = this.#socket
    if (this.#state === 'closed' || socket === undefined) return
    this.#state = 'closed'
    // Before it listens, closing waits for it. Node may have closed it already, after an error.
    try {
      socket.close()
    } catch {}
  }
}

export const createUdpSocket = (
  store: Store,
  grants: SocketGrants,
  family: Family,
): Result<UdpSocket, ErrorCode> =>
  mayOpen(store) ? ok(new UdpSocket(store, grants, family)) : fails('new-socket-limit')
