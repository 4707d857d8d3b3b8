// triggers/http/sandboxed-guest.ts: runs each request in a sandbox of its own.
import {MayflyError} from '../../base/errors.ts'
import type {Pool} from '../../engine/pool/pool.ts'
import {asTrap, type Sandbox} from '../../engine/pool/sandbox.ts'
import {StateKey} from '../../engine/store.ts'
import {turns} from '../../engine/turns.ts'
import {type Outcome, RETURNED} from '../trigger.ts'
import type {HttpEvent, HttpGuest} from './guest.ts'

/** Finds the event that a store's sandbox serves; for capabilities that report to it. */
export const HTTP_EVENT = new StateKey<HttpEvent | undefined>(() => undefined)

/** `handle` is the index of the component's incoming-handler.handle, as LinkedComponent.findExport gives it. */
export class SandboxedGuest implements HttpGuest {
  readonly #pool: Pool
  readonly #handle: number

  constructor(pool: Pool, handle: number) {
    this.#pool = pool
    this.#handle = handle
  }

  run(event: HttpEvent): void {
    let leased: Sandbox | Promise<Sandbox>
    try {
      leased = this.#pool.lease(error => {
        event.interrupted()
        event.settle({kind: 'trap', error})
      })
    } catch (error) {
      event.settle({kind: 'trap', error: asTrap(error)})
      return
    }
    if (leased instanceof Promise) this.#runLater(leased, event)
    else this.#runIn(leased, event)
  }

  /** In a turn of its own, as every stretch of a guest: one that is stopped there takes no other event's promises along. */
  #runLater(leased: Promise<Sandbox>, event: HttpEvent): void {
    leased.then(
      sandbox =>
        turns.add(() => {
          if (!event.aborted) return this.#runIn(sandbox, event)
          this.#pool.release(sandbox)
          event.settle(RETURNED)
        }),
      error => event.settle({kind: 'trap', error: asTrap(error)}),
    )
  }

  #runIn(sandbox: Sandbox, event: HttpEvent): void {
    event.sandbox = sandbox.events === 0 ? 'fresh' : 'restored'
    sandbox.onStopped = error => {
      event.interrupted()
      this.#end(sandbox, event, {kind: 'trap', error})
    }
    sandbox.store.provide(HTTP_EVENT, event)
    let called: unknown
    try {
      called = sandbox.call(this.#handle, event.request, event.responseOut)
    } catch (error) {
      this.#end(sandbox, event, {kind: 'trap', error: asTrap(error)})
      return
    }
    if (called instanceof Promise) {
      event.onAbort = () => sandbox.abort(new MayflyError('TRAP_HOST', {reason: 'the client has gone'}))
      called.then(
        () => this.#end(sandbox, event, RETURNED),
        error => this.#end(sandbox, event, {kind: 'trap', error: asTrap(error)}),
      )
    } else this.#end(sandbox, event, RETURNED)
  }

  #end(sandbox: Sandbox, event: HttpEvent, outcome: Outcome): void {
    event.memoryTouchedBytes = this.#pool.release(sandbox).pagesRestored * 4096
    event.settle(outcome)
  }
}
