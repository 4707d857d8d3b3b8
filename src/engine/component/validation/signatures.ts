// engine/component/validation/signatures.ts: core signatures of component functions (CanonicalABI.md, Flattening).
import type {FuncSignature} from '../../core/module.ts'
import type {CanonOptions} from '../component.ts'
import {type Facts, type Flat, factsOf} from './facts.ts'
import type {Func} from './types.ts'

const maxFlatParams = 16
const maxFlatAsyncParams = 4
const maxFlatResults = 1

export type Flattened = Readonly<{
  signature: FuncSignature
  /** Whether parameters or results go through linear memory because there are too many of them. */
  spillsParams: boolean
  spillsResult: boolean
}>

export function flattenLift(type: Func, options: CanonOptions): Flattened {
  const params = flattenParams(type)
  const result = flattenResult(type)
  const spillsParams = params.length > maxFlatParams
  const spillsResult = result.length > (options.async ? maxFlatParams : maxFlatResults)
  const code: Flat[] = options.callback === undefined ? [] : ['i32']
  const results = options.async ? code : spillsResult ? (['i32'] as const) : result
  return {signature: {params: spillsParams ? ['i32'] : params, results}, spillsParams, spillsResult}
}

export function flattenLower(type: Func, options: CanonOptions): Flattened {
  const flat = flattenParams(type)
  const result = flattenResult(type)
  const spillsParams = flat.length > (options.async ? maxFlatAsyncParams : maxFlatParams)
  const spillsResult = options.async ? result.length > 0 : result.length > maxFlatResults
  const params: Flat[] = spillsParams ? ['i32'] : [...flat]
  if (spillsResult) params.push('i32')
  const results: readonly Flat[] = options.async ? ['i32'] : spillsResult ? [] : result
  return {signature: {params, results}, spillsParams, spillsResult}
}

/** The parameters of `task.return`. */
export function flattenReturn(result: Facts | undefined): Flattened {
  const flat = result?.flat ?? []
  const spillsParams = flat.length > maxFlatParams
  return {
    signature: {params: spillsParams ? ['i32'] : flat, results: []},
    spillsParams,
    spillsResult: false,
  }
}

function flattenParams(type: Func): readonly Flat[] {
  const flat: Flat[] = []
  for (const param of type.params) {
    // More than the greatest number allowed is enough to know.
    if (flat.length > maxFlatParams) break
    flat.push(...factsOf(param.type).flat)
  }
  return flat
}

const flattenResult = (type: Func): readonly Flat[] =>
  type.result === undefined ? [] : factsOf(type.result).flat
