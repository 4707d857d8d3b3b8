// engine/component/leading-byte.ts: small readers that the sections share.
import type {Reader} from '../core/reader.ts'

/** Fails at the byte just read, in the words that the reference tests expect. */
export function invalidByte(reader: Reader, byte: number, what: string): never {
  return reader.fail(`invalid leading byte (0x${byte.toString(16)}) for ${what}`, reader.position - 1)
}

/** One byte that must be `expected`. */
export function expectByte(reader: Reader, expected: number, what: string): void {
  const byte = reader.byte()
  if (byte !== expected) invalidByte(reader, byte, what)
}

/** `<T>?`: 0x00, or 0x01 and a `T`. */
export function optional<T>(reader: Reader, what: string, read: () => T): T | undefined {
  const byte = reader.byte()
  if (byte === 0x00) return undefined
  if (byte === 0x01) return read()
  return invalidByte(reader, byte, what)
}

/** A flag: 0x00 or 0x01. */
export function flag(reader: Reader): boolean {
  const byte = reader.byte()
  if (byte > 1) reader.fail('invalid boolean value', reader.position - 1)
  return byte === 1
}
