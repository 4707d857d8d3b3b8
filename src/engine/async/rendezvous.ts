// engine/async/rendezvous.ts: what the two ends of a stream or future share: who waits for whom (CanonicalABI.md, Stream
// State and Future State).
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'
import type {Chunk} from './chunk.ts'
import type {Instance} from './instance.ts'

export const COPY = {completed: 0, dropped: 1, cancelled: 2} as const
export type CopyResult = (typeof COPY)[keyof typeof COPY]

/** What may be taken back of a copy that could go on. */
export interface Reclaimable {
  reclaim(): void
}

/** A read or a write, and how whoever makes it hears of it. */
interface Copy {
  /** Undefined is the host: then elements are as in link/imports.ts, and not as guests pass them to each other. */
  readonly instance: Instance | undefined
  readonly length: number
  readonly remaining: number
  /** Elements have moved, and more could until it calls `reclaim`. */
  copied(from: Reclaimable): void
  /** It is over. */
  done(result: CopyResult): void
}

export interface Read extends Copy {
  /** Takes at most `remaining` elements. */
  put(chunk: Chunk, ofHost: boolean): void
}

export interface Write extends Copy {
  /** Gives the next `count`, at most `remaining`. */
  take(count: number, forHost: boolean): Chunk
}

/** A readable end's counterpart: a stream or future of a guest or of the host. One copy at a time. */
export interface ReadableSide {
  readonly kind: 'stream' | 'future'
  readonly element: Type | undefined
  read(read: Read): void
  /** Ends the copy that is under way, if it can be. */
  cancel(): void
  /** Nobody will read any more. */
  drop(): void
}

export interface WritableSide {
  readonly kind: 'stream' | 'future'
  readonly element: Type | undefined
  write(write: Write): void
  cancel(): void
  drop(): void
}

/**
 * One side waits; when the other comes, elements go straight from the writer's memory to the reader's, and the one that
 * waited is told. Nothing is kept in between. With its one element a future has had its copy.
 */
export class Rendezvous implements ReadableSide, WritableSide, Reclaimable {
  readonly kind: 'stream' | 'future'
  readonly element: Type | undefined
  #dropped = false
  #reader: Read | undefined
  #writer: Write | undefined

  constructor(kind: 'stream' | 'future', element: Type | undefined) {
    this.kind = kind
    this.element = element
  }

  read(read: Read): void {
    const writer = this.#writer
    if (this.#dropped) {
      read.done(COPY.dropped)
      return
    }
    if (writer !== undefined) {
      this.#checkSides(read, writer)
      if (writer.remaining > 0) {
        this.#copy(writer, read, writer)
        read.done(COPY.completed)
        return
      }
      this.#notify(COPY.completed)
    }
    this.#reader = read
  }

  write(write: Write): void {
    const reader = this.#reader
    if (this.#dropped) {
      write.done(COPY.dropped)
      return
    }
    if (reader !== undefined) {
      this.#checkSides(write, reader)
      // A write of nothing asks whether a reader is there; a read of nothing is one.
      if (reader.remaining > 0 || (write.length === 0 && reader.length === 0)) {
        this.#copy(write, reader, reader)
        write.done(COPY.completed)
        return
      }
      this.#notify(COPY.completed)
    }
    this.#writer = write
  }

  #copy(write: Write, read: Read, waiting: Copy): void {
    const count = Math.min(write.remaining, read.remaining)
    if (count === 0) return
    read.put(write.take(count, read.instance === undefined), write.instance === undefined)
    if (this.kind === 'stream') waiting.copied(this)
    else this.#notify(COPY.completed)
  }

  /** One component instance may not yet copy to itself what could call back into it. */
  #checkSides({instance}: Copy, other: Copy): void {
    const {element} = this
    if (
      instance !== undefined &&
      instance === other.instance &&
      element !== undefined &&
      !NUMBERS.has(element.kind)
    )
      trap('TRAP_ASYNC', `cannot read from and write to intra-component ${this.kind} of ${element.kind}`)
  }

  cancel(): void {
    this.#notify(COPY.cancelled)
  }

  drop(): void {
    if (this.#dropped) return
    this.#dropped = true
    this.#notify(COPY.dropped)
  }

  /** Nobody waits any more. */
  reclaim(): void {
    this.#reader = undefined
    this.#writer = undefined
  }

  /** Tells the one that waits, if there is one. */
  #notify(result: CopyResult): void {
    const waiting = this.#reader ?? this.#writer
    this.reclaim()
    waiting?.done(result)
  }
}

const NUMBERS: ReadonlySet<Type['kind']> = new Set([
  ...(['u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64', 'f32', 'f64'] as const),
])
