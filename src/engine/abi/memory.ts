// engine/abi/memory.ts: the host's view of a guest memory; refreshed only when the memory really grew.
import type {NumberArray, NumberArrayClass} from './number-arrays.ts'
import {trap} from './trap.ts'

const PAGE = 65536
const MEGABYTE = 2 ** 20
/** Methods of Node's Buffer end the process where there are more bytes than this from where they begin. */
const MAX_BUFFER = 2 ** 32 - 1
const MAX_LIFTED_BYTES = 128 * MEGABYTE

/** One memory of one sandbox. Call `sync()` after anything that may have run guest code, before reading or writing. */
export class GuestMemory {
  readonly memory: WebAssembly.Memory
  readonly #size: WebAssembly.Global<'i32'> | WebAssembly.Global<'i64'>
  u8!: Uint8Array
  /** What lies low enough for a Buffer; see `bytesAt`. */
  buffer!: Buffer
  view!: DataView
  readonly #numbers = new Map<NumberArrayClass, NumberArray>()
  /** The second word of the string stored last (strings.ts). */
  storedLength = 0
  /** Bytes known to be inside the virtual size; it only rises during an event. */
  #known = 0
  #lifted = 0

  /** `size` holds the memory's virtual size in pages. */
  constructor(memory: WebAssembly.Memory, size: WebAssembly.Global<'i32'> | WebAssembly.Global<'i64'>) {
    this.memory = memory
    this.#size = size
    this.refresh()
  }

  /** A grown memory's old buffer is detached and has no length. */
  sync(): void {
    if (this.u8.length === 0) this.refresh()
  }

  refresh(): void {
    const buffer = this.memory.buffer as ArrayBuffer
    this.u8 = new Uint8Array(buffer)
    this.buffer = Buffer.from(buffer, 0, Math.min(buffer.byteLength, MAX_BUFFER))
    this.view = new DataView(buffer)
    this.#numbers.clear()
  }

  /** All of the memory as numbers of one kind. */
  numbers(array: NumberArrayClass): NumberArray {
    this.sync()
    let numbers = this.#numbers.get(array)
    if (numbers === undefined) this.#numbers.set(array, (numbers = new array(this.u8.buffer)))
    return numbers
  }

  /** The bytes at [ptr, ptr + length), which may lie anywhere in the memory. */
  bytesAt(ptr: number, length: number): Buffer {
    return Buffer.from(this.u8.buffer as ArrayBuffer, ptr, length)
  }

  /** Begins a call, for which `spend` counts anew. */
  begin(): void {
    this.#lifted = 0
  }

  /**
   * Counts what a call copies out of the guest. Elements may share their bytes, so that a small memory could hold lists
   * without end; copying them takes memory and time that belong to the host.
   */
  spend(bytes: number): void {
    this.#lifted += bytes
    if (this.#lifted > MAX_LIFTED_BYTES)
      trap('TRAP_TOO_MUCH', `one call passes more than ${MAX_LIFTED_BYTES / MEGABYTE} MB of values`)
  }

  /** A restored sandbox may be smaller again. */
  reset(): void {
    this.#known = 0
  }

  /** Traps unless [ptr, ptr + length) lies in the memory. */
  check(ptr: number, length: number): void {
    if (ptr + length > this.#known) this.#checkVirtual(ptr, length)
  }

  #checkVirtual(ptr: number, length: number): void {
    this.#known = Number(this.#size.value) * PAGE
    if (ptr + length > this.#known)
      trap(
        'TRAP_OUT_OF_BOUNDS',
        `${length} bytes at ${ptr} in a memory of ${this.#known} bytes: pointer out of bounds of memory`,
      )
  }

  /** Traps unless `ptr` is aligned and [ptr, ptr + length) lies in the memory. */
  checkAligned(ptr: number, length: number, align: number): void {
    if (ptr % align !== 0) trap('TRAP_MISALIGNED', `${ptr} is not a multiple of ${align}: unaligned pointer`)
    if (ptr + length > this.#known) this.#checkVirtual(ptr, length)
  }
}
