// engine/abi/layout.ts: byte sizes and alignments (CanonicalABI.md, Alignment and Element Size).
import {casesOf, elementsOf, type Type} from './types.ts'

export type Layout = Readonly<{size: number; align: number}>

/** The address type of the memory that a value lies in. */
export type PtrType = 'i32' | 'i64'

export const ptrSize = (ptr: PtrType): number => (ptr === 'i32' ? 4 : 8)

export const alignTo = (offset: number, align: number): number => Math.ceil(offset / align) * align

const caches: Record<PtrType, WeakMap<Type, Layout>> = {i32: new WeakMap(), i64: new WeakMap()}

/** Layout of a value type in linear memory. */
export function layoutOf(type: Type, ptr: PtrType): Layout {
  let layout = caches[ptr].get(type)
  if (layout === undefined) caches[ptr].set(type, (layout = computeLayout(type, ptr)))
  return layout
}

function computeLayout(type: Type, ptr: PtrType): Layout {
  const cases = casesOf(type)
  if (cases !== undefined) {
    const {align, payload, size} = variantLayout(
      cases.map(each => each.type),
      ptr,
    )
    return {size: alignTo(payload + size, align), align}
  }
  const elements = elementsOf(type)
  if (elements !== undefined) return recordLayout(elements, ptr).layout
  switch (type.kind) {
    case 'bool':
    case 's8':
    case 'u8':
      return {size: 1, align: 1}
    case 's16':
    case 'u16':
      return {size: 2, align: 2}
    case 's64':
    case 'u64':
    case 'f64':
      return {size: 8, align: 8}
    case 'string':
    case 'map':
      return {size: 2 * ptrSize(ptr), align: ptrSize(ptr)}
    case 'list': {
      if (type.length === undefined) return {size: 2 * ptrSize(ptr), align: ptrSize(ptr)}
      const element = layoutOf(type.element, ptr)
      return {size: type.length * element.size, align: element.align}
    }
    case 'flags': {
      const size = flagsSize(type.labels.length)
      return {size, align: size}
    }
    default:
      return {size: 4, align: 4}
  }
}

export const flagsSize = (count: number): number => (count <= 8 ? 1 : count <= 16 ? 2 : 4)

/** Bytes of a variant's discriminant. */
export const discriminantSize = (count: number): number => (count <= 0x100 ? 1 : count <= 0x10000 ? 2 : 4)

export function recordLayout(elements: readonly Type[], ptr: PtrType): {layout: Layout; offsets: number[]} {
  let offset = 0
  let align = 1
  const offsets: number[] = []
  for (const element of elements) {
    const layout = layoutOf(element, ptr)
    offset = alignTo(offset, layout.align)
    offsets.push(offset)
    offset += layout.size
    align = Math.max(align, layout.align)
  }
  return {layout: {size: alignTo(offset, align), align}, offsets}
}

/** `payload` is the payload's offset, `size` its largest case's size. */
export function variantLayout(
  payloads: readonly (Type | undefined)[],
  ptr: PtrType,
): {discriminant: number; payload: number; size: number; align: number} {
  const discriminant = discriminantSize(payloads.length)
  let payloadAlign = 1
  let size = 0
  for (const type of payloads) {
    if (type === undefined) continue
    const layout = layoutOf(type, ptr)
    payloadAlign = Math.max(payloadAlign, layout.align)
    size = Math.max(size, layout.size)
  }
  return {
    discriminant,
    payload: alignTo(discriminant, payloadAlign),
    size,
    align: Math.max(discriminant, payloadAlign),
  }
}
