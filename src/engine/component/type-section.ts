// engine/component/type-section.ts: types of functions, components, instances and resources (Binary.md, Type Definitions).
import type {Reader} from '../core/reader.ts'
import {readAlias} from './alias-section.ts'
import type {Decl, DefType, FuncType, ResourceType, ValType} from './component.ts'
import {readCoreDefType} from './core-type-section.ts'
import {readExternName} from './extern-name.ts'
import {readExternType} from './import-section.ts'
import {expectByte, invalidByte, optional} from './leading-byte.ts'
import {readDefValType, readLabelled, readValType} from './value-type.ts'

/** `nesting` is how many more component and instance types may lie inside one another. */
export function readDefType(reader: Reader, nesting: number): DefType {
  const byte = reader.byte()
  switch (byte) {
    case 0x3f:
      return readResource(reader)
    case 0x40:
      return readFunc(reader, false)
    case 0x43:
      return readFunc(reader, true)
    case 0x41:
    case 0x42: {
      if (nesting <= 0) reader.fail('types are nested too deeply', reader.position - 1)
      const kind = byte === 0x41 ? 'component' : 'instance'
      return {kind, decls: reader.vec(() => readDecl(reader, kind, nesting - 1))}
    }
    default:
      return readDefValType(reader, byte) ?? invalidByte(reader, byte, 'component defined type')
  }
}

function readResource(reader: Reader): ResourceType {
  const byte = reader.byte()
  if (byte !== 0x7f && byte !== 0x7e) invalidByte(reader, byte, 'resource representation')
  const dtor = optional(reader, 'resource destructor', () => reader.u32())
  return {kind: 'resource', rep: byte === 0x7f ? 'i32' : 'i64', dtor}
}

function readFunc(reader: Reader, async: boolean): FuncType {
  const params = readLabelled(reader)
  return {kind: 'func', async, params, result: readResultList(reader)}
}

export function readResultList(reader: Reader): ValType | undefined {
  const byte = reader.byte()
  if (byte === 0x00) return readValType(reader)
  if (byte !== 0x01) invalidByte(reader, byte, 'component function results')
  expectByte(reader, 0x00, 'number of results')
  return undefined
}

function readDecl(reader: Reader, scope: 'component' | 'instance', nesting: number): Decl {
  const byteOffset = reader.offset
  const byte = reader.byte()
  switch (byte) {
    case 0x00:
      return {byteOffset, kind: 'core-type', type: readCoreDefType(reader)}
    case 0x01:
      return {byteOffset, kind: 'type', type: readDefType(reader, nesting)}
    case 0x02:
      return {byteOffset, kind: 'alias', alias: readAlias(reader)}
    case 0x03:
    case 0x04: {
      if (byte === 0x03 && scope === 'instance') break
      const name = readExternName(reader)
      return {byteOffset, kind: byte === 0x03 ? 'import' : 'export', name, type: readExternType(reader)}
    }
  }
  return invalidByte(reader, byte, 'component or instance type declaration')
}
