// engine/snapshot/mapped-memory.ts: one memory of one sandbox, mapped over an image's file.
import type {Libc} from './ffi.ts'
import {PAGE, reserve, type StateMemory} from './state.ts'

/** A memory of an image: a file with its bytes, and the same bytes for JavaScript. The file may be longer. */
export type MappedContent = {readonly bytes: Uint8Array; readonly file: number; fileLength: number}

/** A run of private pages, and what belongs there; zeros where there is no source. */
type Run = Readonly<{start: number; end: number; source: Uint8Array | undefined}>

/**
 * Pages that are private stay so when they are copied back, which is cheap to write again: these are the hot ones. More
 * than this are dropped instead, so that one large event does not make every later one pay.
 */
const HOT_BYTES = 4 << 20

/** After so many bytes copied back, the hot pages are found anew: some may be hot no longer. */
const COPIED_BYTES_UNTIL_COLD = 512 << 20

export class MappedMemory {
  readonly #libc: Libc
  readonly #state: StateMemory
  readonly #content: MappedContent
  readonly #mapped: number
  #buffer: ArrayBuffer
  #bytes: Uint8Array
  #address: bigint
  /** Every private page of the memory is in one of these runs, unless something was written since. */
  #hot: readonly Run[] = []
  #hotBytes = 0
  #copied = 0

  constructor(libc: Libc, state: StateMemory, content: MappedContent, headroomPages: number) {
    this.#libc = libc
    this.#state = state
    this.#content = content
    reserve(state, content.bytes.length / PAGE + headroomPages)
    this.#buffer = state.memory.buffer as ArrayBuffer
    this.#bytes = new Uint8Array(this.#buffer)
    this.#address = libc.address(this.#buffer)
    this.#mapped = Math.min(this.#buffer.byteLength, content.bytes.length + headroomPages * PAGE)
    if (content.fileLength < this.#mapped) {
      libc.setFileLength(content.file, this.#mapped)
      content.fileLength = this.#mapped
    }
    this.#map()
  }

  get pages(): number {
    return this.#state.memory.buffer.byteLength / PAGE
  }

  #map(): void {
    if (this.#mapped > 0) this.#libc.mapPrivate(this.#address, this.#mapped, this.#content.file)
    this.#dropFrom(this.#mapped)
    this.#split()
    this.#forget()
  }

  /**
   * The kernel may merge small pages into a huge one behind our back; then pages beside a private one could be written
   * without a fault, and nobody would know.
   */
  #split(): void {
    if (this.#buffer.byteLength > 0) this.#libc.splitPages(this.#address, this.#buffer.byteLength)
  }

  #forget(): void {
    this.#hot = []
    this.#hotBytes = 0
    this.#copied = 0
  }

  #dropFrom(start: number): void {
    const length = this.#buffer.byteLength - start
    if (length > 0) this.#libc.drop(this.#address + BigInt(start), length)
  }

  /** Follows real growth. True if the memory grew; all pages must be looked at then. */
  refresh(): boolean {
    const buffer = this.#state.memory.buffer as ArrayBuffer
    if (buffer === this.#buffer) return false
    this.#buffer = buffer
    this.#bytes = new Uint8Array(buffer)
    const address = this.#libc.address(buffer)
    // V8 grows in place where it reserved the room, and else moves the memory: then nothing is mapped any more.
    if (address !== this.#address) {
      this.#address = address
      this.#map()
    } else this.#split()
    return true
  }

  /** Makes the memory equal to the image without looking: no page is private afterwards. */
  dropAll(): void {
    this.#dropFrom(0)
    this.#forget()
  }

  /** Finds all private pages and keeps them as the hot ones; drops them if they are too many. */
  scan(): void {
    const ranges = this.#libc.privateRanges(this.#address, this.#buffer.byteLength)
    const hot: Run[] = []
    let bytes = 0
    const {bytes: content} = this.#content
    for (let i = 0; i < ranges.length; i += 2) {
      const start = ranges[i]!
      const end = ranges[i + 1]!
      bytes += end - start
      const split = Math.min(end, Math.max(start, content.length))
      if (start < split) hot.push({start, end: split, source: content.subarray(start, split)})
      if (split < end) hot.push({start: split, end, source: undefined})
    }
    if (bytes > HOT_BYTES) this.dropAll()
    else {
      this.#hot = hot
      this.#hotBytes = bytes
    }
  }

  /** Puts the hot pages back. Returns how many bytes. */
  copyBack(): number {
    const bytes = this.#bytes
    const hot = this.#hot
    for (let i = 0; i < hot.length; i++) {
      const {start, end, source} = hot[i]!
      if (source === undefined) bytes.fill(0, start, end)
      else bytes.set(source, start)
    }
    this.#copied += this.#hotBytes
    return this.#hotBytes
  }

  get cold(): boolean {
    return this.#copied > COPIED_BYTES_UNTIL_COLD
  }

  /** Gives the pages back; the memory is all zeros then, and no longer follows the image. */
  dispose(): void {
    this.refresh()
    if (this.#mapped > 0) this.#libc.mapZeros(this.#address, this.#mapped)
    this.#dropFrom(this.#mapped)
    this.#forget()
  }
}
