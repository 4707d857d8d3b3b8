// wasi/sockets/tcp-socket.ts: a TCP connection that a guest makes.
import net from 'node:net'
import {ok, type Result} from '../../base/result.ts'
import type {Store} from '../../engine/store.ts'
import {DONE, Signal} from '../io/signal.ts'
import type {InputStream, OutputStream, Pollable} from '../io/streams.ts'
import {type Family, hostText, ipText, isPeer, type SocketAddress, socketAddressOf} from './address.ts'
import {type ErrorCode, errorCodeOf, fails} from './error-code.ts'
import type {SocketGrants} from './grants.ts'
import {end, keep, type Live, mayOpen} from './live.ts'
import type {OptionValue, WithOptions} from './options.ts'
import {TcpInput, TcpOutput} from './tcp-streams.ts'

type Streams = readonly [InputStream, OutputStream]

/** How long an ended event's last bytes may take to leave. */
const LINGER_MS = 5000

export class TcpSocket implements Pollable, WithOptions, Live {
  readonly family: Family
  readonly options: Record<string, OptionValue> = {
    'keep-alive-enabled': false,
    'keep-alive-idle-time': 7_200_000_000_000n,
    'keep-alive-interval': 75_000_000_000n,
    'keep-alive-count': 9,
    'hop-limit': 64,
    'receive-buffer-size': 65_536n,
    'send-buffer-size': 65_536n,
  }
  readonly #store: Store
  #state: 'unconnected' | 'connecting' | 'connected' | 'closed' = 'unconnected'
  #socket: net.Socket | undefined
  #failure: Error | undefined
  readonly #changed = new Signal()
  #input: TcpInput | undefined
  #output: TcpOutput | undefined
  /** The socket and its two streams: the connection ends when the guest has dropped them all. */
  #users = 1

  constructor(store: Store, family: Family) {
    this.family = family
    this.#store = store
    keep(store, this)
  }

  /** wasi:sockets/tcp start-connect. */
  startConnect(grants: SocketGrants, remote: SocketAddress): Result<undefined, ErrorCode> {
    if (this.#state === 'connecting') return fails('concurrency-conflict')
    if (this.#state !== 'unconnected') return fails('invalid-state')
    if (!isPeer(this.family, remote)) return fails('invalid-argument')
    const {port} = remote.val
    if (!grants.allowsAddress('tcp-connect', {ip: ipText(remote), port}, this.#store))
      return fails('access-denied')
    this.#state = 'connecting'
    const socket = net.connect({host: hostText(remote), port, allowHalfOpen: true, autoSelectFamily: false})
    this.#socket = socket
    this.applied()
    socket.on('connect', () => this.#changed.fire())
    // Stays for the socket's whole life: an error that nobody hears would end the process.
    socket.on('error', error => {
      this.#failure = error
      this.#changed.fire()
    })
    return ok(undefined)
  }

  finishConnect(): Result<Streams, ErrorCode> {
    if (this.#state !== 'connecting') return fails('not-in-progress')
    if (!this.ready()) return fails('would-block')
    if (this.#failure !== undefined) {
      this.#state = 'closed'
      return fails(errorCodeOf(this.#failure))
    }
    this.#state = 'connected'
    this.#users += 2
    this.#input = new TcpInput(this.#socket!, () => this.drop())
    this.#output = new TcpOutput(this.#socket!, () => this.drop())
    return ok([this.#input, this.#output])
  }

  /** Ready unless a connection is being made. */
  ready(): boolean {
    return this.#state !== 'connecting' || this.#failure !== undefined || this.#socket!.connecting === false
  }

  whenReady(): Promise<void> {
    return this.ready() ? DONE : this.#changed.wait()
  }

  localAddress(): Result<SocketAddress, ErrorCode> {
    const {localAddress, localPort} = this.#socket ?? {}
    if (localAddress === undefined || localPort === undefined) return fails('invalid-state')
    return ok(socketAddressOf(localAddress, localPort))
  }

  remoteAddress(): Result<SocketAddress, ErrorCode> {
    const {remoteAddress, remotePort} = this.#socket ?? {}
    if (this.#state !== 'connected' || remoteAddress === undefined || remotePort === undefined)
      return fails('invalid-state')
    return ok(socketAddressOf(remoteAddress, remotePort))
  }

  shutdown(type: 'receive' | 'send' | 'both'): Result<undefined, ErrorCode> {
    if (this.#state !== 'connected') return fails('invalid-state')
    if (type !== 'send') this.#input!.close()
    if (type !== 'receive') this.#output!.close()
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
    const socket = this.#socket
    if (socket === undefined) return
    if (socket.connecting || socket.destroyed) socket.destroy()
    else {
      socket.setTimeout(LINGER_MS, () => socket.destroy())
      socket.destroySoon()
    }
  }
}

export const createTcpSocket = (store: Store, family: Family): Result<TcpSocket, ErrorCode> =>
  mayOpen(store) ? ok(new TcpSocket(store, family)) : fails('new-socket-limit')
