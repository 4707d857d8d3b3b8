// engine/component/validation/signatures.ts: core signatures of component functions (CanonicalABI.md, Flattening).
import type {FuncSignature} from '../../core/module.ts'
import type {CanonOptions} from '../component.ts'
import {type Address, concatenated, type Facts, type Flat, factsOf} from './facts.ts'
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

export function flattenLift(type: Func, options: CanonOptions, address: Address): Flattened {
  const params = flattenParams(type, address)
  const result = flattenResult(type, address)
  const spillsParams = params.length > maxFlatParams
  const spillsResult = result.length > (options.async ? maxFlatParams : maxFlatResults)
  const code: Flat[] = options.callback === undefined ? [] : ['i32']
  const results = options.async ? code : spillsResult ? [address] : result
  return {signature: {params: spillsParams ? [address] : params, results}, spillsParams, spillsResult}
}

export function flattenLower(type: Func, options: CanonOptions, address: Address): Flattened {
  const flat = flattenParams(type, address)
  const result = flattenResult(type, address)
  const spillsParams = flat.length > (options.async ? maxFlatAsyncParams : maxFlatParams)
  const spillsResult = options.async ? result.length > 0 : result.length > maxFlatResults
  const params: Flat[] = spillsParams ? [address] : [...flat]
  if (spillsResult) params.push(address)
  const results: readonly Flat[] = options.async ? ['i32'] : spillsResult ? [] : result
  return {signature: {params, results}, spillsParams, spillsResult}
}

/** The parameters of `task.return`. */
export function flattenReturn(result: Facts | undefined, address: Address): Flattened {
  const flat = result?.flat[address] ?? []
  const spillsParams = flat.length > maxFlatParams
  return {
    signature: {params: spillsParams ? [address] : flat, results: []},
    spillsParams,
    spillsResult: false,
  }
}

const flattenParams = (type: Func, address: Address): readonly Flat[] =>
  concatenated(
    type.params.map(param => factsOf(param.type)),
    address,
  )

const flattenResult = (type: Func, address: Address): readonly Flat[] =>
  type.result === undefined ? [] : factsOf(type.result).flat[address]
