// engine/link/thread-start.ts: what thread.new-indirect starts (CanonicalABI.md).

import {trap} from '../abi/trap.ts'
import {stackCall} from '../async/core-call.ts'
import type {CoreCall} from '../async/task.ts'
import {blockingCall} from './blocking.ts'
import type {Runtime} from './runtime.ts'

/** The function at `index`, on a stack of its own. @throws TRAP_ASYNC where there is none that takes one i32 */
export function threadStart(runtime: Runtime, table: WebAssembly.Table, index: number): CoreCall {
  const func: unknown = index < table.length ? table.get(index) : undefined
  if (typeof func !== 'function') return noStart(index)
  try {
    return stackCall(runtime.scheduler, blockingCall(runtime, func as () => unknown, ['i32'], undefined))
  } catch (error) {
    if (error instanceof WebAssembly.LinkError) return noStart(index)
    throw error
  }
}

function noStart(index: number): never {
  trap('TRAP_ASYNC', `thread.new-indirect: there is no function at ${index} that could start a thread`)
}
