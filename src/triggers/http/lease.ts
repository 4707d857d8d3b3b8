// triggers/http/lease.ts: how an event comes by its sandbox.
import type {Pool} from '../../engine/pool/pool.ts'
import {asTrap, type Sandbox} from '../../engine/pool/sandbox.ts'
import {turns} from '../../engine/turns.ts'
import {RETURNED} from '../trigger.ts'
import type {HttpEvent} from './guest.ts'

/**
 * Calls `begin` with a sandbox: at once, or where the event has to wait for one in a turn of its own, as every stretch of a
 * guest: one that is stopped there takes no other event's promises along. Never throws; settles an event that gets none.
 */
export function withSandbox(pool: Pool, event: HttpEvent, begin: (sandbox: Sandbox) => void): void {
  let leased: Sandbox | Promise<Sandbox>
  try {
    leased = pool.lease(error => {
      event.interrupted()
      event.settle({kind: 'trap', error})
    })
  } catch (error) {
    event.settle({kind: 'trap', error: asTrap(error)})
    return
  }
  if (leased instanceof Promise) {
    leased.then(
      sandbox => turns.add(() => beginLater(pool, event, sandbox, begin)),
      error => event.settle({kind: 'trap', error: asTrap(error)}),
    )
  } else begin(leased)
}

function beginLater(pool: Pool, event: HttpEvent, sandbox: Sandbox, begin: (sandbox: Sandbox) => void): void {
  if (event.aborted) {
    pool.release(sandbox)
    event.settle(RETURNED)
  } else begin(sandbox)
}
