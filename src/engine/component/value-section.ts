// engine/component/value-section.ts: constant values (Binary.md, Value Definitions).
import type {Reader} from '../core/reader.ts'
import type {Definition} from './component.ts'
import {readValType} from './value-type.ts'

/** The value's bytes are kept as they are: their form depends on a type that is not resolved yet. */
export function readValue(reader: Reader): Definition {
  const byteOffset = reader.offset
  const type = readValType(reader)
  const length = reader.u32()
  const bytesOffset = reader.offset
  return {byteOffset, kind: 'value', type, bytesOffset, bytes: reader.take(length)}
}
