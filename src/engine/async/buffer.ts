// engine/async/buffer.ts: where the elements of a stream or future come from and go to (CanonicalABI.md, Buffer State).
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'
import type {Chunk} from './chunk.ts'
import type {Instance} from './instance.ts'

export interface Buffer {
  /** Whether the host holds it: then elements are as in link/imports.ts, and not as guests pass them to each other. */
  readonly isHost: boolean
  readonly remaining: number
  readonly length: number
}

export interface SourceBuffer extends Buffer {
  /** Takes the next `count`, at most `remaining`. */
  read(count: number, forHost: boolean): Chunk
}

export interface SinkBuffer extends Buffer {
  /** Adds at most `remaining`. */
  write(chunk: Chunk, ofHost: boolean): void
}

/** How emitted code reads and writes elements in a guest's memory. */
export type ElementCodec = Readonly<{
  /** Bytes from one element to the next. */
  size: number
  /** @throws TRAP_OUT_OF_BOUNDS, TRAP_MISALIGNED */
  check: (pointer: number, count: number) => void
  load: (pointer: number, count: number) => Chunk
  store: (pointer: number, chunk: Chunk) => void
  /** The same for elements that the host takes or has given. */
  loadForHost: (pointer: number, count: number) => Chunk
  storeOfHost: (pointer: number, chunk: Chunk) => void
}>

const MAX_LENGTH = 2 ** 28 - 1

/** A stretch of a guest's memory; `codec` is unset where elements are nothing. */
export class GuestBuffer implements SourceBuffer, SinkBuffer {
  readonly isHost = false
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

  read(count: number, forHost: boolean): Chunk {
    const codec = this.#codec
    const chunk =
      codec === undefined
        ? {length: count}
        : forHost
          ? codec.loadForHost(this.#at(), count)
          : codec.load(this.#at(), count)
    this.progress += count
    return chunk
  }

  write(chunk: Chunk, ofHost: boolean): void {
    const {length} = chunk
    if (length > this.remaining) trap('TRAP_BAD_VALUE', `${length} elements for ${this.remaining}`)
    const codec = this.#codec
    if (ofHost) codec?.storeOfHost(this.#at(), chunk)
    else codec?.store(this.#at(), chunk)
    this.progress += length
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
