// engine/async/host-function.ts: functions of the host, as guests with the asynchronous ABI call them.
import {trap} from '../abi/trap.ts'
import type {Cancel, FuncInst, Scheduler} from './scheduler.ts'
import type {Use} from './task.ts'

/** A promise that the host gives may have this: nobody wants what it settles to any more. */
export type Cancellable = Readonly<{cancel?: () => void}>

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
      done()
      return noMore
    }
    if (!mayBlock) {
      value.catch(() => {})
      trap('TRAP_HOST', 'it gave a promise, and was not made with blockingFunction')
    }
    if (asyncType) return goOn(scheduler, value, use, done)
    hold(scheduler, value, use, done)
    return noMore
  }
}

const noMore: Cancel = (_from, cancelled) => cancelled()

/** The guest goes on meanwhile. */
function goOn(scheduler: Scheduler, promise: Promise<unknown>, {resolve}: Use, done: () => void): Cancel {
  const close = (): void => {
    if (scheduler.open.delete(close)) cancelQuietly(promise)
  }
  scheduler.open.add(close)
  scheduler.hostBegins()
  const settle = scheduler.bound((finish: () => void) => {
    if (scheduler.open.delete(close)) scheduler.hostCompletes(finish)
  })
  promise.then(
    result => settle(() => resolve(false, result)),
    error =>
      settle(() => {
        throw error
      }),
  )
  done()
  return (_from, cancelled) => {
    if (scheduler.open.has(close)) {
      close()
      scheduler.hostEnds()
      resolve(true, undefined)
    }
    cancelled()
  }
}

/** Nothing else of the guest runs meanwhile. */
function hold(scheduler: Scheduler, promise: Promise<unknown>, {resolve}: Use, done: () => void): void {
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
        resolve(false, result)
        done()
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
    ;(promise as Cancellable).cancel?.()
  } catch {}
}
