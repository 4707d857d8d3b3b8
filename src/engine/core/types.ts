// engine/core/types.ts: the type section: recursion groups, sub types, and what they define (core spec 5.3.6-5.3.9).
import type {CoreValType} from '../component/component.ts'
import type {FuncSignature} from './module.ts'
import type {Reader} from './reader.ts'
import {readMutable, readStorageType, readValueType} from './value-type.ts'

export type FieldType = Readonly<{type: CoreValType; mutable: boolean}>

export type CompositeType =
  /** `isPlain`: final, and alone in its recursion group, so that a signature is all there is to it. */
  | Readonly<{kind: 'func'; signature: FuncSignature; isPlain: boolean}>
  | Readonly<{kind: 'struct'; fields: readonly FieldType[]}>
  | Readonly<{kind: 'array'; field: FieldType}>

const REC = 0x4e
const SUB = 0x50
const SUB_FINAL = 0x4f

/** All types in index order; a recursion group takes one index for each of its members. */
export function readTypes(reader: Reader): CompositeType[] {
  const types: CompositeType[] = []
  reader.vec(() => {
    if (reader.peek() === REC) {
      reader.position++
      const group = reader.vec(() => readSubType(reader))
      for (const type of group) types.push(group.length === 1 ? type : notPlain(type))
    } else types.push(readSubType(reader))
  })
  return types
}

function readSubType(reader: Reader): CompositeType {
  const byte = reader.peek()
  if (byte === SUB || byte === SUB_FINAL) {
    reader.position++
    const parents = reader.vec(() => reader.u32())
    const type = readComposite(reader)
    return byte === SUB_FINAL && parents.length === 0 ? type : notPlain(type)
  }
  return readComposite(reader)
}

const notPlain = (type: CompositeType): CompositeType =>
  type.kind === 'func' ? {...type, isPlain: false} : type

function readComposite(reader: Reader): CompositeType {
  switch (reader.byte()) {
    case 0x60: {
      const params = reader.vec(() => readValueType(reader))
      return {
        kind: 'func',
        signature: {params, results: reader.vec(() => readValueType(reader))},
        isPlain: true,
      }
    }
    case 0x5f:
      return {kind: 'struct', fields: reader.vec(() => readField(reader))}
    case 0x5e:
      return {kind: 'array', field: readField(reader)}
    default:
      return reader.fail('malformed type', reader.position - 1)
  }
}

function readField(reader: Reader): FieldType {
  const type = readStorageType(reader)
  return {type, mutable: readMutable(reader)}
}
