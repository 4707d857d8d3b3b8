// wasi/p3/sockets/udp-socket.ts: a UDP socket.
import type dgram from 'node:dgram'
import {isIP} from 'node:net'
import {lazyNode} from '../../../base/lazy-node.ts'
import {ok} from '../../../base/result.ts'
import type {Store} from '../../../engine/store.ts'
import {
  type Family,
  hostText,
  ipText,
  isBindable,
  isPeer,
  isSameAddress,
  type SocketAddress,
  socketAddressOf,
} from '../../sockets/address.ts'
import type {SocketGrants, SocketUse} from '../../sockets/grants.ts'
import {end, keep, type Live} from '../../sockets/live.ts'
import type {OptionValue, WithOptions} from '../../sockets/options.ts'
import {IncomingDatagrams, MAX_DATAGRAM} from '../../sockets/udp-streams.ts'
import {fails, failsBy, type Outcome} from './error-code.ts'

export type Datagram = readonly [data: Uint8Array, from: SocketAddress]

/** Addresses are numeric here; answered at once, so that binding and connecting are done when node's functions return. */
const numeric = (
  address: string,
  _options: unknown,
  callback: (error: null, address: string, family: number) => void,
): void => callback(null, address, isIP(address))

export class UdpSocket implements WithOptions, Live {
  readonly family: Family
  readonly options: Record<string, OptionValue> = {
    'unicast-hop-limit': 64,
    'receive-buffer-size': 65_536n,
    'send-buffer-size': 65_536n,
  }
  readonly #store: Store
  readonly #grants: SocketGrants
  #socket: dgram.Socket | undefined
  #remote: SocketAddress | undefined
  #incoming: IncomingDatagrams | undefined
  /** What the network said of datagrams sent before. */
  #failure: Error | undefined
  #onFailure: (() => void) | undefined

  constructor(store: Store, grants: SocketGrants, family: Family) {
    this.#store = store
    this.#grants = grants
    this.family = family
    keep(store, this)
  }

  #allows(use: SocketUse, address: SocketAddress): boolean {
    return this.#grants.allowsAddress(use, {ip: ipText(address), port: address.val.port}, this.#store)
  }

  bind(local: SocketAddress): Outcome<undefined> {
    if (this.#socket !== undefined) return fails('invalid-state')
    if (!isBindable(this.family, local)) return fails('invalid-argument')
    if (!this.#allows('udp-bind', local)) return fails('access-denied')
    const socket = lazyNode.dgram.createSocket({
      type: this.family === 'ipv4' ? 'udp4' : 'udp6',
      ipv6Only: this.family === 'ipv6',
      lookup: numeric,
    })
    let refused: Error | undefined
    // Stays for the socket's whole life: an error that nobody hears would end the process.
    socket.on('error', error => {
      refused = error
      this.#failure = error
      this.#onFailure?.()
    })
    socket.on('message', (data, {address, port}) => {
      this.#incoming?.arrived(data, socketAddressOf(address, port))
    })
    // Exclusive, or worker processes would share the port.
    socket.bind({address: hostText(local), port: local.val.port, exclusive: true})
    if (refused !== undefined) {
      this.#failure = undefined
      return failsBy(refused)
    }
    this.#socket = socket
    this.#incoming = new IncomingDatagrams(undefined, () => {})
    this.applied()
    return ok(undefined)
  }

  #bound(): Outcome<undefined> {
    if (this.#socket !== undefined) return ok(undefined)
    return this.bind(socketAddressOf(this.family === 'ipv4' ? '0.0.0.0' : '::', 0))
  }

  connect(remote: SocketAddress): Outcome<undefined> {
    if (!isPeer(this.family, remote)) return fails('invalid-argument')
    if (!this.#allows('udp-connect', remote)) return fails('access-denied')
    const bound = this.#bound()
    if (bound.tag === 'err') return bound
    if (this.#remote !== undefined) this.disconnect()
    const socket = this.#socket!
    this.#failure = undefined
    try {
      socket.connect(remote.val.port, hostText(remote))
    } catch (error) {
      return failsBy(error as Error)
    }
    if (this.#failure !== undefined) return failsBy(this.#failure)
    this.#remote = remote
    // What others sent is not for this connection.
    this.#incoming = new IncomingDatagrams(remote, () => {})
    return ok(undefined)
  }

  disconnect(): Outcome<undefined> {
    if (this.#remote === undefined) return fails('invalid-state')
    this.#socket!.disconnect()
    this.#remote = undefined
    this.#incoming = new IncomingDatagrams(undefined, () => {})
    return ok(undefined)
  }

  send(data: Uint8Array, given: SocketAddress | undefined): Outcome<undefined> | Promise<Outcome<undefined>> {
    const remote = this.#remote
    const to = given ?? remote
    if (to === undefined || !isPeer(this.family, to)) return fails('invalid-argument')
    if (remote !== undefined && !isSameAddress(remote, to)) return fails('invalid-argument')
    if (data.length > MAX_DATAGRAM) return fails('datagram-too-large')
    if (remote === undefined && !this.#allows('udp-send', to)) return fails('access-denied')
    const bound = this.#bound()
    if (bound.tag === 'err') return bound
    const failure = this.#takeFailure()
    if (failure !== undefined) return failsBy(failure)
    return new Promise(resolve => {
      const sent = (error: Error | null): void => resolve(error === null ? ok(undefined) : failsBy(error))
      if (remote === undefined) this.#socket!.send(data, to.val.port, hostText(to), sent)
      else this.#socket!.send(data, sent)
    })
  }

  /** `cancel` of the promise leaves the datagram for the next one who asks. */
  receive(): Outcome<Datagram> | Promise<Outcome<Datagram>> {
    if (this.#socket === undefined) return fails('invalid-state')
    let cancelled = false
    const received = (async (): Promise<Outcome<Datagram>> => {
      for (;;) {
        const incoming = this.#incoming!
        if (cancelled) return fails('invalid-state')
        const failure = this.#takeFailure()
        if (failure !== undefined) return failsBy(failure)
        const found = incoming.receive(1n)
        const first = found.tag === 'ok' ? found.val[0] : undefined
        if (first !== undefined) return ok([first.data, first.remoteAddress])
        await new Promise<void>(resolve => {
          this.#onFailure = resolve
          incoming.whenReady().then(resolve)
        })
      }
    })()
    return Object.assign(received, {
      cancel: () => {
        cancelled = true
      },
    })
  }

  #takeFailure(): Error | undefined {
    const failure = this.#failure
    this.#failure = undefined
    return failure
  }

  localAddress(): Outcome<SocketAddress> {
    if (this.#socket === undefined) return fails('invalid-state')
    const {address, port} = this.#socket.address()
    return ok(socketAddressOf(address, port))
  }

  remoteAddress(): Outcome<SocketAddress> {
    return this.#remote === undefined ? fails('invalid-state') : ok(this.#remote)
  }

  applied(): void {
    this.#socket?.setTTL(this.options['unicast-hop-limit'] as number)
  }

  drop(): void {
    end(this.#store, this)
  }

  destroy(): void {
    const socket = this.#socket
    if (socket === undefined) return
    // Node may have closed it already, after an error.
    try {
      socket.close()
    } catch {}
  }
}
