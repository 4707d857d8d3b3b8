// engine/core/reader.ts: reads the primitives of WebAssembly binaries (core and component).
import {MayflyError} from '../../base/errors.ts'

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true})
const {latin1Slice} = Buffer.prototype

/** A cursor over `bytes`; every failure is a DECODE_MALFORMED that carries the offset in the outermost binary. */
export class Reader {
  readonly bytes: Uint8Array
  /** Where `bytes[0]` lies in the outermost binary. */
  readonly byteOffset: number
  /** The next byte to read, and the first not to. */
  position: number
  end: number

  constructor(bytes: Uint8Array, options: {byteOffset?: number; start?: number; end?: number} = {}) {
    this.bytes = bytes
    this.byteOffset = options.byteOffset ?? 0
    this.position = options.start ?? 0
    this.end = options.end ?? bytes.length
  }

  get done(): boolean {
    return this.position >= this.end
  }

  get offset(): number {
    return this.byteOffset + this.position
  }

  fail(reason: string, position = this.position): never {
    throw new MayflyError('DECODE_MALFORMED', {reason}, {at: {byteOffset: this.byteOffset + position}})
  }

  peek(): number {
    if (this.position >= this.end) this.fail('unexpected end')
    return this.bytes[this.position]!
  }

  byte(): number {
    if (this.position >= this.end) this.fail('unexpected end')
    return this.bytes[this.position++]!
  }

  /** An unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const {bytes, position} = this
    // Most numbers have one byte.
    if (position < this.end && bytes[position]! < 0x80) {
      this.position++
      return bytes[position]!
    }
    let result = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      if (shift === 28) {
        if (byte & 0x80) this.fail('integer representation too long', this.position - 1)
        if (byte > 0x0f) this.fail('integer too large', this.position - 1)
      }
      result += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return result
    }
  }

  /** An unsigned LEB128 of at most 64 bits. */
  u64(): bigint {
    let result = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte()
      if (shift === 63n) {
        if (byte & 0x80) this.fail('integer representation too long', this.position - 1)
        if (byte > 1) this.fail('integer too large', this.position - 1)
      }
      result |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return result
    }
  }

  /** A signed LEB128 of at most `bits` (32, 33 or 64) bits. */
  signed(bits: 32 | 33 | 64): bigint {
    let result = 0n
    let shift = 0
    for (;;) {
      const byte = this.byte()
      result |= BigInt(byte & 0x7f) << BigInt(shift)
      shift += 7
      if (byte < 0x80) {
        if (shift > bits) {
          // The unused bits of the last byte must repeat the sign.
          const used = bits - (shift - 7)
          const rest = (byte << 25) >> (25 + used - 1)
          if (rest !== 0 && rest !== -1) this.fail('integer too large', this.position - 1)
        }
        return BigInt.asIntN(Math.min(shift, 64), result)
      }
      if (shift >= bits) this.fail('integer representation too long', this.position - 1)
    }
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Uint8Array {
    if (length > this.end - this.position) this.fail('unexpected end')
    const view = this.bytes.subarray(this.position, this.position + length)
    this.position += length
    return view
  }

  name(): string {
    const length = this.u32()
    if (length > this.end - this.position) this.fail('unexpected end')
    const {bytes, position: start} = this
    const end = start + length
    this.position = end
    let at = start
    while (at < end && bytes[at]! < 0x80) at++
    // The decoder takes longer to call than most names take to read.
    if (at === end) return latin1Slice.call(bytes, start, end)
    try {
      return utf8.decode(bytes.subarray(start, end))
    } catch {
      return this.fail('malformed UTF-8 encoding', start)
    }
  }

  /** `count` items; a count that the remaining bytes cannot hold fails before anything is read. */
  vec<T>(read: (index: number) => T): T[] {
    const items: T[] = []
    this.each(i => items.push(read(i)))
    return items
  }

  /** The same, for a reader that keeps what it reads. */
  each(read: (index: number) => void): void {
    const count = this.#count()
    for (let i = 0; i < count; i++) read(i)
  }

  /** `vec` of numbers, of which there are thousands, put into an array. */
  u32s(into: number[]): void {
    const {bytes} = this
    const count = this.#count()
    for (let i = 0; i < count; i++) {
      const byte = this.position < this.end ? bytes[this.position]! : 0x80
      if (byte < 0x80) this.position++
      into.push(byte < 0x80 ? byte : this.u32())
    }
  }

  #count(): number {
    const start = this.position
    const count = this.u32()
    if (count > this.end - this.position)
      this.fail('unexpected end: the vector is longer than its section', start)
    return count
  }

  /** A reader of the next `length` bytes, which this one skips. */
  sub(length: number): Reader {
    if (length > this.end - this.position) this.fail('unexpected end')
    const start = this.position
    this.position += length
    return new Reader(this.bytes, {byteOffset: this.byteOffset, start, end: start + length})
  }
}
