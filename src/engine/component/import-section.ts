// engine/component/import-section.ts: imports, and the extern types that exports and declarators use too.
import type {Reader} from '../core/reader.ts'
import type {Definition, ExternType} from './component.ts'
import {readExternName} from './extern-name.ts'
import {invalidByte} from './leading-byte.ts'
import {readRawSort} from './sort.ts'
import {readValType} from './value-type.ts'

export function readImport(reader: Reader): Definition {
  const byteOffset = reader.offset
  const name = readExternName(reader)
  return {byteOffset, kind: 'import', name, type: readExternType(reader)}
}

/** `<externtype>` (Binary.md, Type Definitions). */
export function readExternType(reader: Reader): ExternType {
  const raw = readRawSort(reader)
  if (raw.core !== undefined) {
    if (raw.core !== 0x11) invalidByte(reader, raw.core, 'component external kind')
    return {kind: 'core-module', type: reader.u32()}
  }
  switch (raw.byte) {
    case 0x01:
      return {kind: 'func', type: reader.u32()}
    case 0x02:
      return {kind: 'value', bound: readValueBound(reader)}
    case 0x03:
      return {kind: 'type', bound: readTypeBound(reader)}
    case 0x04:
      return {kind: 'component', type: reader.u32()}
    case 0x05:
      return {kind: 'instance', type: reader.u32()}
    default:
      return invalidByte(reader, raw.byte, 'component external kind')
  }
}

function readTypeBound(reader: Reader): Extract<ExternType, {kind: 'type'}>['bound'] {
  const byte = reader.byte()
  if (byte === 0x00) return {kind: 'eq', type: reader.u32()}
  if (byte === 0x01) return {kind: 'sub-resource'}
  return invalidByte(reader, byte, 'type bound')
}

function readValueBound(reader: Reader): Extract<ExternType, {kind: 'value'}>['bound'] {
  const byte = reader.byte()
  if (byte === 0x00) return {kind: 'eq', value: reader.u32()}
  if (byte === 0x01) return {kind: 'type', type: readValType(reader)}
  return invalidByte(reader, byte, 'value bound')
}
