// wasi/p3/sockets/tcp-socket.ts: a TCP socket: one that connects, one that listens, or one that was accepted.
import net from 'node:net'
import {ok} from '../../../base/result.ts'
import type {GuestStream} from '../../../engine/async/host-sink.ts'
import type {Store} from '../../../engine/store.ts'
import {
  type Family,
  hostText,
  ipText,
  isBindable,
  isPeer,
  type SocketAddress,
  socketAddressOf,
} from '../../sockets/address.ts'
import type {SocketGrants, SocketUse} from '../../sockets/grants.ts'
import {end, keep, type Live, mayOpen} from '../../sockets/live.ts'
import type {OptionValue, WithOptions} from '../../sockets/options.ts'
import {fails, failsBy, type Outcome} from './error-code.ts'
import {Listener} from './tcp-listener.ts'
import {Incoming, sendAll} from './tcp-streams.ts'

type State = 'unbound' | 'bound' | 'listening' | 'connecting' | 'connected' | 'closed'
type Accepted = Readonly<{socket: net.Socket; options: Record<string, OptionValue>}>

/** How long an ended event's last bytes may take to leave. */
const LINGER_MS = 5000
const NOTHING: readonly Uint8Array[] = []

const unspecified = (family: Family): SocketAddress =>
  socketAddressOf(family === 'ipv4' ? '0.0.0.0' : '::', 0)

export class TcpSocket implements WithOptions, Live {
  readonly family: Family
  readonly options: Record<string, OptionValue>
  readonly #store: Store
  readonly #grants: SocketGrants
  #state: State = 'unbound'
  #backlog = 511
  #bound: net.BoundSocket | undefined
  #listener: Listener<TcpSocket> | undefined
  #socket: net.Socket | undefined
  #sends = false
  #receives = false
  /** The handle, and the streams made from it: the system's socket ends when the guest has dropped them all. */
  #users = 1

  constructor(store: Store, grants: SocketGrants, family: Family, accepted?: Accepted) {
    this.#store = store
    this.#grants = grants
    this.family = family
    this.options = accepted?.options ?? {
      'keep-alive-enabled': false,
      'keep-alive-idle-time': 7_200_000_000_000n,
      'keep-alive-interval': 75_000_000_000n,
      'keep-alive-count': 9,
      'hop-limit': 64,
      'receive-buffer-size': 65_536n,
      'send-buffer-size': 65_536n,
    }
    keep(store, this)
    if (accepted === undefined) return
    this.#state = 'connected'
    this.#adopt(accepted.socket)
  }

  #allows(use: SocketUse, address: SocketAddress): boolean {
    return this.#grants.allowsAddress(use, {ip: ipText(address), port: address.val.port}, this.#store)
  }

  #adopt(socket: net.Socket): void {
    this.#socket = socket
    // Stays for the socket's whole life: an error that nobody hears would end the process.
    socket.on('error', () => {})
    this.applied()
  }

  bind(local: SocketAddress): Outcome<undefined> {
    if (this.#state !== 'unbound') return fails('invalid-state')
    if (!isBindable(this.family, local)) return fails('invalid-argument')
    if (!this.#allows('tcp-bind', local)) return fails('access-denied')
    try {
      this.#bound = new net.BoundSocket({
        host: hostText(local),
        port: local.val.port,
        ipv6Only: this.family === 'ipv6',
      })
    } catch (error) {
      return failsBy(error as Error)
    }
    this.#state = 'bound'
    return ok(undefined)
  }

  /** `cancel` of the promise ends the attempt. */
  connect(remote: SocketAddress): Outcome<undefined> | Promise<Outcome<undefined>> {
    if (this.#state !== 'unbound' && this.#state !== 'bound') return fails('invalid-state')
    if (!isPeer(this.family, remote)) return fails('invalid-argument')
    if (!this.#allows('tcp-connect', remote)) return fails('access-denied')
    this.#state = 'connecting'
    const bound = this.#bound
    this.#bound = undefined
    const options = {allowHalfOpen: true, ...(bound === undefined ? {} : {handle: bound})}
    const socket = new net.Socket(options as net.SocketConstructorOpts)
    this.#adopt(socket)
    const connected = new Promise<Outcome<undefined>>(resolve => {
      socket.once('connect', () => {
        if (this.#state === 'connecting') this.#state = 'connected'
        resolve(ok(undefined))
      })
      socket.once('error', error => {
        if (this.#state === 'connecting') this.#state = 'closed'
        resolve(failsBy(error))
      })
      socket.once('close', () => resolve(fails('connection-aborted')))
    })
    socket.connect({host: hostText(remote), port: remote.val.port, autoSelectFamily: false})
    return Object.assign(connected, {
      cancel: () => {
        this.#state = 'closed'
        socket.destroy()
      },
    })
  }

  listen(): Outcome<Listener<TcpSocket>> {
    if (this.#state === 'unbound') {
      const bound = this.bind(unspecified(this.family))
      if (bound.tag === 'err') return bound
    }
    if (this.#state !== 'bound') return fails('invalid-state')
    const bound = this.#bound!
    this.#bound = undefined
    try {
      this.#listener = new Listener({
        bound,
        backlog: this.#backlog,
        accept: socket => this.#accept(socket),
        left: () => this.drop(),
      })
    } catch (error) {
      this.#state = 'closed'
      return failsBy(error as Error)
    }
    this.#users++
    this.#state = 'listening'
    return ok(this.#listener)
  }

  #accept(socket: net.Socket): TcpSocket | undefined {
    if (!mayOpen(this.#store)) return undefined
    return new TcpSocket(this.#store, this.#grants, this.family, {socket, options: {...this.options}})
  }

  /** wasi:sockets/types send: once. */
  send(data: GuestStream): Outcome<undefined> | Promise<Outcome<undefined>> {
    if (this.#state !== 'connected' || this.#sends) {
      data.cancel()
      return fails('invalid-state')
    }
    this.#sends = true
    this.#users++
    return sendAll(this.#socket!, data).finally(() => this.drop())
  }

  /** wasi:sockets/types receive: once. */
  receive(): readonly [Incoming | readonly Uint8Array[], Outcome<undefined> | Promise<Outcome<undefined>>] {
    if (this.#state !== 'connected' || this.#receives) return [NOTHING, fails('invalid-state')]
    this.#receives = true
    this.#users++
    const incoming = new Incoming(this.#socket!, () => this.drop())
    return [incoming, incoming.result]
  }

  localAddress(): Outcome<SocketAddress> {
    const bound = this.#bound?.address() ?? this.#listener?.address()
    if (bound !== undefined) return ok(socketAddressOf(bound.address, bound.port))
    const {localAddress, localPort} = this.#socket ?? {}
    if (localAddress === undefined || localPort === undefined) return fails('invalid-state')
    return ok(socketAddressOf(localAddress, localPort))
  }

  remoteAddress(): Outcome<SocketAddress> {
    const {remoteAddress, remotePort} = this.#socket ?? {}
    if (this.#state !== 'connected' || remoteAddress === undefined || remotePort === undefined)
      return fails('invalid-state')
    return ok(socketAddressOf(remoteAddress, remotePort))
  }

  get isListening(): boolean {
    return this.#state === 'listening'
  }

  /** A hint, which counts when it is given before `listen`. */
  setBacklog(size: bigint): Outcome<undefined> {
    if (size === 0n) return fails('invalid-argument')
    if (this.#state === 'connecting' || this.#state === 'connected') return fails('invalid-state')
    this.#backlog = Number(size > 511n ? 511n : size)
    return ok(undefined)
  }

  applied(): void {
    const idleMs = (this.options['keep-alive-idle-time'] as bigint) / 1_000_000n
    const initialDelay = idleMs > 0x7fff_ffffn ? 0x7fff_ffff : Number(idleMs)
    this.#socket?.setKeepAlive(this.options['keep-alive-enabled'] as boolean, initialDelay)
  }

  drop(): void {
    if (--this.#users === 0) end(this.#store, this)
  }

  destroy(): void {
    this.#state = 'closed'
    this.#bound?.close()
    this.#bound = undefined
    this.#listener?.close()
    const socket = this.#socket
    if (socket === undefined) return
    if (socket.connecting || socket.destroyed) socket.destroy()
    else {
      socket.setTimeout(LINGER_MS, () => socket.destroy())
      // What has come and will not be read would keep the connection open.
      socket.resume()
      socket.destroySoon()
    }
  }
}
