// engine/async/host-function.ts: functions of the host, as guests with the asynchronous ABI call them.
import {trap} from '../abi/trap.ts'
import type {Instance} from './instance.ts'
import type {Closable, FuncInst, Scheduler} from './scheduler.ts'
import type {Cancellable, Use} from './task.ts'
import type {Continuation} from './thread.ts'

/** A promise that the host gives may have this: nobody wants what it settles to any more. */
type CancellablePromise = Readonly<{cancel?: () => void}>

export type HostFuncOptions = Readonly<{
  /** Whether its type is async. */
  asyncType: boolean
  /** Whether it may give a promise, which is then the call. */
  mayBlock: boolean
  /** Whether its result is a future: where it may not block, a promise is that. */
  givesFuture: boolean
}>

/**
 * A plain function, which may be async. A result at once is a result at once; a promise is waited for while the guest
 * does other things. Rejecting traps the guest.
 */
export function hostFunc(
  call: (...args: unknown[]) => unknown,
  {asyncType, mayBlock, givesFuture}: HostFuncOptions = {asyncType: true, mayBlock: true, givesFuture: false},
): FuncInst {
  return (scheduler, _caller, use, done) => {
    const value = call(...use.start())
    if (!(value instanceof Promise) || (givesFuture && !mayBlock)) {
      use.resolve(false, value)
      done.goOn()
      return OVER
    }
    if (!mayBlock) {
      value.catch(() => {})
      trap('TRAP_HOST', 'it gave a promise, and was not made with blockingFunction')
    }
    if (asyncType) return goOn(scheduler, value, use, done)
    hold(scheduler, value, use, done)
    return OVER
  }
}

/** A call that nothing can stop any more. */
const OVER: Cancellable = {requestCancellation: (_caller, over) => over.goOn()}

/** The guest goes on meanwhile. */
function goOn(scheduler: Scheduler, promise: Promise<unknown>, use: Use, done: Continuation): Cancellable {
  const open: Closable = {
    close() {
      if (scheduler.open.delete(open)) cancelQuietly(promise)
    },
  }
  scheduler.open.add(open)
  scheduler.hostBegins()
  const settle = scheduler.bound((finish: () => void) => {
    if (scheduler.open.delete(open)) scheduler.hostCompletes(finish)
  })
  promise.then(
    result => settle(() => use.resolve(false, result)),
    error =>
      settle(() => {
        throw error
      }),
  )
  done.goOn()
  const requestCancellation = (_caller: Instance | undefined, over: Continuation): void => {
    if (scheduler.open.has(open)) {
      open.close()
      scheduler.hostEnds()
      use.resolve(true, undefined)
    }
    over.goOn()
  }
  return {requestCancellation}
}

/** Nothing else of the guest runs meanwhile. */
function hold(scheduler: Scheduler, promise: Promise<unknown>, use: Use, done: Continuation): void {
  scheduler.host.wait()
  const go = scheduler.bound((run: () => void) =>
    scheduler.host.turn(
      scheduler.bound(() => {
        scheduler.host.begin()
        scheduler.caught(run)
      }),
    ),
  )
  promise.then(
    result =>
      go(() => {
        use.resolve(false, result)
        done.goOn()
      }),
    error =>
      go(() => {
        throw error
      }),
  )
}

/** Nobody is there to be told that it cannot be cancelled. */
export function cancelQuietly(promise: Promise<unknown>): void {
  try {
    ;(promise as CancellablePromise).cancel?.()
  } catch {}
}
