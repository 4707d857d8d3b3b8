// test/reference/canonical.ts: the canonical ABI, written down as plainly and slowly as can be, to compare the engine
// with. Follows the rules of definitions.py (component-model, design/mvp/canonical-abi) one by one; shares no code with
// the engine. Values are those of src/engine/link/imports.ts, but that a handle is its index.
import type {Type} from './type.ts'

export type Core = 'i32' | 'i64' | 'f32' | 'f64'
export type Encoding = 'utf8' | 'utf16' | 'latin1+utf16'
export type Pointer = 'i32' | 'i64'

export class Trap extends Error {}

/** Hostile lists may share their elements without end: what takes longer than this is not worth the wait. */
export class TooMuch extends Error {}
const MAX_ITEMS = 300_000
let items = 0

const trapIf = (condition: boolean, why: string): void => {
  if (condition) throw new Trap(why)
}

/** A guest's side of a call. */
export type Side = Readonly<{
  bytes: () => Uint8Array
  pointer: Pointer
  encoding: Encoding
  allocate: (align: number, size: number) => number
}>

const MAX_BYTE_LENGTH = 2 ** 28 - 1

// Despecialization

type Plain =
  | Readonly<{kind: 'record'; types: readonly Type[]}>
  | Readonly<{kind: 'variant'; types: readonly (Type | undefined)[]}>
  | undefined

export function plain(type: Type): Plain {
  switch (type.kind) {
    case 'record':
      return {kind: 'record', types: type.fields.map(([, each]) => each)}
    case 'tuple':
      return {kind: 'record', types: type.of}
    case 'variant':
      return {kind: 'variant', types: type.cases.map(([, each]) => each)}
    case 'enum':
      return {kind: 'variant', types: type.labels.map(() => undefined)}
    case 'option':
      return {kind: 'variant', types: [undefined, type.of]}
    case 'result':
      return {kind: 'variant', types: [type.ok, type.err]}
    default:
      return undefined
  }
}

const entryOf = (type: Type & {kind: 'map'}): Type => ({kind: 'tuple', of: [type.key, type.value]})

const camel = (label: string): string => label.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

function fieldsOf(type: Type, value: any): any[] {
  return type.kind === 'record' ? type.fields.map(([label]) => value[camel(label)]) : [...value]
}

function fromFields(type: Type, values: unknown[]): unknown {
  if (type.kind !== 'record') return values
  return Object.fromEntries(type.fields.map(([label], i) => [camel(label), values[i]]))
}

function caseOf(type: Type, value: any): [index: number, payload: unknown] {
  switch (type.kind) {
    case 'enum':
      return [type.labels.indexOf(value), undefined]
    case 'option':
      if (type.of.kind === 'option') return value.tag === 'none' ? [0, undefined] : [1, value.val]
      return value === undefined ? [0, undefined] : [1, value]
    case 'result':
      return [value.tag === 'ok' ? 0 : 1, value.val]
    case 'variant':
      return [type.cases.findIndex(([label]) => label === value.tag), value.val]
    default:
      throw new Error(`${type.kind} has no cases`)
  }
}

function fromCase(type: Type, index: number, payload: unknown): unknown {
  switch (type.kind) {
    case 'enum':
      return type.labels[index]
    case 'option':
      if (type.of.kind === 'option') return index === 0 ? {tag: 'none'} : {tag: 'some', val: payload}
      return index === 0 ? undefined : payload
    case 'result':
      return {tag: index === 0 ? 'ok' : 'err', val: payload}
    case 'variant': {
      const [tag, inner] = type.cases[index]!
      return inner === undefined ? {tag} : {tag, val: payload}
    }
    default:
      throw new Error(`${type.kind} has no cases`)
  }
}

const ARRAYS: Readonly<Partial<Record<Type['kind'], {from(items: any): unknown}>>> = {
  u8: Uint8Array,
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
  u64: BigUint64Array,
  s64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
}

const fromItems = (type: Type, items: unknown[]): unknown => ARRAYS[type.kind]?.from(items) ?? items

// Alignment and element size

export const alignTo = (offset: number, align: number): number => Math.ceil(offset / align) * align
export const discriminant = (count: number): number => (count <= 2 ** 8 ? 1 : count <= 2 ** 16 ? 2 : 4)
export const flagsBytes = (count: number): number => (count <= 8 ? 1 : count <= 16 ? 2 : 4)

export const SCALARS: Readonly<Partial<Record<Type['kind'], number>>> = {
  bool: 1,
  s8: 1,
  u8: 1,
  s16: 2,
  u16: 2,
  s32: 4,
  u32: 4,
  s64: 8,
  u64: 8,
  f32: 4,
  f64: 8,
  char: 4,
  own: 4,
  borrow: 4,
}

export function align(type: Type, pointer: Pointer): number {
  const shape = plain(type)
  const aligns = (shape?.types ?? []).map(each => (each === undefined ? 1 : align(each, pointer)))
  if (shape?.kind === 'record') return Math.max(...aligns)
  if (shape?.kind === 'variant') return Math.max(discriminant(shape.types.length), ...aligns)
  if (type.kind === 'flags') return flagsBytes(type.labels.length)
  if (type.kind === 'list' && type.length !== undefined) return align(type.of, pointer)
  return SCALARS[type.kind] ?? (pointer === 'i32' ? 4 : 8)
}

export function size(type: Type, pointer: Pointer): number {
  const shape = plain(type)
  if (shape?.kind === 'record') {
    let end = 0
    for (const each of shape.types) end = alignTo(end, align(each, pointer)) + size(each, pointer)
    return alignTo(end, align(type, pointer))
  }
  if (shape?.kind === 'variant') {
    const largest = Math.max(...shape.types.map(each => (each === undefined ? 0 : size(each, pointer))))
    return alignTo(payloadOffset(shape.types, pointer) + largest, align(type, pointer))
  }
  if (type.kind === 'flags') return flagsBytes(type.labels.length)
  if (type.kind === 'list' && type.length !== undefined) return type.length * size(type.of, pointer)
  return SCALARS[type.kind] ?? (pointer === 'i32' ? 8 : 16)
}

export function payloadOffset(types: readonly (Type | undefined)[], pointer: Pointer): number {
  const aligns = types.map(each => (each === undefined ? 1 : align(each, pointer)))
  return alignTo(discriminant(types.length), Math.max(...aligns))
}

// Loading

function loadInt(side: Side, at: number, bytes: number, signed = false): bigint {
  let value = 0n
  for (let i = bytes - 1; i >= 0; i--) value = (value << 8n) | BigInt(side.bytes()[at + i]!)
  return signed ? BigInt.asIntN(bytes * 8, value) : value
}

const pointerBytes = (side: Side): number => (side.pointer === 'i32' ? 4 : 8)

function float(bits: bigint, bytes: 4 | 8): number {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, bits)
  const value = bytes === 4 ? view.getFloat32(4) : view.getFloat64(0)
  // canonicalize_nan32 and _nan64
  return Number.isNaN(value) ? Number.NaN : value
}

function floatBits(value: number, bytes: 4 | 8): bigint {
  const view = new DataView(new ArrayBuffer(8))
  if (bytes === 4) view.setFloat32(4, value)
  else view.setFloat64(0, value)
  return view.getBigUint64(0)
}

function toChar(code: number): string {
  trapIf(code >= 0x110000 || (code >= 0xd800 && code <= 0xdfff), 'char')
  return String.fromCodePoint(code)
}

export function load(side: Side, at: number, type: Type): unknown {
  const shape = plain(type)
  if (shape?.kind === 'record') {
    let offset = at
    const values = shape.types.map(each => {
      offset = alignTo(offset, align(each, side.pointer))
      const value = load(side, offset, each)
      offset += size(each, side.pointer)
      return value
    })
    return fromFields(type, values)
  }
  if (shape?.kind === 'variant') {
    const index = Number(loadInt(side, at, discriminant(shape.types.length)))
    trapIf(index >= shape.types.length, 'discriminant')
    const inner = shape.types[index]
    const payload =
      inner === undefined ? undefined : load(side, at + payloadOffset(shape.types, side.pointer), inner)
    return fromCase(type, index, payload)
  }
  switch (type.kind) {
    case 'bool':
      return loadInt(side, at, 1) !== 0n
    case 'u8':
    case 'u16':
    case 'u32':
    case 'own':
    case 'borrow':
      return Number(loadInt(side, at, SCALARS[type.kind]!))
    case 's8':
    case 's16':
    case 's32':
      return Number(loadInt(side, at, SCALARS[type.kind]!, true))
    case 'u64':
      return loadInt(side, at, 8)
    case 's64':
      return loadInt(side, at, 8, true)
    case 'f32':
      return float(loadInt(side, at, 4), 4)
    case 'f64':
      return float(loadInt(side, at, 8), 8)
    case 'char':
      return toChar(Number(loadInt(side, at, 4)))
    case 'flags':
      return unpackFlags(type.labels, loadInt(side, at, flagsBytes(type.labels.length)))
    case 'string': {
      const word = pointerBytes(side)
      return loadString(side, loadInt(side, at, word), loadInt(side, at + word, word))
    }
    case 'list':
    case 'map': {
      const element = type.kind === 'map' ? entryOf(type) : type.of
      if (type.kind === 'list' && type.length !== undefined)
        return loadItems(side, BigInt(at), BigInt(type.length), element)
      const word = pointerBytes(side)
      return loadList(side, loadInt(side, at, word), loadInt(side, at + word, word), element)
    }
    default:
      throw new Error(type.kind)
  }
}

const unpackFlags = (labels: readonly string[], bits: bigint): unknown =>
  Object.fromEntries(labels.map((label, i) => [camel(label), ((bits >> BigInt(i)) & 1n) === 1n]))

function loadString(side: Side, at: bigint, tagged: bigint): string {
  const tag = 1n << BigInt(pointerBytes(side) * 8 - 1)
  const wide = side.encoding === 'utf16' || (side.encoding === 'latin1+utf16' && (tagged & tag) !== 0n)
  const units = side.encoding === 'latin1+utf16' && wide ? tagged ^ tag : tagged
  const length = wide ? 2n * units : units
  trapIf(length > BigInt(MAX_BYTE_LENGTH), 'string length')
  trapIf(side.encoding !== 'utf8' && at % 2n !== 0n, 'string alignment')
  trapIf(at + length > BigInt(side.bytes().length), 'string bounds')
  const bytes = side.bytes().slice(Number(at), Number(at + length))
  if (!wide && side.encoding !== 'utf8') return [...bytes].map(byte => String.fromCharCode(byte)).join('')
  try {
    const options = {fatal: true, ignoreBOM: true}
    return new TextDecoder(wide ? 'utf-16le' : 'utf-8', options).decode(bytes)
  } catch {
    throw new Trap('string encoding')
  }
}

function loadList(side: Side, at: bigint, length: bigint, element: Type): unknown {
  const bytes = length * BigInt(size(element, side.pointer))
  trapIf(bytes > BigInt(MAX_BYTE_LENGTH), 'list length')
  trapIf(at % BigInt(align(element, side.pointer)) !== 0n, 'list alignment')
  trapIf(at + bytes > BigInt(side.bytes().length), 'list bounds')
  return loadItems(side, at, length, element)
}

function loadItems(side: Side, at: bigint, length: bigint, element: Type): unknown {
  items += Number(length)
  if (items > MAX_ITEMS) throw new TooMuch()
  const loaded = Array.from({length: Number(length)}, (_, i) =>
    load(side, Number(at) + i * size(element, side.pointer), element),
  )
  return fromItems(element, loaded)
}

// Storing

function storeInt(side: Side, at: number, bytes: number, value: bigint): void {
  for (let i = 0; i < bytes; i++) side.bytes()[at + i] = Number((value >> BigInt(8 * i)) & 0xffn)
}

export function store(side: Side, at: number, type: Type, value: any): void {
  const shape = plain(type)
  if (shape?.kind === 'record') {
    let offset = at
    fieldsOf(type, value).forEach((field, i) => {
      const each = shape.types[i]!
      offset = alignTo(offset, align(each, side.pointer))
      store(side, offset, each, field)
      offset += size(each, side.pointer)
    })
    return
  }
  if (shape?.kind === 'variant') {
    const [index, payload] = caseOf(type, value)
    storeInt(side, at, discriminant(shape.types.length), BigInt(index))
    const inner = shape.types[index]
    if (inner !== undefined) store(side, at + payloadOffset(shape.types, side.pointer), inner, payload)
    return
  }
  switch (type.kind) {
    case 'flags':
      storeInt(side, at, flagsBytes(type.labels.length), packFlags(type.labels, value))
      return
    case 'f32':
      storeInt(side, at, 4, floatBits(value, 4))
      return
    case 'f64':
      storeInt(side, at, 8, floatBits(value, 8))
      return
    case 'char':
      storeInt(side, at, 4, BigInt(value.codePointAt(0)))
      return
    case 'list':
    case 'string':
    case 'map': {
      if (type.kind === 'list' && type.length !== undefined) {
        storeItems(side, at, type.of, [...value])
        return
      }
      const [start, length] = storeInto(side, type, value)
      storeInt(side, at, pointerBytes(side), BigInt(start))
      storeInt(side, at + pointerBytes(side), pointerBytes(side), length)
      return
    }
    default:
      storeInt(side, at, SCALARS[type.kind]!, BigInt(value))
      return
  }
}

const packFlags = (labels: readonly string[], value: any): bigint =>
  labels.reduce((bits, label, i) => bits | (value[camel(label)] ? 1n << BigInt(i) : 0n), 0n)

/** Stores a string, list or map; returns its pointer and (tagged) length. */
function storeInto(side: Side, type: Type, value: any): [number, bigint] {
  if (type.kind === 'string') {
    const latin1 = side.encoding === 'latin1+utf16' && [...value].every(char => char.codePointAt(0)! < 256)
    const encoding = side.encoding === 'utf8' ? 'utf8' : latin1 ? 'latin1' : 'utf16le'
    const encoded = Buffer.from(value, encoding)
    const at = side.allocate(side.encoding === 'utf8' ? 1 : 2, encoded.length)
    side.bytes().set(encoded, at)
    const tag = 1n << BigInt(pointerBytes(side) * 8 - 1)
    if (encoding !== 'utf16le') return [at, BigInt(encoded.length)]
    return [at, BigInt(encoded.length / 2) | (side.encoding === 'utf16' ? 0n : tag)]
  }
  const element = type.kind === 'map' ? entryOf(type) : (type as Type & {kind: 'list'}).of
  const items = [...value]
  const at = side.allocate(align(element, side.pointer), items.length * size(element, side.pointer))
  storeItems(side, at, element, items)
  return [at, BigInt(items.length)]
}

function storeItems(side: Side, at: number, element: Type, items: readonly unknown[]): void {
  items.forEach((item, i) => {
    store(side, at + i * size(element, side.pointer), element, item)
  })
}

// Flattening

export function flatten(type: Type, pointer: Pointer): Core[] {
  const shape = plain(type)
  if (shape?.kind === 'record') return shape.types.flatMap(each => flatten(each, pointer))
  if (shape?.kind === 'variant') {
    const flat: Core[] = []
    for (const each of shape.types)
      if (each !== undefined)
        flatten(each, pointer).forEach((core, i) => {
          flat[i] = flat[i] === undefined ? core : join(flat[i], core)
        })
    return ['i32', ...flat]
  }
  switch (type.kind) {
    case 'u64':
    case 's64':
      return ['i64']
    case 'f32':
    case 'f64':
      return [type.kind]
    case 'string':
    case 'map':
      return [pointer, pointer]
    case 'list':
      if (type.length === undefined) return [pointer, pointer]
      return Array.from({length: type.length}, () => flatten(type.of, pointer)).flat()
    default:
      return ['i32']
  }
}

function join(a: Core, b: Core): Core {
  if (a === b) return a
  return (a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32') ? 'i32' : 'i64'
}

// Flat lifting and lowering. Flat values are bits: core types tell what they mean.

type Next = (want: Core) => bigint

export function liftFlat(side: Side, next: Next, type: Type): unknown {
  const shape = plain(type)
  if (shape?.kind === 'record')
    return fromFields(
      type,
      shape.types.map(each => liftFlat(side, next, each)),
    )
  if (shape?.kind === 'variant') {
    const [, ...joined] = flatten(type, side.pointer)
    const index = Number(next('i32'))
    trapIf(index >= shape.types.length, 'discriminant')
    const inner = shape.types[index]
    let used = 0
    const coerce: Next = want => {
      const bits = next(joined[used++]!)
      return want === 'i32' || want === 'f32' ? BigInt.asUintN(32, bits) : bits
    }
    const payload = inner === undefined ? undefined : liftFlat(side, coerce, inner)
    while (used < joined.length) next(joined[used++]!)
    return fromCase(type, index, payload)
  }
  switch (type.kind) {
    case 'bool':
      return next('i32') !== 0n
    case 'u8':
    case 'u16':
    case 'u32':
      return Number(BigInt.asUintN(SCALARS[type.kind]! * 8, next('i32')))
    case 's8':
    case 's16':
    case 's32':
      return Number(BigInt.asIntN(SCALARS[type.kind]! * 8, next('i32')))
    case 'own':
    case 'borrow':
      return Number(next('i32'))
    case 'u64':
      return next('i64')
    case 's64':
      return BigInt.asIntN(64, next('i64'))
    case 'f32':
      return float(next('f32'), 4)
    case 'f64':
      return float(next('f64'), 8)
    case 'char':
      return toChar(Number(next('i32')))
    case 'flags':
      return unpackFlags(type.labels, next('i32'))
    case 'string':
      return loadString(side, next(side.pointer), next(side.pointer))
    case 'list':
    case 'map': {
      const element = type.kind === 'map' ? entryOf(type) : type.of
      if (type.kind === 'list' && type.length !== undefined)
        return fromItems(
          element,
          Array.from({length: type.length}, () => liftFlat(side, next, element)),
        )
      return loadList(side, next(side.pointer), next(side.pointer), element)
    }
    default:
      throw new Error(type.kind)
  }
}

export function lowerFlat(side: Side, type: Type, value: any): bigint[] {
  const shape = plain(type)
  if (shape?.kind === 'record')
    return fieldsOf(type, value).flatMap((field, i) => lowerFlat(side, shape.types[i]!, field))
  if (shape?.kind === 'variant') {
    const [index, payload] = caseOf(type, value)
    const inner = shape.types[index]
    const flat = inner === undefined ? [] : lowerFlat(side, inner, payload)
    const missing = flatten(type, side.pointer).length - 1 - flat.length
    return [BigInt(index), ...flat, ...Array.from({length: missing}, () => 0n)]
  }
  switch (type.kind) {
    case 'f32':
      return [floatBits(value, 4)]
    case 'f64':
      return [floatBits(value, 8)]
    case 'char':
      return [BigInt(value.codePointAt(0))]
    case 'flags':
      return [packFlags(type.labels, value)]
    case 's64':
    case 'u64':
      return [BigInt.asUintN(64, value)]
    case 'list':
    case 'string':
    case 'map': {
      if (type.kind === 'list' && type.length !== undefined)
        return [...value].flatMap(item => lowerFlat(side, type.of, item))
      const [at, length] = storeInto(side, type, value)
      return [BigInt(at), length]
    }
    default:
      return [BigInt.asUintN(32, BigInt(value))]
  }
}

// Values of a call

/** Lifts a call's parameters or its result from core values given as bits. */
export function liftValues(
  side: Side,
  max: number,
  types: readonly Type[],
  flat: readonly bigint[],
): unknown[] {
  items = 0
  let used = 0
  const next: Next = () => flat[used++]!
  if (types.flatMap(type => flatten(type, side.pointer)).length <= max)
    return types.map(type => liftFlat(side, next, type))
  const tuple: Type = {kind: 'tuple', of: types}
  const at = next(side.pointer)
  trapIf(at % BigInt(align(tuple, side.pointer)) !== 0n, 'alignment')
  trapIf(at + BigInt(size(tuple, side.pointer)) > BigInt(side.bytes().length), 'bounds')
  return load(side, Number(at), tuple) as unknown[]
}

/** Lowers a call's parameters to bits of core values. */
export function lowerValues(
  side: Side,
  max: number,
  types: readonly Type[],
  values: readonly unknown[],
): bigint[] {
  if (types.flatMap(type => flatten(type, side.pointer)).length <= max)
    return types.flatMap((type, i) => lowerFlat(side, type, values[i]))
  const tuple: Type = {kind: 'tuple', of: types}
  const at = side.allocate(align(tuple, side.pointer), size(tuple, side.pointer))
  store(side, at, tuple, values)
  return [BigInt(at)]
}
