// engine/component/decode.ts: component binary -> Component, section by section (Binary.md, Component Definitions).
import {MayflyError} from '../../base/errors.ts'
import {Reader} from '../core/reader.ts'
import {readAlias} from './alias-section.ts'
import {readCanon} from './canon-section.ts'
import type {Component, CustomSection, Definition} from './component.ts'
import {readCoreDefType} from './core-type-section.ts'
import {readExport} from './export-section.ts'
import {readImport} from './import-section.ts'
import {readCoreInstance, readInstance} from './instance-section.ts'
import {readStart} from './start-section.ts'
import {readDefType} from './type-section.ts'
import {readValue} from './value-section.ts'

export type DecodeOptions = Readonly<{
  /** How deep components, and types in types, may lie inside one another. */
  maxNesting?: number
  /** The name of the file, for the hint of DECODE_CORE_MODULE. */
  file?: string
}>

/**
 * Decodes a component; what it returns holds views of `bytes`, which must not change from then on.
 * Time and memory are linear in the number of bytes. Core modules are not looked into.
 * @throws DECODE_MALFORMED with the byte offset, DECODE_CORE_MODULE
 */
export function decodeComponent(bytes: Uint8Array, options: DecodeOptions = {}): Component {
  const {maxNesting = 100, file = 'module.wasm'} = options
  if (isCoreModule(bytes)) throw new MayflyError('DECODE_CORE_MODULE', {file})
  // A Buffer makes its views in a roundabout way.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  return readComponent(new Reader(plain), maxNesting)
}

export const isCoreModule = (bytes: Uint8Array): boolean => layerOf(bytes, 0, bytes.length) === 'core'

const preambles = {
  core: [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  component: [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00],
} as const
const preambleLength = 8

function layerOf(bytes: Uint8Array, start: number, end: number): 'core' | 'component' | undefined {
  if (end - start < preambleLength) return undefined
  if (preambles.component.every((byte, i) => bytes[start + i] === byte)) return 'component'
  if (preambles.core.every((byte, i) => bytes[start + i] === byte)) return 'core'
  return undefined
}

/** Reads the preamble, which must be the one of `layer`. */
function readPreamble(reader: Reader, layer: 'core' | 'component'): void {
  const start = reader.position
  const head = reader.take(Math.min(preambleLength, reader.end - start))
  const found = layerOf(head, 0, head.length)
  if (found === layer) return
  const what = layer === 'core' ? 'module' : 'component'
  if (found !== undefined) reader.fail(`expected a version header for a ${what}`, start + 4)
  const magic = preambles.core.slice(0, 4).every((byte, i) => i >= head.length || head[i] === byte)
  if (!magic) reader.fail('magic header not detected', start)
  if (head.length < preambleLength) reader.fail('unexpected end', start + head.length)
  reader.fail('unknown binary version', start + 4)
}

function readComponent(reader: Reader, nesting: number): Component {
  const start = reader.position
  const byteOffset = reader.offset
  const definitions: Definition[] = []
  const customSections: CustomSection[] = []
  readPreamble(reader, 'component')
  while (!reader.done) {
    const idPosition = reader.position
    const id = reader.byte()
    if (id >= sections.length) reader.fail('malformed section id', idPosition)
    const section = reader.sub(reader.u32())
    if (id === 0) customSections.push(readCustomSection(section))
    else sections[id]!(section, definitions, nesting)
    if (!section.done) section.fail('unexpected content at the end of the section')
  }
  return {byteOffset, bytes: reader.bytes.subarray(start, reader.end), definitions, customSections}
}

function readCustomSection(reader: Reader): CustomSection {
  const name = reader.name()
  const byteOffset = reader.offset
  return {name, byteOffset, bytes: reader.take(reader.end - reader.position)}
}

type SectionReader = (reader: Reader, definitions: Definition[], nesting: number) => void

/** A section that is a vector of definitions. */
const each =
  (read: (reader: Reader, nesting: number) => Definition): SectionReader =>
  (reader, definitions, nesting) => {
    reader.vec(() => {
      definitions.push(read(reader, nesting))
    })
  }

/** By section id. */
const sections: readonly (SectionReader | undefined)[] = [
  undefined,
  (reader, definitions) => {
    const byteOffset = reader.offset
    const start = reader.position
    readPreamble(reader, 'core')
    reader.position = reader.end
    definitions.push({byteOffset, kind: 'core-module', bytes: reader.bytes.subarray(start, reader.end)})
  },
  each(readCoreInstance),
  each(reader => ({byteOffset: reader.offset, kind: 'core-type', type: readCoreDefType(reader)})),
  (reader, definitions, nesting) => {
    const byteOffset = reader.offset
    if (nesting <= 0) reader.fail('components are nested too deeply')
    definitions.push({byteOffset, kind: 'component', component: readComponent(reader, nesting - 1)})
  },
  each(readInstance),
  each(reader => ({byteOffset: reader.offset, kind: 'alias', alias: readAlias(reader)})),
  each((reader, nesting) => ({byteOffset: reader.offset, kind: 'type', type: readDefType(reader, nesting)})),
  each(reader => ({byteOffset: reader.offset, kind: 'canon', canon: readCanon(reader)})),
  (reader, definitions) => {
    definitions.push(readStart(reader))
  },
  each(readImport),
  each(readExport),
  each(readValue),
]
