// wasi/p3/sockets/tcp-listener.ts: the stream of connections that others make to a guest.
import type {TcpListener} from '../../sockets/tcp-listener.ts'

/** One connection in a chunk. What the system says of single ones is passed over: the stream goes on. */
export class Connections<T extends {drop(): void}> implements AsyncIterableIterator<T[]> {
  readonly #listener: TcpListener<T>
  readonly #left: () => void

  constructor(listener: TcpListener<T>, left: () => void) {
    this.#listener = listener
    this.#left = left
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T[]> {
    return this
  }

  async next(): Promise<IteratorResult<T[]>> {
    for (;;) {
      const taken = this.#listener.take()
      if (taken.tag === 'ok') return {done: false, value: [taken.val]}
      if (this.#listener.isOver) return {done: true, value: undefined}
      await this.#listener.whenReady()
    }
  }

  async return(): Promise<IteratorResult<T[]>> {
    if (!this.#listener.isOver) {
      this.#listener.stop()
      this.#left()
    }
    return {done: true, value: undefined}
  }
}
