// build/wasm/sections.ts: a WebAssembly binary (core or component) as a list of sections, and back to bytes.
import {Reader} from '../../engine/core/reader.ts'

/** Section ids of core modules (WebAssembly core specification, Binary Format, Modules). */
export const SectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const

/** The only section id of components that is of interest here (component-model Binary.md, `core:module`). */
export const COMPONENT_MODULE_SECTION = 1

/** Magic number and version, then sections with their ids; `body` views the bytes that were parsed. */
export type Binary = Readonly<{preamble: Uint8Array; sections: readonly Section[]}>
export type Section = Readonly<{id: number; body: Uint8Array}>

const PREAMBLE_LENGTH = 8

/** Splits `bytes` into sections without copying. @throws DECODE_MALFORMED */
export function splitSections(bytes: Uint8Array): Binary {
  const reader = new Reader(bytes, {start: Math.min(PREAMBLE_LENGTH, bytes.length)})
  if (bytes.length < PREAMBLE_LENGTH) reader.fail('unexpected end')
  const sections: Section[] = []
  while (!reader.done) {
    const id = reader.byte()
    const size = reader.u32()
    if (size > reader.end - reader.position) reader.fail('section reaches past the end')
    sections.push({id, body: bytes.subarray(reader.position, reader.position + size)})
    reader.position += size
  }
  return {preamble: bytes.subarray(0, PREAMBLE_LENGTH), sections}
}

/** The bytes of a binary that has these sections. */
export function joinSections({preamble, sections}: Binary): Uint8Array {
  const parts: Uint8Array[] = [preamble]
  for (const {id, body} of sections) parts.push(Uint8Array.of(id, ...encodeU32(body.length)), body)
  return concat(parts)
}

/** The binary with some sections' bodies replaced; `undefined` leaves a section out. Others are kept as they are. */
export function mapSections(binary: Binary, replace: (section: Section) => Uint8Array | undefined): Binary {
  const sections: Section[] = []
  for (const section of binary.sections) {
    const body = replace(section)
    if (body !== undefined) sections.push({id: section.id, body})
  }
  return {preamble: binary.preamble, sections}
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let position = 0
  for (const part of parts) {
    whole.set(part, position)
    position += part.length
  }
  return whole
}

/** Unsigned LEB128 of a number below 2^32. */
export function encodeU32(value: number): number[] {
  const bytes: number[] = []
  do {
    const low = value & 0x7f
    value >>>= 7
    bytes.push(value === 0 ? low : low | 0x80)
  } while (value !== 0)
  return bytes
}

/** Signed LEB128. */
export function encodeSigned(value: bigint): number[] {
  const bytes: number[] = []
  for (;;) {
    const low = Number(value & 0x7fn)
    value >>= 7n
    if ((value === 0n && !(low & 0x40)) || (value === -1n && low & 0x40)) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

/** A name of the binary format: its length in bytes, then UTF-8. */
export function encodeName(name: string): number[] {
  const bytes = new TextEncoder().encode(name)
  return [...encodeU32(bytes.length), ...bytes]
}
