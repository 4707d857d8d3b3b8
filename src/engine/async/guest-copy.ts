// engine/async/guest-copy.ts: a copy out of a guest's memory or into it (CanonicalABI.md, Buffer State).
import {trap} from '../abi/trap.ts'
import type {Chunk} from './chunk.ts'
import type {Instance} from './instance.ts'
import {COPY, type CopyResult, type Read, type Reclaimable, type Write} from './rendezvous.ts'

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

/** The end that copies: told when there is something to say of it. */
interface Listener {
  setPending(): void
}

export class GuestCopy implements Read, Write {
  readonly instance: Instance
  readonly length: number
  progress = 0
  /** Whether the other side may still copy, so that there is something to cancel. */
  isOpen = true
  result: CopyResult = COPY.completed
  readonly #end: Listener
  readonly #codec: ElementCodec | undefined
  readonly #pointer: number
  #from: Reclaimable | undefined

  /** `codec` is unset where elements are nothing. */
  constructor(
    instance: Instance,
    end: Listener,
    codec: ElementCodec | undefined,
    pointer: number,
    length: number,
  ) {
    if (length > MAX_LENGTH) trap('TRAP_OUT_OF_BOUNDS', `a buffer of ${length} elements is too long`)
    if (length > 0) codec?.check(pointer, length)
    this.instance = instance
    this.length = length
    this.#end = end
    this.#codec = codec
    this.#pointer = pointer
  }

  get remaining(): number {
    return this.length - this.progress
  }

  #at(): number {
    return this.#pointer + this.progress * this.#codec!.size
  }

  take(count: number, forHost: boolean): Chunk {
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

  put(chunk: Chunk, ofHost: boolean): void {
    const {length} = chunk
    if (length > this.remaining) trap('TRAP_BAD_VALUE', `${length} elements for ${this.remaining}`)
    const codec = this.#codec
    if (ofHost) codec?.storeOfHost(this.#at(), chunk)
    else codec?.store(this.#at(), chunk)
    this.progress += length
  }

  copied(from: Reclaimable): void {
    this.#from = from
    this.#end.setPending()
  }

  done(result: CopyResult): void {
    this.isOpen = false
    this.#from = undefined
    this.result = result
    this.#end.setPending()
  }

  /** What has been copied is told: no more is. */
  close(): void {
    this.#from?.reclaim()
    this.#from = undefined
    this.isOpen = false
  }
}
