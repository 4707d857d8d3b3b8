// engine/async/host-function.ts: functions of the host, as guests with the asynchronous ABI call them.
import type {FuncInst} from './scheduler.ts'

/** A promise that a host function returns may have this: the guest has cancelled the call, and wants no result. */
export type Cancellable = Readonly<{cancel?: () => void}>

/**
 * A plain function, which may be async. A result at once is a result at once; a promise is waited for while the guest
 * does other things. Rejecting traps the guest.
 */
export function hostFunc(call: (...args: unknown[]) => unknown, asyncType = true): FuncInst {
  return (scheduler, _caller, {start, resolve}, done) => {
    const value = call(...start())
    if (!asyncType && value instanceof Promise) {
      // Nothing else of the guest runs meanwhile.
      scheduler.host.wait()
      const go = scheduler.bound((run: () => void) =>
        scheduler.host.turn(
          scheduler.bound(() => {
            scheduler.host.begin()
            scheduler.caught(run)
          }),
        ),
      )
      value.then(
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
      return (_from, cancelled) => cancelled()
    }
    let over = !(value instanceof Promise)
    if (value instanceof Promise) {
      scheduler.hostBegins()
      const settle = scheduler.bound((finish: () => void) =>
        scheduler.hostCompletes(() => {
          if (over) return
          over = true
          finish()
        }),
      )
      value.then(
        result => settle(() => resolve(false, result)),
        error =>
          settle(() => {
            throw error
          }),
      )
    } else resolve(false, value)
    done()
    return (_from, cancelled) => {
      if (!over) {
        over = true
        ;(value as Cancellable).cancel?.()
        resolve(true, undefined)
      }
      cancelled()
    }
  }
}
