// engine/component/value-type.ts: value types (Binary.md, Type Definitions).
import type {Reader} from '../core/reader.ts'
import type {DefValType, PrimValType, ValType} from './component.ts'
import {expectByte, invalidByte, optional} from './leading-byte.ts'

const prims: Readonly<Record<number, PrimValType>> = {
  127: 'bool',
  126: 's8',
  125: 'u8',
  124: 's16',
  123: 'u16',
  122: 's32',
  121: 'u32',
  120: 's64',
  119: 'u64',
  118: 'f32',
  117: 'f64',
  116: 'char',
  115: 'string',
  100: 'error-context',
}

/** A type index is a signed LEB128 that is not negative, a primitive one byte that reads as a negative one. */
export function readValType(reader: Reader): ValType {
  const byte = reader.peek()
  if (byte >= 0x40 && byte <= 0x7f) {
    reader.byte()
    return prims[byte] ?? invalidByte(reader, byte, 'component value type')
  }
  const start = reader.position
  const index = reader.signed(33)
  if (index < 0n) reader.fail('a negative type index', start)
  return Number(index)
}

const valType = (reader: Reader, what: string): ValType | undefined =>
  optional(reader, what, () => readValType(reader))

export const readLabelled = (reader: Reader): {label: string; type: ValType}[] =>
  reader.vec(() => {
    const label = reader.name()
    return {label, type: readValType(reader)}
  })

/** The rest of a `<defvaltype>` after its first byte; undefined if the byte does not start one. */
export function readDefValType(reader: Reader, byte: number): DefValType | undefined {
  switch (byte) {
    case 0x72:
      return {kind: 'record', fields: readLabelled(reader)}
    case 0x71:
      return {kind: 'variant', cases: reader.vec(() => readCase(reader))}
    case 0x70:
      return {kind: 'list', element: readValType(reader), length: undefined}
    case 0x67: {
      const element = readValType(reader)
      return {kind: 'list', element, length: reader.u32()}
    }
    case 0x6f:
      return {kind: 'tuple', elements: reader.vec(() => readValType(reader))}
    case 0x6e:
      return {kind: 'flags', labels: reader.vec(() => reader.name())}
    case 0x6d:
      return {kind: 'enum', labels: reader.vec(() => reader.name())}
    case 0x6b:
      return {kind: 'option', element: readValType(reader)}
    case 0x6a: {
      const ok = valType(reader, 'optional component value type')
      return {kind: 'result', ok, err: valType(reader, 'optional component value type')}
    }
    case 0x69:
      return {kind: 'own', resource: reader.u32()}
    case 0x68:
      return {kind: 'borrow', resource: reader.u32()}
    case 0x66:
      return {kind: 'stream', element: valType(reader, 'optional component value type')}
    case 0x65:
      return {kind: 'future', element: valType(reader, 'optional component value type')}
    case 0x63: {
      const key = readValType(reader)
      return {kind: 'map', key, value: readValType(reader)}
    }
    default: {
      const prim = prims[byte]
      return prim && {kind: 'prim', prim}
    }
  }
}

function readCase(reader: Reader): {label: string; type: ValType | undefined} {
  const label = reader.name()
  const type = valType(reader, 'optional component value type')
  expectByte(reader, 0x00, 'zero byte required')
  return {label, type}
}
