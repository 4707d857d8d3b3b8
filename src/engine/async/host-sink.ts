// engine/async/host-sink.ts: streams and futures that guests give to the host.
import type {Chunk, SinkBuffer} from './buffer.ts'
import type {Scheduler} from './scheduler.ts'
import {COPY, type ReadableSide} from './stream.ts'

/** Elements that one read takes at most. */
const READ_LENGTH = 64 * 1024

/** Keeps what comes: chunks may be views of a guest's memory. */
class Collected implements SinkBuffer {
  readonly length: number
  #count = 0
  readonly #chunks: Chunk[] = []

  constructor(length: number) {
    this.length = length
  }

  get remaining(): number {
    return this.length - this.#count
  }

  write(chunk: Chunk): void {
    this.#count += chunk.length
    this.#chunks.push(kept(chunk))
  }

  take(): Chunk {
    const [first] = this.#chunks
    if (this.#chunks.length === 1) return first!
    if (first === undefined) return []
    return this.#chunks.flatMap(chunk => Array.from(chunk as ArrayLike<unknown>))
  }
}

function kept(chunk: Chunk): Chunk {
  if (ArrayBuffer.isView(chunk)) return (chunk as unknown as Uint8Array).slice()
  return Array.isArray(chunk) ? chunk : Array.from({length: chunk.length}, () => undefined)
}

/**
 * A stream of a guest: `for await (const chunk of stream)`. The guest's writes wait until the host reads. It may be given
 * on to another component as long as nothing has been read.
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
    const scheduler = this.#scheduler
    if (this.#state === 'closed') return Promise.resolve(undefined)
    if (scheduler.epoch !== this.#epoch)
      return Promise.reject(new TypeError('the event of this stream is over'))
    if (scheduler.failure !== undefined) return Promise.reject(scheduler.failure.reason)
    if (this.#state === 'reading') return Promise.reject(new TypeError('the stream is being read already'))
    this.#state = 'reading'
    return new Promise((resolve, reject) => {
      const sink = new Collected(READ_LENGTH)
      scheduler.promises.add(reject)
      const settle = (dropped: boolean): void => {
        if (!scheduler.promises.delete(reject)) return
        this.#state = dropped ? 'closed' : 'open'
        if (!dropped) scheduler.hostBegins()
        resolve(dropped && sink.remaining === sink.length ? undefined : sink.take())
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
        scheduler.promises.delete(reject)
        scheduler.fail(error)
        reject(error)
      }
      scheduler.hostEnds()
    })
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

  /** Gives it away to a guest. @throws TypeError */
  take(): ReadableSide {
    if (this.#state !== 'open')
      throw new TypeError('the stream has been read or closed: it cannot be given on')
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

/** A future of a guest is a promise: read at once, so that the guest's write need not wait. */
export function guestFuture(scheduler: Scheduler, side: ReadableSide): Promise<unknown> {
  const promise = new Promise((resolve, reject) => {
    const sink = new Collected(1)
    scheduler.promises.add(reject)
    side.read(undefined, sink, {
      copied: () => {},
      done: () => {
        scheduler.promises.delete(reject)
        resolve((sink.take() as readonly unknown[])[0])
      },
    })
  })
  // The host need not look at it.
  promise.catch(() => {})
  return promise
}
