// engine/component/validation/canon-options.ts: canonopt Validation (CanonicalABI.md).
import type {FuncSignature} from '../../core/module.ts'
import type {CanonOptions} from '../component.ts'
import {type Context, invalid} from './context.ts'
import {sameSignature} from './core-match.ts'
import {at, type Scope} from './scope.ts'

/** What a canonical definition needs and allows. */
export type Demands = Readonly<{
  memory: boolean
  realloc: boolean
  /** Options that have a meaning here; `memory` and the string encoding always have. */
  allowed: readonly ('realloc' | 'async' | 'post-return' | 'callback')[]
  /** What the options are for, in messages. */
  what: string
}>

export function checkOptions(cx: Context, scope: Scope, options: CanonOptions, demands: Demands): void {
  const {memory, realloc, postReturn, callback, async} = options
  const given = {
    realloc: realloc !== undefined,
    async,
    'post-return': postReturn !== undefined,
    callback: callback !== undefined,
  }
  for (const [name, present] of Object.entries(given)) {
    if (present && !demands.allowed.includes(name as keyof typeof given)) {
      invalid(cx, `canonical option \`${name}\` cannot be specified for ${demands.what}`)
    }
  }
  if (memory !== undefined) {
    const {limits} = at(cx, scope.core.memory, memory, 'memory')
    if (limits.address !== 'i32' || limits.shared)
      invalid(cx, 'canonical ABI memory is not a 32-bit linear memory')
  }
  if (realloc !== undefined) {
    if (memory === undefined) invalid(cx, 'canonical option `realloc` requires `memory` to also be specified')
    checkFunction(cx, scope, realloc, 'realloc', {params: ['i32', 'i32', 'i32', 'i32'], results: ['i32']})
  }
  if (async && postReturn !== undefined) {
    invalid(cx, 'canonical option `post-return` cannot be specified together with `async`')
  }
  if (callback !== undefined) {
    if (!async) invalid(cx, 'canonical option `callback` requires `async` to also be specified')
    checkFunction(cx, scope, callback, 'callback', {params: ['i32', 'i32', 'i32'], results: ['i32']})
  }
  if (demands.memory && memory === undefined) invalid(cx, 'canonical option `memory` is required')
  if (demands.realloc && realloc === undefined) invalid(cx, 'canonical option `realloc` is required')
}

export function checkFunction(
  cx: Context,
  scope: Scope,
  index: number,
  option: string,
  expected: FuncSignature,
): void {
  const actual = at(cx, scope.core.func, index, 'function')
  if (actual === undefined || !sameSignature(actual, expected))
    invalid(cx, `canonical option \`${option}\` uses a core function with an incorrect signature`)
}
