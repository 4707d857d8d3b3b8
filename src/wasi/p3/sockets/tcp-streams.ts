// wasi/p3/sockets/tcp-streams.ts: a TCP connection's two directions as streams, and what became of each.
import type {Socket} from 'node:net'
import {ok} from '../../../base/result.ts'
import type {GuestStream} from '../../../engine/async/host-sink.ts'
import {Signal} from '../../io/signal.ts'
import {failsBy, type Outcome} from './error-code.ts'

const NO_MORE: IteratorResult<Uint8Array> = {done: true, value: undefined}

/** What comes. The socket holds at most one buffer that nobody has asked for: then the peer waits. */
export class Incoming implements AsyncIterableIterator<Uint8Array> {
  readonly #socket: Socket
  readonly #left: () => void
  readonly #changed = new Signal()
  /** Settles when nothing more comes, or nobody wants it. */
  readonly result: Promise<Outcome<undefined>>
  #settle!: (result: Outcome<undefined>) => void
  #ended = false
  #over = false
  #failure: Error | undefined

  constructor(socket: Socket, left: () => void) {
    this.#socket = socket
    this.#left = left
    this.result = new Promise(resolve => {
      this.#settle = resolve
    })
    socket.on('readable', this.#onReadable)
    socket.on('end', () => this.#onEnd())
    socket.on('close', () => this.#onEnd())
    socket.on('error', error => {
      this.#failure = error
      this.#changed.fire()
    })
    // It may have ended before anybody asked.
    if (socket.readableEnded || socket.destroyed) this.#ended = true
  }

  readonly #onReadable = (): void => this.#changed.fire()

  #onEnd(): void {
    this.#ended = true
    this.#changed.fire()
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    while (!this.#over) {
      const bytes = this.#socket.read() as Uint8Array | null
      if (bytes !== null && bytes.length > 0) return {done: false, value: bytes}
      if (this.#ended || this.#failure !== undefined) this.#end()
      else await this.#changed.wait()
    }
    return NO_MORE
  }

  /** Like shutdown(SHUT_RD): what still comes is read and forgotten. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    if (this.#over) return NO_MORE
    this.#failure = undefined
    this.#end()
    this.#changed.fire()
    this.#socket.off('readable', this.#onReadable)
    this.#socket.resume()
    return NO_MORE
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    this.#settle(this.#failure === undefined ? ok(undefined) : failsBy(this.#failure))
    this.#left()
  }
}

/** Sends everything, then tells the peer that this is all; resolves when it is handed over to the system. */
export async function sendAll(socket: Socket, data: GuestStream): Promise<Outcome<undefined>> {
  let failure: Error | undefined
  const changed = new Signal()
  const onError = (error: Error): void => {
    failure = error
    data.cancel()
    changed.fire()
  }
  const onChange = (): void => changed.fire()
  socket.on('error', onError)
  socket.on('drain', onChange)
  socket.on('close', onChange)
  try {
    for (;;) {
      const chunk = (await data.read()) as Uint8Array | undefined
      if (failure !== undefined) return failsBy(failure)
      if (chunk === undefined) break
      if (socket.destroyed || !socket.writable) {
        data.cancel()
        return failsBy(Object.assign(new Error('the connection is closed'), {code: 'EPIPE'}))
      }
      if (socket.write(chunk)) continue
      while (socket.writableNeedDrain && !socket.destroyed && failure === undefined) await changed.wait()
    }
    await new Promise<void>(resolve => {
      socket.once('close', resolve)
      socket.end(() => resolve())
    })
    return failure === undefined ? ok(undefined) : failsBy(failure)
  } finally {
    socket.off('error', onError)
    socket.off('drain', onChange)
    socket.off('close', onChange)
  }
}
