// engine/component/validation/core-match.ts: core subtyping (WebAssembly 3.0, Validation, Matching).
import type {CoreExtern, FuncSignature} from '../../core/module.ts'
import type {CoreValType, Limits} from '../component.ts'
import {type Context, charge} from './context.ts'
import type {CoreModuleType} from './types.ts'

/** Why `actual` cannot be used where `expected` is wanted; undefined if it can. */
export type Mismatch = string | undefined

export function moduleMismatch(cx: Context, actual: CoreModuleType, expected: CoreModuleType): Mismatch {
  for (const [module, fields] of actual.imports) {
    for (const [name, wanted] of fields) {
      charge(cx)
      const given = expected.imports.get(module)?.get(name)
      if (given === undefined) return `missing expected import \`${module}::${name}\``
      const mismatch = externMismatch(cx, given, wanted)
      if (mismatch !== undefined) return `type mismatch in import \`${module}::${name}\`: ${mismatch}`
    }
  }
  for (const [name, wanted] of expected.exports) {
    charge(cx)
    const given = actual.exports.get(name)
    if (given === undefined) return `missing expected export \`${name}\``
    const mismatch = externMismatch(cx, given, wanted)
    if (mismatch !== undefined) return `type mismatch in export \`${name}\`: ${mismatch}`
  }
  return undefined
}

export function externMismatch(cx: Context, actual: CoreExtern, expected: CoreExtern): Mismatch {
  switch (expected.kind) {
    case 'func':
    case 'tag': {
      if (actual.kind !== expected.kind) break
      // A type from a recursion group is not resolved here: compiling and instantiating the modules proves it.
      if (actual.signature === undefined || expected.signature === undefined) return undefined
      charge(cx, expected.signature.params.length + expected.signature.results.length)
      if (sameSignature(actual.signature, expected.signature)) return undefined
      return `expected: ${describe(expected.signature)}, found: ${describe(actual.signature)}`
    }
    case 'table':
      if (actual.kind !== 'table') break
      if (!sameValType(actual.element, expected.element)) {
        return `expected table element type ${expected.element}, found ${actual.element}`
      }
      return limitsMismatch('table', actual.limits, expected.limits)
    case 'memory':
      if (actual.kind !== 'memory') break
      if (actual.pageSizeLog2 !== expected.pageSizeLog2) return 'mismatch in memory page sizes'
      return limitsMismatch('memory', actual.limits, expected.limits)
    case 'global':
      if (actual.kind !== 'global') break
      if (actual.mutable !== expected.mutable) return 'global types differ in mutability'
      if (
        expected.mutable ? sameValType(actual.type, expected.type) : isSubtype(actual.type, expected.type)
      ) {
        return undefined
      }
      return `expected global type ${expected.type}, found ${actual.type}`
  }
  return `expected ${expected.kind}, found ${actual.kind}`
}

function limitsMismatch(what: 'table' | 'memory', actual: Limits, expected: Limits): Mismatch {
  if (actual.shared !== expected.shared) {
    return `mismatch in the shared flag for ${what === 'memory' ? 'memories' : 'tables'}`
  }
  if (actual.address !== expected.address) return `mismatch in index type used for ${what}`
  const fits =
    actual.min >= expected.min &&
    (expected.max === undefined || (actual.max !== undefined && actual.max <= expected.max))
  return fits ? undefined : `mismatch in ${what} limits`
}

export function sameSignature(a: FuncSignature, b: FuncSignature): boolean {
  const same = (left: readonly CoreValType[], right: readonly CoreValType[]): boolean =>
    left.length === right.length && left.every((type, i) => sameValType(type, right[i]!))
  return same(a.params, b.params) && same(a.results, b.results)
}

/** References to types by index come from different index spaces: whether these are equal is left to the engine. */
const byIndex = (type: CoreValType): boolean => /^\(ref (null )?\d+\)$/.test(type)

const sameValType = (a: CoreValType, b: CoreValType): boolean => a === b || (byIndex(a) && byIndex(b))

const superHeap: Readonly<Record<string, string>> = {
  nofunc: 'func',
  noextern: 'extern',
  noexn: 'exn',
  none: 'i31',
  i31: 'eq',
  struct: 'eq',
  array: 'eq',
  eq: 'any',
}

/** [nullable, heap type] of a reference type. */
function reference(type: CoreValType): readonly [boolean, string] | undefined {
  const long = /^\(ref (null )?(\w+)\)$/.exec(type)
  if (long !== null) return [long[1] !== undefined, long[2]!]
  if (!type.endsWith('ref')) return undefined
  const short: Readonly<Record<string, string>> = {
    null: 'none',
    nullfunc: 'nofunc',
    nullextern: 'noextern',
    nullexn: 'noexn',
  }
  const heap = type.slice(0, -3)
  return [true, short[heap] ?? heap]
}

function isSubtype(a: CoreValType, b: CoreValType): boolean {
  if (sameValType(a, b)) return true
  const [left, right] = [reference(a), reference(b)]
  if (left === undefined || right === undefined || (left[0] && !right[0])) return false
  if (/^\d/.test(left[1]) || /^\d/.test(right[1])) return true
  if (left[1] === 'none' && ['struct', 'array'].includes(right[1])) return true
  for (let heap: string | undefined = left[1]; heap !== undefined; heap = superHeap[heap]) {
    if (heap === right[1]) return true
  }
  return false
}

export function describe(signature: FuncSignature): string {
  const list = (name: string, types: readonly CoreValType[]): string =>
    types.length === 0 ? '' : ` (${name} ${types.join(' ')})`
  return `(func${list('param', signature.params)}${list('result', signature.results)})`
}
