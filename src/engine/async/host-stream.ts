// engine/async/host-stream.ts: streams that the host gives to guests.
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'
import {type Chunk, checkChunk, partOf} from './chunk.ts'
import {COPY, type CopyResult, type Read, type ReadableSide} from './rendezvous.ts'
import type {Closable, Scheduler} from './scheduler.ts'

/** What the host may give as a stream: its items are chunks, such as Uint8Array for stream<u8>, arrays for others. */
export type HostChunks = AsyncIterable<Chunk> | Iterable<Chunk>

/** `next` is given how many elements the reader has room for. */
type Chunks = AsyncIterator<Chunk, unknown, number> | Iterator<Chunk, unknown, number>
type Step = IteratorResult<Chunk, unknown>

const NOTHING: Chunk = {length: 0}

/** @throws TRAP_BAD_VALUE */
function iteratorOf(chunks: unknown): {iterator: Chunks; now: boolean} {
  const given = chunks as Partial<AsyncIterable<Chunk> & Iterable<Chunk>> | null | undefined
  const later = given?.[Symbol.asyncIterator]
  if (typeof later === 'function') return {iterator: later.call(given), now: false}
  const now = typeof given === 'object' ? given?.[Symbol.iterator] : undefined
  if (typeof now !== 'function')
    trap('TRAP_BAD_VALUE', `the host gave ${typeof chunks} where chunks of a stream are due`)
  return {iterator: now.call(given), now: true}
}

/**
 * A chunk is asked for when the guest reads and nothing of the last one is left: so a guest that does not read holds the
 * host back. The end of the iteration, and its failure, is the stream's end; a failure traps the guest besides.
 */
export class HostStream implements ReadableSide, Closable {
  readonly kind = 'stream'
  readonly element: Type | undefined
  readonly #scheduler: Scheduler
  readonly #chunks: Chunks
  /** Whether `next` of the iteration answers at once. */
  readonly #now: boolean
  #rest = NOTHING
  #offset = 0
  #read: Read | undefined
  #asking = false
  /** No chunk comes any more. */
  #ended = false
  #dropped = false

  constructor(scheduler: Scheduler, element: Type | undefined, chunks: HostChunks) {
    this.#scheduler = scheduler
    this.element = element
    const {iterator, now} = iteratorOf(chunks)
    this.#chunks = iterator
    this.#now = now
    scheduler.open.add(this)
  }

  read(read: Read): void {
    this.#read = read
    this.#serve()
  }

  #serve(): void {
    while (this.#read !== undefined) {
      const read = this.#read
      const left = this.#rest.length - this.#offset
      if (left > 0) {
        const count = Math.min(left, read.remaining)
        const from = this.#offset
        this.#offset += count
        if (count > 0) read.put(partOf(this.#rest, from, from + count), true)
        this.#done(COPY.completed)
      } else if (this.#ended) this.#done(COPY.dropped)
      else if (!this.#now) {
        this.#ask(read.remaining)
        return
      } else this.#take(this.#next(read.remaining))
    }
  }

  #done(result: CopyResult): void {
    const read = this.#read
    this.#read = undefined
    read?.done(result)
  }

  #next(room: number): Step {
    try {
      return this.#chunks.next(room) as Step
    } catch (error) {
      this.#end()
      throw error
    }
  }

  #take({done, value}: Step): void {
    if (done) this.#end()
    else if (this.#dropped) this.#abandon(value, 0)
    else {
      try {
        this.#rest = checkChunk(this.element, value)
      } catch (error) {
        this.close()
        throw error
      }
      this.#offset = 0
    }
  }

  #end(): void {
    this.#ended = true
    this.#scheduler.open.delete(this)
  }

  #ask(room: number): void {
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
      .then(() => this.#chunks.next(room))
      .then(
        step =>
          answered(() => {
            this.#take(step)
            this.#serve()
          }),
        error =>
          answered(() => {
            this.#end()
            throw error
          }),
      )
  }

  cancel(): void {
    this.#done(COPY.cancelled)
  }

  drop(): void {
    this.close()
  }

  /** Nobody reads any more. Never throws: nobody is there to be told. */
  close(): void {
    if (this.#dropped) return
    this.#dropped = true
    const [rest, offset] = [this.#rest, this.#offset]
    this.#rest = NOTHING
    this.#offset = 0
    this.#abandon(rest, offset)
    if (this.#ended) return
    this.#end()
    try {
      const over = this.#chunks.return?.()
      if (over instanceof Promise) over.catch(() => {})
    } catch {}
  }

  /** Resources that were on their way and that no guest will ever have. */
  #abandon(chunk: Chunk, from: number): void {
    const {element} = this
    if (element?.kind !== 'own' || !Array.isArray(chunk)) return
    for (const value of chunk.slice(from)) this.#scheduler.host.drop(element.resource, value)
  }
}
