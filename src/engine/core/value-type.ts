// engine/core/value-type.ts: reads the types of the core binary format, as text (core spec 5.3).
import type {CoreValType, Limits} from '../component/component.ts'
import type {Reader} from './reader.ts'

const NUMERIC: Readonly<Record<number, string>> = {
  127: 'i32',
  126: 'i64',
  125: 'f32',
  124: 'f64',
  123: 'v128',
}

/** Abstract heap types by their byte: the heap type's name, and the short form of its nullable reference. */
const ABSTRACT: Readonly<Record<number, readonly [heap: string, reference: string]>> = {
  116: ['noexn', 'nullexnref'],
  115: ['nofunc', 'nullfuncref'],
  114: ['noextern', 'nullexternref'],
  113: ['none', 'nullref'],
  112: ['func', 'funcref'],
  111: ['extern', 'externref'],
  110: ['any', 'anyref'],
  109: ['eq', 'eqref'],
  108: ['i31', 'i31ref'],
  107: ['struct', 'structref'],
  106: ['array', 'arrayref'],
  105: ['exn', 'exnref'],
}

/** The bytes of types that are themselves all there is to them, by their text. */
export const PLAIN_TYPES: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(NUMERIC).map(([byte, text]) => [text, Number(byte)])),
  funcref: 112,
  externref: 111,
}

const REF = 0x64
const REF_NULL = 0x63

/** A heap type: an abstract one by name, or a type's index. */
export function readHeapType(reader: Reader): string | number {
  const start = reader.position
  const value = Number(reader.signed(33))
  if (value >= 0) return value
  return ABSTRACT[value & 0x7f]?.[0] ?? reader.fail('unknown heap type', start)
}

/** `(ref null func)` and the like are given in their short form, so that equal types have equal text. */
export function readValueType(reader: Reader): CoreValType {
  const start = reader.position
  const byte = reader.byte()
  const simple = NUMERIC[byte] ?? ABSTRACT[byte]?.[1]
  if (simple !== undefined) return simple
  if (byte !== REF && byte !== REF_NULL) return reader.fail('unknown value type', start)
  const heap = readHeapType(reader)
  if (byte === REF) return `(ref ${heap})`
  const abstract = Object.values(ABSTRACT).find(([name]) => name === heap)
  return abstract === undefined ? `(ref null ${heap})` : abstract[1]
}

/** A field's type: a value type or a packed one. */
export function readStorageType(reader: Reader): string {
  const byte = reader.peek()
  if (byte !== 0x78 && byte !== 0x77) return readValueType(reader)
  reader.position++
  return byte === 0x78 ? 'i8' : 'i16'
}

/** The mutability byte of globals and fields. */
export function readMutable(reader: Reader): boolean {
  const byte = reader.byte()
  if (byte > 1) reader.fail('malformed mutability', reader.position - 1)
  return byte === 1
}

const LIMIT = {max: 1, shared: 2, address64: 4, pageSize: 8} as const

function readLimits(reader: Reader, allowed: number): {limits: Limits; flags: number} {
  const flags = reader.byte()
  if (flags & ~allowed) reader.fail('malformed limits flags', reader.position - 1)
  const wide = (flags & LIMIT.address64) !== 0
  const size = () => (wide ? reader.u64() : BigInt(reader.u32()))
  const min = size()
  const max = flags & LIMIT.max ? size() : undefined
  return {
    limits: {min, max, shared: (flags & LIMIT.shared) !== 0, address: wide ? 'i64' : 'i32'},
    flags,
  }
}

export type TableType = Readonly<{kind: 'table'; element: CoreValType; limits: Limits}>
export type MemoryType = Readonly<{kind: 'memory'; limits: Limits; pageSizeLog2: number}>
export type GlobalType = Readonly<{kind: 'global'; type: CoreValType; mutable: boolean}>

export function readTableType(reader: Reader): TableType {
  const element = readValueType(reader)
  return {
    kind: 'table',
    element,
    limits: readLimits(reader, LIMIT.max | LIMIT.shared | LIMIT.address64).limits,
  }
}

export function readMemoryType(reader: Reader): MemoryType {
  const all = LIMIT.max | LIMIT.shared | LIMIT.address64 | LIMIT.pageSize
  const {limits, flags} = readLimits(reader, all)
  return {kind: 'memory', limits, pageSizeLog2: flags & LIMIT.pageSize ? reader.u32() : 16}
}

export function readGlobalType(reader: Reader): GlobalType {
  const type = readValueType(reader)
  return {kind: 'global', type, mutable: readMutable(reader)}
}
