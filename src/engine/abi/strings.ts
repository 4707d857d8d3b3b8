// engine/abi/strings.ts: strings in the three encodings (CanonicalABI.md, load_string and store_string).
import {textAt, textOf} from '../../base/short-text.ts'
import type {StringEncoding} from '../component/component.ts'
import type {GuestMemory} from './memory.ts'
import {trap} from './trap.ts'

export const MAX_STRING_BYTE_LENGTH = 2 ** 28 - 1
const UTF16_TAG = 2 ** 31
/** Up to so many bytes, the decoder takes longer to call. */
const SHORT = 24

const strictUtf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true})
const strictUtf16 = new TextDecoder('utf-16le', {fatal: true, ignoreBOM: true})

/** Allocates in the guest: (alignment, byte length) → pointer, checked for alignment and bounds. */
export type Allocate = (align: number, byteLength: number) => number
/** (old pointer, old length, alignment, new length) → pointer, checked likewise. */
export type Reallocate = (ptr: number, oldLength: number, align: number, newLength: number) => number

function tooLong(byteLength: number): never {
  trap('TRAP_OUT_OF_BOUNDS', `a string of ${byteLength} bytes: string byte length exceeds maximum`)
}

function isAscii(u8: Uint8Array, ptr: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (u8[ptr + i]! >= 0x80) return false
  return true
}

export function loadUtf8(memory: GuestMemory, ptr: number, byteLength: number): string {
  if (byteLength > MAX_STRING_BYTE_LENGTH) tooLong(byteLength)
  memory.check(ptr, byteLength)
  if (byteLength <= SHORT) {
    const known = textAt(memory.u8, ptr, byteLength)
    if (known !== undefined) return known
    if (isAscii(memory.u8, ptr, byteLength)) return textOf(memory.u8, ptr, byteLength)
  }
  memory.spend(byteLength)
  try {
    return strictUtf8.decode(memory.u8.subarray(ptr, ptr + byteLength))
  } catch {
    return trap('TRAP_BAD_VALUE', `the ${byteLength} bytes at ${ptr} are invalid utf-8`)
  }
}

export function loadUtf16(memory: GuestMemory, ptr: number, codeUnits: number): string {
  const byteLength = codeUnits * 2
  if (byteLength > MAX_STRING_BYTE_LENGTH) tooLong(byteLength)
  memory.checkAligned(ptr, byteLength, 2)
  memory.spend(byteLength)
  try {
    return strictUtf16.decode(memory.u8.subarray(ptr, ptr + byteLength))
  } catch {
    return trap('TRAP_BAD_VALUE', `the ${byteLength} bytes at ${ptr} are invalid utf-16`)
  }
}

export function loadLatin1OrUtf16(memory: GuestMemory, ptr: number, tagged: number): string {
  if (tagged >= UTF16_TAG) return loadUtf16(memory, ptr, tagged - UTF16_TAG)
  if (tagged > MAX_STRING_BYTE_LENGTH) tooLong(tagged)
  memory.checkAligned(ptr, tagged, 2)
  memory.spend(tagged)
  if (ptr + tagged <= memory.buffer.length) return memory.buffer.latin1Slice(ptr, ptr + tagged)
  return memory.bytesAt(ptr, tagged).latin1Slice()
}

/** A tagged length of a 64-bit memory, whose tag is bit 63, as one of a 32-bit memory. Too long stays too long. */
export function narrowTag(tagged: bigint): number {
  const length = Math.min(Number(BigInt.asUintN(63, tagged)), UTF16_TAG - 1)
  return BigInt.asUintN(64, tagged) >> 63n === 1n ? UTF16_TAG + length : length
}

export const widenTag = (tagged: number): bigint =>
  tagged >= UTF16_TAG ? (1n << 63n) + BigInt(tagged - UTF16_TAG) : BigInt(tagged)

/** Stores the string and returns its pointer; its second word is left in `memory.storedLength`. */
export function storeUtf8(memory: GuestMemory, allocate: Allocate, text: string): number {
  const length = text.length
  if (length <= 32) {
    // Most strings are short and ASCII: writing them here costs less than one call into the runtime.
    let ascii = true
    for (let i = 0; i < length; i++)
      if (text.charCodeAt(i) >= 0x80) {
        ascii = false
        break
      }
    if (ascii) {
      const ptr = allocate(1, length)
      const u8 = memory.u8
      for (let i = 0; i < length; i++) u8[ptr + i] = text.charCodeAt(i)
      memory.storedLength = length
      return ptr
    }
  }
  const byteLength = Buffer.byteLength(text)
  const ptr = allocate(1, byteLength)
  if (ptr + byteLength <= memory.buffer.length) memory.buffer.utf8Write(text, ptr, byteLength)
  else memory.bytesAt(ptr, byteLength).utf8Write(text)
  memory.storedLength = byteLength
  return ptr
}

export function storeUtf16(memory: GuestMemory, allocate: Allocate, text: string): number {
  const byteLength = text.length * 2
  const ptr = allocate(2, byteLength)
  const wellFormed = text.toWellFormed()
  if (ptr + byteLength <= memory.buffer.length) memory.buffer.ucs2Write(wellFormed, ptr, byteLength)
  else memory.bytesAt(ptr, byteLength).ucs2Write(wellFormed)
  memory.storedLength = text.length
  return ptr
}

const isLatin1 = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false
  return true
}

export function storeLatin1OrUtf16(memory: GuestMemory, allocate: Allocate, text: string): number {
  if (!isLatin1(text)) {
    const ptr = storeUtf16(memory, allocate, text)
    memory.storedLength = text.length + UTF16_TAG
    return ptr
  }
  const ptr = allocate(2, text.length)
  if (ptr + text.length <= memory.buffer.length) memory.buffer.latin1Write(text, ptr, text.length)
  else memory.bytesAt(ptr, text.length).latin1Write(text)
  memory.storedLength = text.length
  return ptr
}

export const LOAD_STRING: Readonly<
  Record<StringEncoding, (memory: GuestMemory, ptr: number, length: number) => string>
> = {utf8: loadUtf8, utf16: loadUtf16, 'latin1+utf16': loadLatin1OrUtf16}

export const STORE_STRING: Readonly<
  Record<StringEncoding, (memory: GuestMemory, allocate: Allocate, text: string) => number>
> = {utf8: storeUtf8, utf16: storeUtf16, 'latin1+utf16': storeLatin1OrUtf16}
