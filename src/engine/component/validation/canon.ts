// engine/component/validation/canon.ts: lift and lower (CanonicalABI.md, Canonical Definitions).
import type {Canon} from '../component.ts'
import {builtin} from './builtins.ts'
import {addressOf, checkFunction, checkOptions} from './canon-options.ts'
import {type Context, charge, invalid} from './context.ts'
import {factsOf} from './facts.ts'
import {at, type Scope} from './scope.ts'
import {flattenLift, flattenLower} from './signatures.ts'
import type {Func} from './types.ts'

export function addCanon(cx: Context, scope: Scope, canon: Canon): void {
  charge(cx)
  if (canon.kind === 'lift') scope.funcs.push(lift(cx, scope, canon))
  else if (canon.kind === 'lower') lower(cx, scope, canon)
  else scope.core.func.push(builtin(cx, scope, canon))
}

const hasPointers = (type: Func): Readonly<{params: boolean; result: boolean}> => ({
  params: type.params.some(param => factsOf(param.type).pointers),
  result: type.result !== undefined && factsOf(type.result).pointers,
})

function checkAsync(cx: Context, type: Func, async: boolean): void {
  if (async && !type.async) invalid(cx, 'the `async` canonical option requires an async function type')
}

function lift(cx: Context, scope: Scope, canon: Extract<Canon, {kind: 'lift'}>): Func {
  const {options} = canon
  const type = at(cx, scope.types, canon.type, 'type')
  if (type.kind !== 'func') return invalid(cx, `type index ${canon.type} is not a function type`)
  charge(cx, type.params.length)
  const callee = at(cx, scope.core.func, canon.func, 'function')
  checkAsync(cx, type, options.async)
  const pointers = hasPointers(type)
  const {signature, spillsParams, spillsResult} = flattenLift(type, options, addressOf(cx, scope, options))
  const allocates = pointers.params || spillsParams
  checkOptions(cx, scope, options, {
    memory: allocates || pointers.result || spillsResult,
    realloc: allocates,
    allowed: ['realloc', 'async', 'post-return', 'callback'],
    what: 'lifts',
  })
  if (callee === undefined) return invalid(cx, `core function ${canon.func} has a type that cannot be lifted`)
  for (const [name, key] of [
    ['parameter', 'params'],
    ['result', 'results'],
  ] as const) {
    const [wanted, given] = [signature[key], callee[key]]
    if (wanted.length === given.length && wanted.every((flat, i) => flat === given[i])) continue
    invalid(
      cx,
      `lowered ${name} types \`[${wanted.join(', ')}]\` do not match ${name} types \`[${given.join(', ')}]\``,
    )
  }
  if (options.postReturn !== undefined) {
    checkFunction(cx, scope, options.postReturn, 'post-return', {params: signature.results, results: []})
  }
  return type
}

function lower(cx: Context, scope: Scope, canon: Extract<Canon, {kind: 'lower'}>): void {
  const {options} = canon
  const type = at(cx, scope.funcs, canon.func, 'function')
  charge(cx, type.params.length)
  checkAsync(cx, type, options.async)
  const pointers = hasPointers(type)
  const {signature, spillsParams, spillsResult} = flattenLower(type, options, addressOf(cx, scope, options))
  checkOptions(cx, scope, options, {
    // CanonicalABI.md asks for a memory whenever the option is `async`; the reference tests do without where unused.
    memory: pointers.params || pointers.result || spillsParams || spillsResult,
    realloc: pointers.result,
    allowed: ['realloc', 'async'],
    what: 'lowerings',
  })
  scope.core.func.push(signature)
}
