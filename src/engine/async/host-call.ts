// engine/async/host-call.ts: a call of a guest's function by the host.
import type {InBag} from './bag.ts'
import type {Scheduler} from './scheduler.ts'
import type {Cancellable, Use} from './task.ts'

export class HostCall implements Use, InBag {
  /** For people. */
  readonly name: string
  /** Set once the function has been called. */
  callee: Cancellable | undefined
  /** What it has returned. */
  value: unknown
  readonly #scheduler: Scheduler
  readonly #args: readonly unknown[]
  #state: 'open' | 'returned' | 'failed' = 'open'
  #reason: unknown
  #promise: PromiseWithResolvers<unknown> | undefined
  place = -1

  constructor(scheduler: Scheduler, name: string, args: readonly unknown[]) {
    this.#scheduler = scheduler
    this.name = name
    this.#args = args
  }

  start(): readonly unknown[] {
    return this.#args
  }

  resolve(cancelled: boolean, result: unknown): void {
    this.#scheduler.calls.delete(this)
    if (cancelled) {
      this.fail(new CallCancelled())
      return
    }
    this.#state = 'returned'
    this.value = result
    this.#promise?.resolve(result)
  }

  /** What it will return; unset where it has returned at once. Rejects with what makes the sandbox fail. */
  get promise(): Promise<unknown> | undefined {
    if (this.#promise === undefined && this.#state !== 'returned') {
      this.#promise = Promise.withResolvers()
      if (this.#state === 'failed') this.#promise.reject(this.#reason)
    }
    return this.#promise?.promise
  }

  fail(reason: unknown): void {
    this.#state = 'failed'
    this.#reason = reason
    this.#promise?.reject(reason)
  }

  /** Asks the guest to stop; the promise then rejects with TRAP_HOST once it has. */
  cancel(): void {
    const scheduler = this.#scheduler
    if (this.#state === 'open' && scheduler.failure === undefined) scheduler.cancel(this.callee!)
  }
}

/** What a call of the host ends with that was cancelled. */
export class CallCancelled extends Error {
  override readonly name = 'CallCancelled'

  constructor() {
    super('the call was cancelled')
  }
}
