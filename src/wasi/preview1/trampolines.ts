// wasi/preview1/trampolines.ts: the functions of WASI 0.1 as core code calls them.
import {suspendingImports} from '../../engine/link/blocking.ts'
import type {Runtime} from '../../engine/link/runtime.ts'
import {stackReserve} from '../../engine/link/stack-reserve.ts'
import {uncatchable} from '../../engine/link/uncatchable.ts'
import {errnoOf} from './errno.ts'
import type {Completion, Preview1Function} from './function.ts'
import type {Guest} from './guest.ts'

type Call = (...args: (number | bigint)[]) => number | undefined

/** One import of a module, in its order. */
export type NamedFunction = readonly [name: string, definition: Preview1Function]

/** The import object for one sandbox. */
export function trampolinesFor(
  runtime: Runtime,
  guest: Guest,
  imports: readonly NamedFunction[],
): Record<string, WebAssembly.ImportValue> {
  const waiting = imports.filter(([, {mayWait}]) => mayWait)
  const suspending = suspendingImports(
    runtime,
    waiting.map(([, definition]) => ({
      params: definition.params,
      result: definition.result,
      call: trampoline(runtime, guest, definition) as (...args: never[]) => unknown,
    })),
  )
  return Object.fromEntries([
    ...imports.map(([name, definition]) => [name, trampoline(runtime, guest, definition)]),
    ...waiting.map(([name], i) => [name, suspending[i]]),
  ])
}

/** What the host throws beyond error numbers ends the guest, which cannot catch it. */
function trampoline(runtime: Runtime, guest: Guest, {params, call}: Preview1Function): Call {
  const {guard} = runtime
  const settle = (complete: Completion): number => {
    try {
      complete()
      return 0
    } catch (thrown) {
      return errnoOf(thrown)
    }
  }
  const reserve = stackReserve()
  return (...args) => {
    reserve(0)
    guard.leave()
    try {
      for (let i = 0; i < params.length; i++) {
        const value = args[i]!
        args[i] = typeof value === 'bigint' ? BigInt.asUintN(64, value) : value >>> 0
      }
      let waiting: undefined | Promise<Completion>
      let errno = 0
      try {
        waiting = call(guest, ...args)
      } catch (thrown) {
        errno = errnoOf(thrown)
      }
      if (waiting !== undefined) {
        // The value is never seen: the caller waits for the promise instead.
        runtime.suspend(waiting, complete => settle(complete as Completion))
        return 0
      }
      guard.enter()
      return errno
    } catch (thrown) {
      throw uncatchable(thrown)
    }
  }
}
