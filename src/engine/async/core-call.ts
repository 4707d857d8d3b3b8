// engine/async/core-call.ts: the two ways of calling core code.
import type {Scheduler} from './scheduler.ts'
import {type CoreCall, WAITS} from './task.ts'

/** engine/link/guard.ts's Guard */
export type GuestTime = Readonly<{enter: () => void; leave: () => void}>

/** Core code that cannot wait in the middle: no stack, no promise. */
export const plainCall =
  (guard: GuestTime, core: (...args: never[]) => unknown): CoreCall =>
  (_returning, ...args) => {
    guard.enter()
    const result = core(...(args as never[]))
    guard.leave()
    return result
  }

/** engine/link/blocking.ts's BlockingCall */
export type StackCall = {
  readonly call: (...args: unknown[]) => Promise<unknown>
  done: boolean
  result: unknown
}

/** Core code on a stack of its own, which JSPI keeps where it waits. */
export function stackCall(scheduler: Scheduler, blocking: StackCall): CoreCall {
  return (returning, ...args) => {
    const promise = blocking.call(...args)
    if (blocking.done) {
      blocking.done = false
      return blocking.result
    }
    promise.then(
      scheduler.bound(result => {
        blocking.done = false
        scheduler.caught(() => returning.returned(result))
      }),
      scheduler.bound(error => scheduler.fail(error)),
    )
    return WAITS
  }
}
