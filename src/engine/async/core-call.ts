// engine/async/core-call.ts: the two ways of calling core code.
import type {Scheduler} from './scheduler.ts'
import type {CoreCall} from './task.ts'

/** Core code that cannot wait in the middle: no stack, no promise. */
export const plainCall =
  (core: (...args: never[]) => unknown): CoreCall =>
  (args, done) =>
    done(core(...(args as never[])))

/** engine/link/blocking.ts's BlockingCall */
export type StackCall = {
  readonly call: (...args: unknown[]) => Promise<unknown>
  done: boolean
  result: unknown
}

/** Core code on a stack of its own, which JSPI keeps where it waits. */
export function stackCall(scheduler: Scheduler, blocking: StackCall): CoreCall {
  return (args, done) => {
    const promise = blocking.call(...args)
    if (blocking.done) {
      blocking.done = false
      return done(blocking.result)
    }
    promise.then(
      result => {
        blocking.done = false
        scheduler.caught(() => done(result))
      },
      error => scheduler.fail(error),
    )
  }
}
