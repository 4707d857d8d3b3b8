// engine/component/validation/facts.ts: what the rules must know of a value type, found once when it is defined.
import type {Limits, PrimValType} from '../component.ts'
import {type Context, charge, invalid} from './context.ts'
import type {AnyType, Defined, Entity, Extent, Shape, Value} from './types.ts'

export type Flat = 'i32' | 'i64' | 'f32' | 'f64'

/** The type of a memory's addresses, and so of pointers and lengths in it. */
export type Address = Limits['address']

export type Facts = Extent &
  Readonly<{
    /** Bytes and alignment in a list, with 64-bit pointers (CanonicalABI.md, Element Size). */
    bytes: number
    align: number
    /** Core types by what pointers are; cut off after `maxFlat`, beyond which only their number being too big counts. */
    flat: Flattening
    /** Whether a value has a part in linear memory. */
    pointers: boolean
    borrows: boolean
  }>

type Flattening = Readonly<Record<Address, readonly Flat[]>>

export const maxTypeSize = 1_000_000
export const maxTypeDepth = 100
/** One more than the most core parameters that any call has. */
export const maxFlat = 17
const maxValueBytes = 2 ** 28

/** One list for both where there are no pointers. */
const anyAddress = (flat: readonly Flat[]): Flattening => ({i32: flat, i64: flat})

const scalar = (bytes: number, flat: Flat): Facts => ({
  size: 1,
  depth: 1,
  bytes,
  align: bytes,
  flat: anyAddress([flat]),
  pointers: false,
  borrows: false,
})
const handle = scalar(4, 'i32')
const pointerPair: Facts = {
  ...scalar(16, 'i32'),
  align: 8,
  flat: {i32: ['i32', 'i32'], i64: ['i64', 'i64']},
  pointers: true,
}

const prims: Readonly<Record<PrimValType, Facts>> = {
  bool: scalar(1, 'i32'),
  s8: scalar(1, 'i32'),
  u8: scalar(1, 'i32'),
  s16: scalar(2, 'i32'),
  u16: scalar(2, 'i32'),
  s32: scalar(4, 'i32'),
  u32: scalar(4, 'i32'),
  s64: scalar(8, 'i64'),
  u64: scalar(8, 'i64'),
  f32: scalar(4, 'f32'),
  f64: scalar(8, 'f64'),
  char: scalar(4, 'i32'),
  string: pointerPair,
  'error-context': handle,
}

const definedPrims = new Map<PrimValType, Defined>()

/** A type index that is a primitive: the same object each time, since there is nothing in it to be told apart. */
export function definePrim(prim: PrimValType): Defined {
  const known = definedPrims.get(prim)
  if (known !== undefined) return known
  const type: Defined = {kind: 'defined', shape: {kind: 'prim', prim}, facts: prims[prim]}
  definedPrims.set(prim, type)
  return type
}

export const factsOf = (type: Value): Facts => (typeof type === 'string' ? prims[type] : type.facts)

/** @throws VALIDATE_INVALID if the type is too big or too deep */
export function define(cx: Context, shape: Shape): Defined {
  const parts = partsOf(shape)
  charge(cx, 1 + parts.length)
  const extent = extentOf(cx, parts.map(factsOf))
  const layout = layoutOf(shape, parts)
  if (layout.bytes >= maxValueBytes) invalid(cx, 'type exceeds maximum byte size of 2^28 - 1')
  const borrows = shape.kind === 'borrow' || parts.some(part => factsOf(part).borrows)
  return {kind: 'defined', shape, facts: {...layout, ...extent, borrows}}
}

export function partsOf(shape: Shape): readonly Value[] {
  switch (shape.kind) {
    case 'record':
      return shape.fields.map(field => field.type)
    case 'variant':
      return present(shape.cases.map(one => one.type))
    case 'tuple':
      return shape.elements
    case 'list':
    case 'option':
      return [shape.element]
    case 'stream':
    case 'future':
      return present([shape.element])
    case 'result':
      return present([shape.ok, shape.err])
    case 'map':
      return [shape.key, shape.value]
    default:
      return []
  }
}

const present = (types: readonly (Value | undefined)[]): Value[] => types.filter(type => type !== undefined)

/** The extent of what holds the given parts. */
export function extentOf(cx: Context, parts: Iterable<Extent>): Extent {
  let size = 1
  let depth = 0
  for (const part of parts) {
    size += part.size
    depth = Math.max(depth, part.depth)
  }
  if (size > maxTypeSize) invalid(cx, `effective type size exceeds the limit of ${maxTypeSize}`)
  if (depth >= maxTypeDepth) invalid(cx, 'type nesting is too deep')
  return {size, depth: depth + 1}
}

const leaf: Extent = {size: 1, depth: 1}

export function extentOfEntity(entity: Entity): Extent {
  switch (entity.sort) {
    case 'core-module':
      return {size: entity.type.size, depth: 1}
    case 'value':
      return factsOf(entity.type)
    default:
      return extentOfType(entity.type)
  }
}

export function extentOfType(type: AnyType): Extent {
  if (type.kind === 'resource') return leaf
  return type.kind === 'defined' ? type.facts : type.extent
}

type Layout = Pick<Facts, 'bytes' | 'align' | 'flat' | 'pointers'>

function layoutOf(shape: Shape, parts: readonly Value[]): Layout {
  switch (shape.kind) {
    case 'prim':
      return prims[shape.prim]
    case 'record':
    case 'tuple':
      return sequence(parts.map(factsOf))
    case 'variant':
      return choice(shape.cases.map(one => one.type))
    case 'enum':
      return choice(shape.labels.map(() => undefined))
    case 'option':
      return choice([undefined, shape.element])
    case 'result':
      return choice([shape.ok, shape.err])
    case 'flags':
      return scalar(shape.labels.length <= 8 ? 1 : shape.labels.length <= 16 ? 2 : 4, 'i32')
    case 'list':
      return shape.length === undefined ? pointerPair : repeat(factsOf(shape.element), shape.length)
    case 'map':
      return pointerPair
    default:
      return handle
  }
}

const flattening = (pointers: boolean, flat: (address: Address) => readonly Flat[]): Flattening =>
  pointers ? {i32: flat('i32'), i64: flat('i64')} : anyAddress(flat('i32'))

export function concatenated(parts: Iterable<Facts>, address: Address): readonly Flat[] {
  const flat: Flat[] = []
  for (const part of parts) {
    flat.push(...part.flat[address])
    if (flat.length >= maxFlat) return flat.slice(0, maxFlat)
  }
  return flat
}

const alignTo = (offset: number, align: number): number => Math.ceil(offset / align) * align

function sequence(parts: readonly Facts[]): Layout {
  let bytes = 0
  let align = 1
  for (const part of parts) {
    bytes = alignTo(bytes, part.align) + part.bytes
    align = Math.max(align, part.align)
  }
  const pointers = parts.some(part => part.pointers)
  const flat = flattening(pointers, address => concatenated(parts, address))
  return {bytes: alignTo(bytes, align), align, flat, pointers}
}

function repeat(part: Facts, count: number): Layout {
  const {align, pointers} = part
  const parts: readonly Facts[] = Array(Math.min(count, maxFlat)).fill(part)
  const flat = flattening(pointers, address => concatenated(parts, address))
  return {bytes: part.bytes * count, align, flat, pointers}
}

/** A discriminant and the union of the cases. */
function choice(cases: readonly (Value | undefined)[]): Layout {
  const discriminant = cases.length <= 0x100 ? 1 : cases.length <= 0x10000 ? 2 : 4
  let payload = 0
  let align = 1
  let pointers = false
  for (const type of cases) {
    if (type === undefined) continue
    const facts = factsOf(type)
    payload = Math.max(payload, facts.bytes)
    align = Math.max(align, facts.align)
    pointers ||= facts.pointers
  }
  const start = alignTo(discriminant, align)
  align = Math.max(align, discriminant)
  const flat = flattening(pointers, address => alternatives(cases, address))
  return {bytes: alignTo(start + payload, align), align, flat, pointers}
}

function alternatives(cases: readonly (Value | undefined)[], address: Address): readonly Flat[] {
  const joined: Flat[] = []
  for (const type of cases) {
    if (type === undefined) continue
    factsOf(type).flat[address].forEach((flat, i) => {
      const before = joined[i]
      joined[i] = before === undefined ? flat : join(before, flat)
    })
  }
  return ['i32' as const, ...joined].slice(0, maxFlat)
}

function join(a: Flat, b: Flat): Flat {
  if (a === b) return a
  return (a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32') ? 'i32' : 'i64'
}
