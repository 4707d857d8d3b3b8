// engine/async/buffer.ts: where the elements of a stream or future come from and go to (CanonicalABI.md, Buffer State).
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'
import type {Instance} from './instance.ts'

/**
 * Elements on their way: an array or typed array as in link/imports.ts, or, of a stream without an element type, their
 * number alone. It may be a view of memory: whoever keeps it makes a copy.
 */
export type Chunk = Readonly<{length: number}>

export interface Buffer {
  readonly remaining: number
  readonly length: number
}

export interface SourceBuffer extends Buffer {
  /** Takes the next `count`, at most `remaining`. */
  read(count: number): Chunk
}

export interface SinkBuffer extends Buffer {
  /** Adds at most `remaining`. */
  write(chunk: Chunk): void
}

/** How emitted code reads and writes elements in a guest's memory. */
export type ElementCodec = Readonly<{
  /** Bytes from one element to the next. */
  size: number
  /** @throws TRAP_OUT_OF_BOUNDS, TRAP_MISALIGNED */
  check: (pointer: number, count: number) => void
  load: (pointer: number, count: number) => Chunk
  store: (pointer: number, chunk: Chunk) => void
}>

const MAX_LENGTH = 2 ** 28 - 1

/** A stretch of a guest's memory; `codec` is unset where elements are nothing. */
export class GuestBuffer implements SourceBuffer, SinkBuffer {
  readonly length: number
  readonly #codec: ElementCodec | undefined
  readonly #pointer: number
  progress = 0

  constructor(codec: ElementCodec | undefined, pointer: number, length: number) {
    if (length > MAX_LENGTH) trap('TRAP_OUT_OF_BOUNDS', `a buffer of ${length} elements is too long`)
    if (length > 0) codec?.check(pointer, length)
    this.#codec = codec
    this.#pointer = pointer
    this.length = length
  }

  get remaining(): number {
    return this.length - this.progress
  }

  #at(): number {
    return this.#pointer + this.progress * this.#codec!.size
  }

  read(count: number): Chunk {
    const chunk = this.#codec === undefined ? {length: count} : this.#codec.load(this.#at(), count)
    this.progress += count
    return chunk
  }

  write(chunk: Chunk): void {
    if (this.#codec !== undefined) this.#codec.store(this.#at(), chunk)
    this.progress += chunk.length
  }
}

const NUMBERS: ReadonlySet<Type['kind']> = new Set([
  ...(['u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64', 'f32', 'f64'] as const),
])

/** One component instance may not yet copy to itself what could call back into it. */
export function checkSides(
  kind: string,
  element: Type | undefined,
  one: Instance | undefined,
  other: Instance | undefined,
): void {
  if (one !== undefined && one === other && element !== undefined && !NUMBERS.has(element.kind))
    trap('TRAP_ASYNC', `cannot read from and write to intra-component ${kind} of ${element.kind}`)
}
