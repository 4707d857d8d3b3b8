// engine/component/core-type-section.ts: core types inside components (Binary.md, Type Definitions, core:type).
import type {Reader} from '../core/reader.ts'
import {
  readGlobalType,
  readHeapType,
  readMemoryType,
  readMutable,
  readStorageType,
  readTableType,
  readValueType,
} from '../core/value-type.ts'
import type {CoreDefType, CoreExternType, CoreFuncType, CoreModuleDecl} from './component.ts'
import {expectByte, invalidByte} from './leading-byte.ts'

/** `<core:deftype>`: a module type starts with 0x50, so a non-final sub type is written 0x00 0x50 here. */
export function readCoreDefType(reader: Reader): CoreDefType {
  const byte = reader.peek()
  if (byte === 0x50) {
    reader.byte()
    return {kind: 'module', decls: reader.vec(() => readModuleDecl(reader))}
  }
  if (byte === 0x00) {
    reader.byte()
    if (reader.peek() !== 0x50) invalidByte(reader, byte, 'core type')
  }
  return readRecType(reader)
}

function readRecType(reader: Reader): CoreDefType {
  const start = reader.position
  const byte = reader.peek()
  if (byte === 0x60) {
    reader.byte()
    return readCoreFunc(reader)
  }
  let count = 1
  if (byte === 0x4e) {
    reader.byte()
    count = reader.vec(() => readSubType(reader)).length
  } else {
    readSubType(reader)
  }
  return {kind: 'opaque', bytes: reader.bytes.subarray(start, reader.position), count}
}

function readCoreFunc(reader: Reader): CoreFuncType {
  const params = reader.vec(() => readValueType(reader))
  return {kind: 'func', params, results: reader.vec(() => readValueType(reader))}
}

/** `<core:moduledecl>`; its `type` declarators hold no module types. */
function readModuleDecl(reader: Reader): CoreModuleDecl {
  const byte = reader.byte()
  switch (byte) {
    case 0x00: {
      const module = reader.name()
      const name = reader.name()
      return {kind: 'import', module, name, type: readCoreExternType(reader)}
    }
    case 0x01:
      return {kind: 'type', type: readRecType(reader)}
    case 0x02: {
      expectByte(reader, 0x10, 'outer alias kind')
      expectByte(reader, 0x01, 'outer alias target')
      const count = reader.u32()
      return {kind: 'alias', count, index: reader.u32()}
    }
    case 0x03: {
      const name = reader.name()
      return {kind: 'export', name, type: readCoreExternType(reader)}
    }
    default:
      return invalidByte(reader, byte, 'type definition')
  }
}

function readCoreExternType(reader: Reader): CoreExternType {
  const byte = reader.byte()
  switch (byte) {
    case 0x00:
      return {kind: 'func', type: reader.u32()}
    case 0x01:
      return readTableType(reader)
    case 0x02:
      return readMemoryType(reader)
    case 0x03:
      return readGlobalType(reader)
    case 0x04:
      expectByte(reader, 0x00, 'tag attribute')
      return {kind: 'tag', type: reader.u32()}
    default:
      return invalidByte(reader, byte, 'external kind')
  }
}

/** Skips a sub type: an optional list of supertypes and a composite type. */
function readSubType(reader: Reader): void {
  let byte = reader.byte()
  if (byte === 0x50 || byte === 0x4f) {
    reader.vec(() => reader.u32())
    byte = reader.byte()
  }
  // The shared-everything-threads proposal marks a composite type as shared by a prefix.
  if (byte === 0x65) byte = reader.byte()
  switch (byte) {
    case 0x60:
      reader.vec(() => readValueType(reader))
      reader.vec(() => readValueType(reader))
      return
    case 0x5f:
      reader.vec(() => readField(reader))
      return
    case 0x5e:
      readField(reader)
      return
    case 0x5d:
      readHeapType(reader)
      return
    default:
      invalidByte(reader, byte, 'core type')
  }
}

function readField(reader: Reader): void {
  readStorageType(reader)
  readMutable(reader)
}
