// engine/async/host-sink.ts: streams and futures that guests give to the host.
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'
import type {SinkBuffer} from './buffer.ts'
import {type Chunk, keptChunk} from './chunk.ts'
import {HostStream} from './host-stream.ts'
import {LazyPromise} from './lazy-promise.ts'
import {COPY, type ReadableSide} from './rendezvous.ts'
import type {Scheduler} from './scheduler.ts'

/** Elements that one read takes at most. */
const READ_LENGTH = 64 * 1024

/** Takes one chunk: who writes more has been told that the read is over. */
class Collected implements SinkBuffer {
  readonly isHost = true
  readonly length: number
  chunk: Chunk | undefined

  constructor(length: number) {
    this.length = length
  }

  get remaining(): number {
    return this.chunk === undefined ? this.length : 0
  }

  write(chunk: Chunk): void {
    this.chunk = keptChunk(chunk)
  }
}

/**
 * A stream of a guest: `for await (const chunk of stream)`. The guest's writes wait until the host reads. It may be given
 * on to another component while no read is under way.
 */
export class GuestStream implements AsyncIterable<Chunk> {
  readonly #scheduler: Scheduler
  readonly #side: ReadableSide
  readonly #epoch: number
  #state: 'open' | 'reading' | 'closed' = 'open'

  constructor(scheduler: Scheduler, side: ReadableSide) {
    this.#scheduler = scheduler
    this.#epoch = scheduler.epoch
    this.#side = side
    // While the host holds it and does not read, it is the host that the guest waits for.
    scheduler.hostBegins()
  }

  /** The next elements, at least one; undefined at the end. Rejects when the guest traps. One read at a time. */
  read(): Promise<Chunk | undefined> {
    return new Promise((resolve, reject) => this.pull(resolve, reject))
  }

  /** The same without a promise: one of the two is called, at once where it can be. */
  pull(take: (chunk: Chunk | undefined) => void, refuse: (reason: unknown) => void): void {
    if (this.#state === 'closed') {
      take(undefined)
      return
    }
    const reason = this.#unreadable()
    if (reason !== undefined) {
      refuse(reason)
      return
    }
    const scheduler = this.#scheduler
    this.#state = 'reading'
    const sink = new Collected(READ_LENGTH)
    scheduler.promises.add(refuse)
    const settle = (dropped: boolean): void => {
      if (!scheduler.promises.delete(refuse)) return
      this.#state = dropped ? 'closed' : 'open'
      if (!dropped) scheduler.hostBegins()
      take(sink.chunk ?? (dropped ? undefined : []))
    }
    try {
      this.#side.read(undefined, sink, {
        copied: reclaim => {
          reclaim()
          settle(false)
        },
        done: result => settle(result !== COPY.completed),
      })
    } catch (error) {
      scheduler.promises.delete(refuse)
      scheduler.fail(error)
      refuse(error)
    }
    scheduler.hostEnds()
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
export class GuestFuture<T> extends LazyPromise<T> {}

/** A future of a guest: a promise. It is read at once, so that the guest's write need not wait. */
export function guestFuture(scheduler: Scheduler, side: ReadableSide): GuestFuture<unknown> {
  const future = new GuestFuture<unknown>()
  const refuse = (reason: unknown): void => future.fail(reason)
  scheduler.promises.add(refuse)
  const sink = new Collected(1)
  side.read(undefined, sink, {
    copied: () => {},
    done: () => {
      scheduler.promises.delete(refuse)
      future.settle((sink.chunk as readonly unknown[] | undefined)?.[0])
    },
  })
  return future
}
