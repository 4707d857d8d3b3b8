// triggers/http/sandboxed-guest.ts: runs each request in a sandbox of its own.
import {MayflyError} from '../../base/errors.ts'
import type {CallReceiver} from '../../engine/call.ts'
import {type StackFunction, stacks} from '../../engine/link/stacks.ts'
import type {Pool} from '../../engine/pool/pool.ts'
import {asTrap, type Sandbox, type StopListener} from '../../engine/pool/sandbox.ts'
import {StateKey} from '../../engine/store.ts'
import {turns} from '../../engine/turns.ts'
import {type Outcome, RETURNED} from '../trigger.ts'
import type {EventRunner, HttpEvent, HttpGuest} from './guest.ts'

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

  run(event: HttpEvent): StackFunction | undefined {
    let leased: Sandbox | Promise<Sandbox>
    try {
      leased = this.#pool.lease(error => {
        event.interrupted()
        event.settle({kind: 'trap', error})
      })
    } catch (error) {
      event.settle({kind: 'trap', error: asTrap(error)})
      return undefined
    }
    if (!(leased instanceof Promise)) return new Run(this.#pool, leased, event).start(this.#handle)
    this.#runLater(leased, event)
    return undefined
  }

  /** In a turn of its own, as every stretch of a guest: one that is stopped there takes no other event's promises along. */
  #runLater(leased: Promise<Sandbox>, event: HttpEvent): void {
    leased.then(
      sandbox =>
        turns.add(() => {
          const run = new Run(this.#pool, sandbox, event)
          if (event.aborted) run.returned()
          else stacks.runOne(run.start(this.#handle))
        }),
      error => event.settle({kind: 'trap', error: asTrap(error)}),
    )
  }
}

/** One event in its sandbox. */
class Run implements CallReceiver, StopListener, EventRunner {
  readonly #pool: Pool
  readonly #sandbox: Sandbox
  readonly #event: HttpEvent

  constructor(pool: Pool, sandbox: Sandbox, event: HttpEvent) {
    this.#pool = pool
    this.#sandbox = sandbox
    this.#event = event
  }

  start(handle: number): StackFunction | undefined {
    const sandbox = this.#sandbox
    const event = this.#event
    event.sandbox = sandbox.events === 0 ? 'fresh' : 'restored'
    event.runner = this
    sandbox.stopListener = this
    sandbox.store.provide(HTTP_EVENT, event)
    return sandbox.start(handle, this, [event.request, event.responseOut])
  }

  clientGone(): void {
    this.#sandbox.abort(new MayflyError('TRAP_HOST', {reason: 'the client has gone'}))
  }

  stopped(error: MayflyError): void {
    this.#event.interrupted()
    this.failed(error)
  }

  returned(): void {
    this.#end(RETURNED)
  }

  failed(error: unknown): void {
    this.#end({kind: 'trap', error: asTrap(error)})
  }

  #end(outcome: Outcome): void {
    const event = this.#event
    event.memoryTouchedBytes = this.#pool.release(this.#sandbox).pagesRestored * 4096
    event.settle(outcome)
  }
}
