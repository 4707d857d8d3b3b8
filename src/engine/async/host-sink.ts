// engine/async/host-sink.ts: streams and futures that guests give to the host.
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'
import {type Chunk, keptChunk} from './chunk.ts'
import {HostStream} from './host-stream.ts'
import {LazyPromise} from './lazy-promise.ts'
import {COPY, type CopyResult, type Read, type ReadableSide, type Reclaimable} from './rendezvous.ts'
import type {Awaited, Scheduler} from './scheduler.ts'

/** Elements that one read takes at most. */
const READ_LENGTH = 64 * 1024

/** Who reads a stream without a promise: one of the two is called for each read, at once where it can be. */
export interface ChunkReader {
  /** The next elements, at least one; undefined at the end. */
  take(chunk: Chunk | undefined): void
  refuse(reason: unknown): void
}

/**
 * A stream of a guest: `for await (const chunk of stream)`. The guest's writes wait until the host reads. It may be given
 * on to another component while no read is under way.
 */
export class GuestStream implements AsyncIterable<Chunk>, Read, Awaited {
  readonly #scheduler: Scheduler
  readonly #side: ReadableSide
  readonly #epoch: number
  #state: 'open' | 'reading' | 'closed' = 'open'
  /** Of the read under way, which takes one chunk: who writes more has been told that the read is over. */
  #reader: ChunkReader | undefined
  #chunk: Chunk | undefined
  place = -1

  constructor(scheduler: Scheduler, side: ReadableSide) {
    this.#scheduler = scheduler
    this.#epoch = scheduler.epoch
    this.#side = side
    // While the host holds it and does not read, it is the host that the guest waits for.
    scheduler.hostBegins()
  }

  /** The next elements, at least one; undefined at the end. Rejects when the guest traps. One read at a time. */
  read(): Promise<Chunk | undefined> {
    return new Promise((take, refuse) => this.pull({take, refuse}))
  }

  /** The same without a promise. */
  pull(reader: ChunkReader): void {
    if (this.#state === 'closed') {
      reader.take(undefined)
      return
    }
    const reason = this.#unreadable()
    if (reason !== undefined) {
      reader.refuse(reason)
      return
    }
    const scheduler = this.#scheduler
    this.#state = 'reading'
    this.#reader = reader
    scheduler.awaited.add(this)
    try {
      this.#side.read(this)
    } catch (error) {
      scheduler.fail(error)
    }
    scheduler.hostEnds()
  }

  get instance(): undefined {
    return undefined
  }

  get length(): number {
    return READ_LENGTH
  }

  get remaining(): number {
    return this.#chunk === undefined ? READ_LENGTH : 0
  }

  put(chunk: Chunk, ofHost: boolean): void {
    this.#chunk = keptChunk(chunk, ofHost)
  }

  copied(from: Reclaimable): void {
    from.reclaim()
    this.#settle(false)
  }

  done(result: CopyResult): void {
    this.#settle(result !== COPY.completed)
  }

  #settle(dropped: boolean): void {
    const scheduler = this.#scheduler
    if (!scheduler.awaited.delete(this)) return
    this.#state = dropped ? 'closed' : 'open'
    if (!dropped) scheduler.hostBegins()
    const reader = this.#reader!
    const chunk = this.#chunk
    this.#reader = undefined
    this.#chunk = undefined
    reader.take(chunk ?? (dropped ? undefined : []))
  }

  fail(reason: unknown): void {
    const reader = this.#reader
    this.#reader = undefined
    reader?.refuse(reason)
  }

  #unreadable(): unknown {
    const {epoch, failure} = this.#scheduler
    if (epoch !== this.#epoch) return new TypeError('the event of this stream is over')
    if (failure !== undefined) return failure.reason
    return this.#state === 'reading' ? new TypeError('the stream is being read already') : undefined
  }

  /** Nothing more is wanted: the guest's next write tells it so. */
  cancel(): void {
    if (this.#state === 'closed' || this.#scheduler.epoch !== this.#epoch) return
    const wasOpen = this.#state === 'open'
    this.#side.drop()
    this.#state = 'closed'
    if (wasOpen) this.#scheduler.hostEnds()
    else this.#scheduler.kick()
  }

  /** Whether the host has given it, and so no guest is needed for more of it. */
  get isHost(): boolean {
    return this.#side instanceof HostStream
  }

  /** Whether it is a stream of the event that the sandbox of `scheduler` serves now. */
  isOf(scheduler: Scheduler): boolean {
    return this.#scheduler === scheduler && scheduler.epoch === this.#epoch
  }

  /** Gives it away to a guest of the same sandbox. @throws TRAP_BAD_VALUE */
  take(element: Type | undefined): ReadableSide {
    if (this.#state !== 'open')
      trap('TRAP_BAD_VALUE', 'the host gave on a stream that it reads from, has closed or has given on')
    if (this.#side.element !== element)
      trap(
        'TRAP_BAD_VALUE',
        `the host gave a stream of ${this.#side.element?.kind ?? 'nothing'} for one of ${element?.kind ?? 'nothing'}`,
      )
    this.#state = 'closed'
    this.#scheduler.hostEnds()
    return this.#side
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Chunk> {
    try {
      for (let chunk = await this.read(); chunk !== undefined; chunk = await this.read()) yield chunk
    } finally {
      this.cancel()
    }
  }
}

/** A future that only a guest can settle. */
export class GuestFuture<T> extends LazyPromise<T> implements Read, Awaited {
  readonly #scheduler: Scheduler
  #value: T | undefined
  place = -1

  /** Reads it at once, so that the guest's write need not wait. */
  constructor(scheduler: Scheduler, side: ReadableSide) {
    super()
    this.#scheduler = scheduler
    scheduler.awaited.add(this)
    side.read(this)
  }

  get instance(): undefined {
    return undefined
  }

  get length(): number {
    return 1
  }

  get remaining(): number {
    return 1
  }

  put(chunk: Chunk, ofHost: boolean): void {
    this.#value = (keptChunk(chunk, ofHost) as readonly T[])[0]
  }

  copied(): void {}

  done(): void {
    this.#scheduler.awaited.delete(this)
    this.settle(this.#value as T)
  }
}
