// wasi/sockets/tcp-listener.ts: connections that others make to a guest, until it takes them.
import net from 'node:net'
import {ok, type Result} from '../../base/result.ts'
import {DONE, Signal} from '../io/signal.ts'
import type {Pollable} from '../io/streams.ts'
import {type ErrorCode, errorCodeOf, fails} from './error-code.ts'

/** Connections that may wait to be taken; who comes then is turned away. */
const MAX_WAITING = 64

export type ListenOptions<T> = Readonly<{
  bound: net.BoundSocket
  backlog: number
  /** What stands for a connection; undefined where there may be no more of them. */
  accept: (socket: net.Socket) => T | undefined
}>

/** Ready when there is a connection to take, or a failure to be told. */
export class TcpListener<T extends {drop(): void}> implements Pollable {
  readonly #server: net.Server
  readonly #waiting: T[] = []
  readonly #changed = new Signal()
  #failure: ErrorCode | undefined
  #isOver = false

  constructor({bound, backlog, accept}: ListenOptions<T>) {
    const server = net.createServer({allowHalfOpen: true}, socket => this.#arrived(socket, accept))
    this.#server = server
    // Stays for the server's whole life: an error that nobody hears would end the process.
    server.on('error', error => this.#failed(errorCodeOf(error)))
    server.listen({handle: bound, backlog})
  }

  #arrived(socket: net.Socket, accept: ListenOptions<T>['accept']): void {
    if (this.#isOver || this.#waiting.length >= MAX_WAITING) {
      socket.destroy()
      return
    }
    const accepted = accept(socket)
    if (accepted === undefined) {
      socket.destroy()
      this.#failed('new-socket-limit')
      return
    }
    this.#waiting.push(accepted)
    this.#changed.fire()
  }

  #failed(code: ErrorCode): void {
    this.#failure = code
    this.#changed.fire()
  }

  /** False where the system refuses; `take` then tells why, once it is ready. */
  get isListening(): boolean {
    return this.#server.listening
  }

  /** Whether nothing comes any more. */
  get isOver(): boolean {
    return this.#isOver
  }

  address(): net.AddressInfo | undefined {
    return (this.#server.address() as net.AddressInfo | null) ?? undefined
  }

  /** The next connection. A failure is told once, after the connections that came before it; later ones may succeed. */
  take(): Result<T, ErrorCode> {
    const next = this.#waiting.shift()
    if (next !== undefined) return ok(next)
    const failure = this.#failure ?? 'would-block'
    this.#failure = undefined
    return fails(failure)
  }

  ready(): boolean {
    return this.#waiting.length > 0 || this.#failure !== undefined || this.#isOver
  }

  whenReady(): Promise<void> {
    return this.ready() ? DONE : this.#changed.wait()
  }

  /** Nobody takes them any more, those that wait and those that come; the port stays the socket's. */
  stop(): void {
    this.#isOver = true
    for (const one of this.#waiting.splice(0)) one.drop()
    this.#changed.fire()
  }

  close(): void {
    this.stop()
    this.#server.close()
  }
}
