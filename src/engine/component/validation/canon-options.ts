// engine/component/validation/canon-options.ts: canonopt Validation (CanonicalABI.md).
import type {FuncSignature} from '../../core/module.ts'
import type {CanonOptions} from '../component.ts'
import {type Context, invalid} from './context.ts'
import {sameSignature} from './core-match.ts'
import type {Address} from './facts.ts'
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

/** The type of pointers and lengths under these options: that of the memory's addresses. */
export function addressOf(cx: Context, scope: Scope, options: Pick<CanonOptions, 'memory'>): Address {
  if (options.memory === undefined) return 'i32'
  return at(cx, scope.core.memory, options.memory, 'memory').limits.address
}

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
    if (limits.shared) invalid(cx, 'canonical ABI memory is shared: mismatch in the shared flag for memories')
  }
  if (realloc !== undefined) {
    if (memory === undefined) invalid(cx, 'canonical option `realloc` requires `memory` to also be specified')
    const address = addressOf(cx, scope, options)
    checkFunction(cx, scope, realloc, 'realloc', {
      params: [address, address, address, address],
      results: [address],
    })
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
