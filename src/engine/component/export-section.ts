// engine/component/export-section.ts: exports (Binary.md, Import and Export Definitions).
import type {Reader} from '../core/reader.ts'
import type {Definition} from './component.ts'
import {readExternName} from './extern-name.ts'
import {readExternType} from './import-section.ts'
import {optional} from './leading-byte.ts'
import {readExternSort} from './sort.ts'

export function readExport(reader: Reader): Definition {
  const byteOffset = reader.offset
  const name = readExternName(reader)
  const sort = readExternSort(reader)
  const index = reader.u32()
  const type = optional(reader, 'optional component export type', () => readExternType(reader))
  return {byteOffset, kind: 'export', name, sort, index, type}
}
