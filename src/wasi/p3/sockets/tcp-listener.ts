// wasi/p3/sockets/tcp-listener.ts: connections that others make to a guest.
import net from 'node:net'

/** Connections that may wait to be taken; who comes then is turned away. */
const MAX_WAITING = 64

export type ListenOptions<T> = Readonly<{
  bound: net.BoundSocket
  backlog: number
  /** What stands for a connection; undefined where there may be no more of them. */
  accept: (socket: net.Socket) => T | undefined
  /** The stream of connections has ended. */
  left: () => void
}>

/** A stream of connections, one in a chunk. It ends only when nobody wants it any more, or the system fails. */
export class Listener<T> implements AsyncIterableIterator<T[]> {
  readonly #server: net.Server
  readonly #left: () => void
  readonly #waiting: T[] = []
  #over = false
  #wake: (() => void) | undefined

  /** @throws what the system says */
  constructor({bound, backlog, accept, left}: ListenOptions<T>) {
    this.#left = left
    let failure: Error | undefined
    const server = net.createServer({allowHalfOpen: true}, socket => {
      const accepted = this.#over || this.#waiting.length >= MAX_WAITING ? undefined : accept(socket)
      if (accepted === undefined) socket.destroy()
      else {
        this.#waiting.push(accepted)
        this.#wake?.()
      }
    })
    this.#server = server
    // An error that nobody hears would end the process.
    server.on('error', error => {
      failure = error
      this.close()
    })
    server.listen({handle: bound, backlog})
    if (failure !== undefined) throw failure
  }

  address(): net.AddressInfo | undefined {
    return (this.#server.address() as net.AddressInfo | null) ?? undefined
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T[]> {
    return this
  }

  async next(): Promise<IteratorResult<T[]>> {
    for (;;) {
      const first = this.#waiting.shift()
      if (first !== undefined) return {done: false, value: [first]}
      if (this.#over) return {done: true, value: undefined}
      await new Promise<void>(resolve => {
        this.#wake = resolve
      })
    }
  }

  async return(): Promise<IteratorResult<T[]>> {
    if (!this.#over) {
      this.#over = true
      this.#left()
    }
    this.#wake?.()
    return {done: true, value: undefined}
  }

  close(): void {
    this.#over = true
    this.#wake?.()
    this.#server.close()
  }
}
