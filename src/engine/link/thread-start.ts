// engine/link/thread-start.ts: what thread.new-indirect starts (CanonicalABI.md).

import {trap} from '../abi/trap.ts'
import {stackCall} from '../async/core-call.ts'
import type {CoreCall} from '../async/task.ts'
import {blockingCall} from './blocking.ts'
import type {Runtime} from './runtime.ts'

/**
 * The function at `index`, on a stack of its own. Core code gives the index in the table's address type.
 * @throws TRAP_ASYNC where there is none that takes one value of the type of `argument`
 */
export function threadStart(
  runtime: Runtime,
  table: WebAssembly.Table,
  index: number | bigint,
  argument: number | bigint,
): CoreCall {
  const at = typeof index === 'number' ? index >>> 0 : BigInt.asUintN(64, index)
  const func: unknown = at < table.length ? table.get(at as number) : undefined
  if (typeof func !== 'function') return noStart(at)
  const params = [typeof argument === 'number' ? 'i32' : 'i64'] as const
  try {
    return stackCall(runtime.scheduler, blockingCall(runtime, func as () => unknown, params, undefined))
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) return noStart(at)
    throw error
  }
}

function noStart(index: number | bigint): never {
  trap('TRAP_ASYNC', `thread.new-indirect: there is no function at ${index} that could start a thread`)
}
