// engine/abi/flatten.ts: component types as core value types (CanonicalABI.md, Flattening).
import type {PtrType} from './layout.ts'
import {casesOf, elementsOf, type FuncType, type Type} from './types.ts'

export type FlatType = 'i32' | 'i64' | 'f32' | 'f64'

export const MAX_FLAT_PARAMS = 16
export const MAX_FLAT_RESULTS = 1
export const MAX_FLAT_ASYNC_PARAMS = 4

/** One more than the ABI ever passes flat: longer lists are cut there, so that huge types cost nothing. */
const ENOUGH = MAX_FLAT_PARAMS + 1

const caches: Record<PtrType, WeakMap<Type, readonly FlatType[]>> = {i32: new WeakMap(), i64: new WeakMap()}

/** The flat types, cut after 17: a longer list only says "too many". */
export function flattenType(type: Type, ptr: PtrType): readonly FlatType[] {
  let flat = caches[ptr].get(type)
  if (flat === undefined) caches[ptr].set(type, (flat = computeFlat(type, ptr)))
  return flat
}

export function flattenTypes(types: readonly Type[], ptr: PtrType): readonly FlatType[] {
  const flat: FlatType[] = []
  for (const type of types) {
    flat.push(...flattenType(type, ptr))
    if (flat.length >= ENOUGH) return flat.slice(0, ENOUGH)
  }
  return flat
}

function computeFlat(type: Type, ptr: PtrType): readonly FlatType[] {
  const elements = elementsOf(type)
  if (elements !== undefined) return flattenTypes(elements, ptr)
  const cases = casesOf(type)
  if (cases !== undefined) {
    const flat: FlatType[] = []
    for (const each of cases) {
      if (each.type === undefined) continue
      flattenType(each.type, ptr).forEach((have, i) => {
        flat[i] = flat[i] === undefined ? have : join(flat[i], have)
      })
    }
    return (['i32', ...flat] as FlatType[]).slice(0, ENOUGH)
  }
  switch (type.kind) {
    case 's64':
    case 'u64':
      return ['i64']
    case 'f32':
      return ['f32']
    case 'f64':
      return ['f64']
    case 'string':
    case 'map':
      return [ptr, ptr]
    case 'list': {
      if (type.length === undefined) return [ptr, ptr]
      const one = flattenType(type.element, ptr)
      const flat: FlatType[] = []
      for (let i = 0; i < type.length && flat.length < ENOUGH; i++) flat.push(...one)
      return flat.slice(0, ENOUGH)
    }
    default:
      return ['i32']
  }
}

/** CanonicalABI.md, join: the core type that can carry either. */
export function join(a: FlatType, b: FlatType): FlatType {
  if (a === b) return a
  return (a === 'i32' && b === 'f32') || (a === 'f32' && b === 'i32') ? 'i32' : 'i64'
}

/** How a synchronous function's parameters and result cross: flat, or spilled to memory behind a pointer. */
export type FlatFunc = Readonly<{
  params: readonly FlatType[]
  paramsSpilled: boolean
  results: readonly FlatType[]
  resultSpilled: boolean
}>

export function flattenFunc(func: FuncType, ptr: PtrType): FlatFunc {
  const params = flattenTypes(
    func.params.map(param => param.type),
    ptr,
  )
  const results = func.result === undefined ? [] : flattenType(func.result, ptr)
  return {
    params,
    paramsSpilled: params.length > MAX_FLAT_PARAMS,
    results,
    resultSpilled: results.length > MAX_FLAT_RESULTS,
  }
}
