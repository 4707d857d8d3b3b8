// wasi/sockets/tcp-streams.ts: a TCP connection's two directions.
import type {Socket} from 'node:net'
import {err, ok, type Result} from '../../base/result.ts'
import {CLOSED, failed} from '../errors.ts'
import {DONE, Signal} from '../io/signal.ts'
import type {InputStream, OutputStream, StreamError} from '../io/streams.ts'
import {errorCodeOf} from './error-code.ts'

const NOTHING = ok(new Uint8Array(0))
const DONE_WRITING = ok(undefined)

/** Bytes that may wait to be sent. */
const SEND_CAPACITY = 64 * 1024

const broken = (error: Error): Result<never, StreamError> => err(failed('sockets', errorCodeOf(error)))

export class TcpInput implements InputStream {
  readonly #socket: Socket
  readonly #left: () => void
  readonly #changed = new Signal()
  /** The chunk that is being read; the socket itself holds at most one buffer more, then the peer waits. */
  #chunk: Uint8Array | undefined
  #closed = false
  #isShut = false
  #failure: Error | undefined

  constructor(socket: Socket, left: () => void) {
    this.#socket = socket
    this.#left = left
    socket.on('readable', this.#pull)
    socket.on('end', () => this.#end())
    socket.on('close', () => this.#end())
    socket.on('error', error => {
      this.#failure = error
      this.#changed.fire()
    })
    // It may have ended before the guest asked for it.
    this.#failure = socket.errored ?? undefined
    this.#closed = socket.readableEnded || socket.destroyed
  }

  /** Takes what the socket has. At the end it has nothing, and asking makes it say so. */
  readonly #pull = (): void => {
    if (this.#chunk !== undefined || this.#closed) return
    this.#chunk = this.#socket.read() ?? undefined
    if (this.#chunk !== undefined) this.#changed.fire()
  }

  #end(): void {
    this.#closed = true
    this.#changed.fire()
  }

  /** wasi:sockets/tcp shutdown: what came is forgotten, and what still comes too, so that the peer need not wait. */
  close(): void {
    if (this.#isShut) return
    this.#isShut = true
    this.#chunk = undefined
    this.#failure = undefined
    this.#end()
    this.#socket.off('readable', this.#pull)
    this.#socket.resume()
  }

  ready(): boolean {
    return this.#chunk !== undefined || this.#closed || this.#failure !== undefined
  }

  whenReady(): Promise<void> {
    return this.ready() ? DONE : this.#changed.wait()
  }

  read(max: number): Result<Uint8Array, StreamError> {
    const chunk = this.#chunk
    if (chunk !== undefined && chunk.length > max) {
      this.#chunk = chunk.subarray(max)
      return ok(chunk.subarray(0, max))
    }
    if (chunk !== undefined) {
      this.#chunk = undefined
      this.#pull()
      return ok(chunk)
    }
    const failure = this.#failure
    if (failure !== undefined) {
      this.#failure = undefined
      this.#closed = true
      return broken(failure)
    }
    return this.#closed ? CLOSED : NOTHING
  }

  drop(): void {
    this.#left()
  }
}

export class TcpOutput implements OutputStream {
  readonly #socket: Socket
  readonly #left: () => void
  readonly #changed = new Signal()
  #closed = false
  #flushing = false
  #failure: Error | undefined

  constructor(socket: Socket, left: () => void) {
    this.#socket = socket
    this.#left = left
    socket.on('close', () => this.#end())
    socket.on('error', error => {
      this.#failure = error
      this.#changed.fire()
    })
    this.#failure = socket.errored ?? undefined
    this.#closed = socket.destroyed
  }

  #end(): void {
    this.#closed = true
    this.#changed.fire()
  }

  close(): void {
    if (this.#closed) return
    this.#socket.end()
    this.#end()
  }

  #room(): number {
    const waiting = this.#socket.writableLength
    if (waiting === 0) this.#flushing = false
    return this.#flushing || waiting >= SEND_CAPACITY ? 0 : SEND_CAPACITY - waiting
  }

  ready(): boolean {
    return this.#closed || this.#failure !== undefined || this.#room() > 0
  }

  whenReady(): Promise<void> {
    return this.ready() ? DONE : this.#changed.wait()
  }

  checkWrite(): Result<number, StreamError> {
    const failure = this.#failure
    if (failure !== undefined) {
      this.#failure = undefined
      this.#closed = true
      return broken(failure)
    }
    return this.#closed ? CLOSED : ok(this.#room())
  }

  write(bytes: Uint8Array): Result<undefined, StreamError> {
    if (this.#closed) return CLOSED
    if (bytes.length > 0) this.#socket.write(bytes, () => this.#changed.fire())
    return DONE_WRITING
  }

  flush(): Result<undefined, StreamError> {
    if (this.#closed) return CLOSED
    this.#flushing = this.#socket.writableLength > 0
    return DONE_WRITING
  }

  /** The peer is told that nothing more comes. */
  drop(): void {
    this.close()
    this.#left()
  }
}
