// build/wasm/sections.ts: a WebAssembly binary (core or component) as a list of sections, and back to bytes.
import {Reader} from '../../engine/core/reader.ts'
import {concat, section} from '../../engine/core/writer.ts'

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
  return concat([preamble, ...sections.flatMap(({id, body}) => section(id, [body]))])
}

/** The binary with some sections' bodies replaced; `undefined` leaves a section out. Others are kept as they are. */
export function mapSections(binary: Binary, replace: (given: Section) => Uint8Array | undefined): Binary {
  const sections: Section[] = []
  for (const given of binary.sections) {
    const body = replace(given)
    if (body !== undefined) sections.push({id: given.id, body})
  }
  return {preamble: binary.preamble, sections}
}
