// engine/link/numbers.ts: types whose values are one core number each, and what must be done to it on its way from one
// component to another (CanonicalABI.md, Flat Lifting, then Flat Lowering).
import {type FlatType, flattenFunc} from '../abi/flatten.ts'
import {elementsOf, type FuncType, type Type} from '../abi/types.ts'

/** `whole`: any core value is one of the type; `bits`: the lowest `count` count; `case`: it must be below `count`. */
export type FlatNumber = Readonly<
  | {kind: 'whole'; flat: FlatType}
  | {kind: 'bool' | 's8' | 's16' | 'char'; flat: 'i32'}
  | {kind: 'f32'; flat: 'f32'}
  | {kind: 'f64'; flat: 'f64'}
  | {kind: 'bits' | 'case'; flat: 'i32'; count: number}
>

const bits = (count: number): FlatNumber =>
  count === 32 ? {kind: 'whole', flat: 'i32'} : {kind: 'bits', flat: 'i32', count}

function numberOf(type: Type): FlatNumber | undefined {
  switch (type.kind) {
    case 'u8':
      return bits(8)
    case 'u16':
      return bits(16)
    case 'u32':
    case 's32':
      return bits(32)
    case 'u64':
    case 's64':
      return {kind: 'whole', flat: 'i64'}
    case 'flags':
      return bits(type.labels.length)
    case 'enum':
      return {kind: 'case', flat: 'i32', count: type.labels.length}
    case 'bool':
    case 's8':
    case 's16':
    case 'char':
      return {kind: type.kind, flat: 'i32'}
    case 'f32':
      return {kind: 'f32', flat: 'f32'}
    case 'f64':
      return {kind: 'f64', flat: 'f64'}
    default:
      return undefined
  }
}

/** The numbers of a value that consists of nothing else, in order. */
function numbersOf(type: Type): readonly FlatNumber[] | undefined {
  const elements = elementsOf(type)
  if (elements === undefined) {
    const number = numberOf(type)
    return number && [number]
  }
  const numbers = elements.map(numbersOf)
  return numbers.every(each => each !== undefined) ? numbers.flat() : undefined
}

/** A function's numbers, if it takes and gives nothing else and all of them fit into core parameters and results. */
export function numbersOfFunc(
  type: FuncType,
): {params: readonly FlatNumber[]; result: FlatNumber | undefined} | undefined {
  const flat = flattenFunc(type, 'i32')
  if (flat.paramsSpilled || flat.resultSpilled) return undefined
  const params = type.params.map(param => numbersOf(param.type))
  const result = type.result === undefined ? [] : numbersOf(type.result)
  if (result === undefined || !params.every(each => each !== undefined)) return undefined
  return {params: params.flat(), result: result[0]}
}
