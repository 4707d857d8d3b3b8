// wasi/sockets/tcp-endpoint.ts: a TCP socket: one that connects, one that listens, or one that was accepted.
import net from 'node:net'
import {ok, type Result} from '../../base/result.ts'
import {type Family, hostText, type SocketAddress, socketAddressOf} from './address.ts'
import {Endpoint, type Owner} from './endpoint.ts'
import {type ErrorCode, errorCodeOf, fails} from './error-code.ts'
import {keepAliveOf} from './keep-alive.ts'
import {mayOpen} from './live.ts'
import type {OptionValue} from './options.ts'
import {TcpListener} from './tcp-listener.ts'

/** Of the states of TcpSocketOperationalSemantics.md those that 0.2 and 0.3 share. */
export type TcpState = 'unbound' | 'bound' | 'listening' | 'connecting' | 'connected' | 'closed'

/** A connection that came, and the options of the socket that it came to. */
export type Accepted = Readonly<{socket: net.Socket; options: Readonly<Record<string, OptionValue>>}>

const OPTIONS: Readonly<Record<string, OptionValue>> = {
  'keep-alive-enabled': false,
  'keep-alive-idle-time': 7_200_000_000_000n,
  'keep-alive-interval': 75_000_000_000n,
  'keep-alive-count': 9,
  'hop-limit': 64,
  'receive-buffer-size': 65_536n,
  'send-buffer-size': 65_536n,
}

/** How long an ended event's last bytes may take to leave. */
const LINGER_MS = 5000
/** Connections that the system may hold back. */
const MAX_BACKLOG = 511

export abstract class TcpEndpoint extends Endpoint {
  protected state: TcpState = 'unbound'
  protected socket: net.Socket | undefined
  #backlog = MAX_BACKLOG
  #bound: net.BoundSocket | undefined
  #listener: TcpListener<TcpEndpoint> | undefined

  constructor(owner: Owner, family: Family, accepted?: Accepted) {
    super(owner, family, accepted?.options ?? OPTIONS)
    if (accepted === undefined) return
    this.state = 'connected'
    this.#adopt(accepted.socket)
  }

  #adopt(socket: net.Socket): void {
    this.socket = socket
    // Stays for the socket's whole life: an error that nobody hears would end the process.
    socket.on('error', () => {})
    this.applied()
  }

  bind(local: SocketAddress): Result<undefined, ErrorCode> {
    if (this.state !== 'unbound') return fails('invalid-state')
    const refused = this.refusesLocal('tcp-bind', local)
    if (refused !== undefined) return fails(refused)
    try {
      this.#bound = new net.BoundSocket({
        host: hostText(local),
        port: local.val.port,
        ipv6Only: this.family === 'ipv6',
      })
    } catch (error) {
      return fails(errorCodeOf(error as Error))
    }
    this.state = 'bound'
    return ok(undefined)
  }

  /** Begins to connect. An argument that is refused leaves the socket as it was. */
  protected open(remote: SocketAddress): Result<net.Socket, ErrorCode> {
    if (this.state !== 'unbound' && this.state !== 'bound') return fails('invalid-state')
    const refused = this.refusesPeer('tcp-connect', remote)
    if (refused !== undefined) return fails(refused)
    this.state = 'connecting'
    const bound = this.#takeBound()
    const options = {allowHalfOpen: true, ...(bound === undefined ? {} : {handle: bound})}
    const socket = new net.Socket(options as net.SocketConstructorOpts)
    this.#adopt(socket)
    socket.connect({host: hostText(remote), port: remote.val.port, autoSelectFamily: false})
    return ok(socket)
  }

  /** Begins to listen; `make` is given the connections that come. */
  protected listenFor<T extends TcpEndpoint>(
    make: (accepted: Accepted) => T,
  ): Result<TcpListener<T>, ErrorCode> {
    if (this.state !== 'bound') return fails('invalid-state')
    const listener = new TcpListener<T>({
      bound: this.#takeBound()!,
      backlog: this.#backlog,
      accept: socket => (mayOpen(this.owner.store) ? make({socket, options: this.options}) : undefined),
    })
    this.#listener = listener
    this.state = 'listening'
    return ok(listener)
  }

  #takeBound(): net.BoundSocket | undefined {
    const bound = this.#bound
    this.#bound = undefined
    return bound
  }

  localAddress(): Result<SocketAddress, ErrorCode> {
    const bound = this.#bound?.address() ?? this.#listener?.address()
    if (bound !== undefined) return ok(socketAddressOf(bound.address, bound.port))
    const {localAddress, localPort} = this.socket ?? {}
    if (localAddress === undefined || localPort === undefined) return fails('invalid-state')
    return ok(socketAddressOf(localAddress, localPort))
  }

  remoteAddress(): Result<SocketAddress, ErrorCode> {
    const {remoteAddress, remotePort} = this.socket ?? {}
    if (this.state !== 'connected' || remoteAddress === undefined || remotePort === undefined)
      return fails('invalid-state')
    return ok(socketAddressOf(remoteAddress, remotePort))
  }

  get isListening(): boolean {
    return this.state === 'listening'
  }

  /** A hint, which counts when it is given before the socket listens. */
  setBacklog(size: bigint): Result<undefined, ErrorCode> {
    if (size === 0n) return fails('invalid-argument')
    if (this.state === 'connecting' || this.state === 'connected') return fails('invalid-state')
    this.#backlog = size > MAX_BACKLOG ? MAX_BACKLOG : Number(size)
    return ok(undefined)
  }

  applied(): void {
    this.socket?.setKeepAlive(...keepAliveOf(this.options))
  }

  destroy(): void {
    this.state = 'closed'
    this.#takeBound()?.close()
    this.#listener?.close()
    const {socket} = this
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
