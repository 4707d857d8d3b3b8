// engine/component/validation/facts.ts: what the rules must know of a value type, found once when it is defined.
import type {PrimValType} from '../component.ts'
import {type Context, charge, invalid} from './context.ts'
import type {AnyType, Defined, Entity, Extent, Shape, Value} from './types.ts'

export type Flat = 'i32' | 'i64' | 'f32' | 'f64'

export type Facts = Extent &
  Readonly<{
    /** Bytes and alignment in a list, with 64-bit pointers (CanonicalABI.md, Element Size). */
    bytes: number
    align: number
    /** Core types with 32-bit pointers; cut off after `maxFlat`, beyond which only their number being too big counts. */
    flat: readonly Flat[]
    /** Whether a value has a part in linear memory. */
    pointers: boolean
    borrows: boolean
  }>

export const maxTypeSize = 1_000_000
export const maxTypeDepth = 100
/** One more than the most core parameters that any call has. */
export const maxFlat = 17
const maxValueBytes = 2 ** 28

const scalar = (bytes: number, flat: Flat): Facts => ({
  size: 1,
  depth: 1,
  bytes,
  align: bytes,
  flat: [flat],
  pointers: false,
  borrows: false,
})
const handle = scalar(4, 'i32')
const pointerPair: Facts = {...scalar(16, 'i32'), align: 8, flat: ['i32', 'i32'], pointers: true}

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
  const flat = layout.flat.length > maxFlat ? layout.flat.slice(0, maxFlat) : layout.flat
  const borrows = shape.kind === 'borrow' || parts.some(part => factsOf(part).borrows)
  return {kind: 'defined', shape, facts: {...layout, ...extent, flat, borrows}}
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

const alignTo = (offset: number, align: number): number => Math.ceil(offset / align) * align

function sequence(parts: readonly Facts[]): Layout {
  let bytes = 0
  let align = 1
  const flat: Flat[] = []
  for (const part of parts) {
    bytes = alignTo(bytes, part.align) + part.bytes
    align = Math.max(align, part.align)
    if (flat.length < maxFlat) flat.push(...part.flat)
  }
  return {bytes: alignTo(bytes, align), align, flat, pointers: parts.some(part => part.pointers)}
}

function repeat(part: Facts, count: number): Layout {
  const flat: Flat[] = []
  for (let i = 0; i < Math.min(count, maxFlat) && flat.length < maxFlat; i++) flat.push(...part.flat)
  return {bytes: part.bytes * count, align: part.align, flat, pointers: part.pointers}
}

/** A discriminant and the union of the cases. */
function choice(cases: readonly (Value | undefined)[]): Layout {
  const discriminant = cases.length <= 0x100 ? 1 : cases.length <= 0x10000 ? 2 : 4
  let payload = 0
  let align = 1
  let pointers = false
  const joined: Flat[] = []
  for (const type of cases) {
    if (type === undefined) continue
    const facts = factsOf(type)
    payload = Math.max(payload, facts.bytes)
    align = Math.max(align, facts.align)
    pointers ||= facts.pointers
    facts.flat.forEach((flat, i) => {
      const before = joined[i]
      joined[i] = before === undefined ? flat : join(before, flat)
    })
  }
  const start = alignTo(discriminant, align)
  align = Math.max(align, discriminant)
  return {bytes: alignTo(start + payload, align), align, flat: ['i32', ...joined], pointers}
}

function join(a: Flat, b: Flat): Flat {
  if (a === b) return a
  return (a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32') ? 'i32' : 'i64'
}
