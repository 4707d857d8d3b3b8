// engine/async/host-source.ts: streams and futures that the host gives to guests.
import type {Type} from '../abi/types.ts'
import type {Chunk, SinkBuffer} from './buffer.ts'
import type {Instance} from './instance.ts'
import type {Scheduler} from './scheduler.ts'
import {COPY, type CopyCallbacks, type CopyResult, type ReadableSide} from './stream.ts'

/** What the host may give as a stream: its items are chunks, such as Uint8Array for stream<u8>, arrays for others. */
export type HostChunks = AsyncIterable<Chunk> | Iterable<Chunk>

type Chunks = AsyncIterator<Chunk> | Iterator<Chunk>
type Pending = Readonly<{sink: SinkBuffer; callbacks: CopyCallbacks}>

/** Elements `from` to `to`: a view of a typed array, a copy of an array. */
function part(chunk: Chunk, from: number, to: number): Chunk {
  if (from === 0 && to === chunk.length) return chunk
  if (ArrayBuffer.isView(chunk)) return (chunk as unknown as Uint8Array).subarray(from, to)
  return Array.isArray(chunk) ? chunk.slice(from, to) : {length: to - from}
}

/**
 * A chunk is asked for when the guest reads and nothing of the last one is left: so a guest that does not read holds the
 * host back. The end of the iteration, and its failure, is the stream's end; a failure traps the guest besides.
 */
export class HostStream implements ReadableSide {
  readonly kind = 'stream'
  readonly element: Type | undefined
  readonly #scheduler: Scheduler
  readonly #chunks: Chunks
  #rest: Chunk = {length: 0}
  #offset = 0
  #pending: Pending | undefined
  #asking = false
  #ended = false

  constructor(scheduler: Scheduler, element: Type | undefined, chunks: HostChunks) {
    this.#scheduler = scheduler
    this.element = element
    this.#chunks = Symbol.asyncIterator in chunks ? chunks[Symbol.asyncIterator]() : chunks[Symbol.iterator]()
  }

  read(_instance: Instance | undefined, sink: SinkBuffer, callbacks: CopyCallbacks): void {
    this.#pending = {sink, callbacks}
    this.#serve()
  }

  #serve(): void {
    const pending = this.#pending
    if (pending === undefined) return
    const left = this.#rest.length - this.#offset
    if (left > 0) {
      const count = Math.min(left, pending.sink.remaining)
      const from = this.#offset
      this.#offset += count
      if (count > 0) pending.sink.write(part(this.#rest, from, from + count))
      this.#done(COPY.completed)
    } else if (this.#ended) this.#done(COPY.dropped)
    else this.#ask()
  }

  #done(result: CopyResult): void {
    const pending = this.#pending
    this.#pending = undefined
    pending?.callbacks.done(result)
  }

  #ask(): void {
    if (this.#asking) return
    this.#asking = true
    const scheduler = this.#scheduler
    scheduler.hostBegins()
    const answered = scheduler.bound((answer: () => void) =>
      scheduler.hostCompletes(() => {
        this.#asking = false
        answer()
      }),
    )
    Promise.resolve()
      .then(() => this.#chunks.next())
      .then(
        ({done, value}) =>
          answered(() => {
            if (done) this.#ended = true
            else {
              this.#rest = value
              this.#offset = 0
            }
            this.#serve()
          }),
        error =>
          answered(() => {
            this.#ended = true
            throw error
          }),
      )
  }

  cancel(): void {
    this.#done(COPY.cancelled)
  }

  drop(): void {
    this.#ended = true
    this.#rest = {length: 0}
    this.#offset = 0
    Promise.resolve(this.#chunks.return?.()).catch(() => {})
  }
}

/** A promise of the host. Rejecting traps the guest that reads it. */
export class HostFuture implements ReadableSide {
  readonly kind = 'future'
  readonly element: Type | undefined
  readonly #scheduler: Scheduler
  readonly #promise: Promise<unknown>
  #pending: Pending | undefined
  #state: 'unread' | 'waiting' | 'known' = 'unread'
  #value: unknown

  constructor(scheduler: Scheduler, element: Type | undefined, promise: Promise<unknown>) {
    this.#scheduler = scheduler
    this.element = element
    this.#promise = promise
    // Nobody need ever read it.
    promise.catch(() => {})
  }

  read(_instance: Instance | undefined, sink: SinkBuffer, callbacks: CopyCallbacks): void {
    this.#pending = {sink, callbacks}
    if (this.#state === 'known') this.#serve()
    if (this.#state !== 'unread') return
    this.#state = 'waiting'
    const scheduler = this.#scheduler
    scheduler.hostBegins()
    const answered = scheduler.bound((answer: () => void) => scheduler.hostCompletes(answer))
    this.#promise.then(
      value =>
        answered(() => {
          this.#state = 'known'
          this.#value = value
          this.#serve()
        }),
      error =>
        answered(() => {
          throw error
        }),
    )
  }

  #serve(): void {
    const pending = this.#pending
    this.#pending = undefined
    if (pending === undefined) return
    pending.sink.write([this.#value])
    pending.callbacks.done(COPY.completed)
  }

  cancel(): void {
    const pending = this.#pending
    this.#pending = undefined
    pending?.callbacks.done(COPY.cancelled)
  }

  drop(): void {
    this.#pending = undefined
  }
}
