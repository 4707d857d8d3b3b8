// engine/async/host-call.ts: a call of a guest's function by the host.
import type {CallReceiver} from '../call.ts'
import type {InBag} from './bag.ts'
import type {Cancellable, Use} from './task.ts'
import type {TaskFunction} from './task-function.ts'

export class HostCall implements Use, InBag {
  /** Set once the function has been called. */
  callee: Cancellable | undefined
  readonly #func: TaskFunction
  readonly #args: readonly unknown[]
  readonly #receiver: CallReceiver
  place = -1

  constructor(func: TaskFunction, args: readonly unknown[], receiver: CallReceiver) {
    this.#func = func
    this.#args = args
    this.#receiver = receiver
  }

  /** For people. */
  get name(): string {
    return this.#func.name
  }

  start(): readonly unknown[] {
    return this.#args
  }

  resolve(cancelled: boolean, result: unknown): void {
    this.#func.scheduler.calls.delete(this)
    if (cancelled) this.fail(new CallCancelled())
    else this.#receiver.returned(result)
  }

  /** The receiver is told in a microtask: what has failed may still be on the stack. */
  fail(reason: unknown): void {
    queueMicrotask(() => this.#receiver.failed(this.#func.owner?.failure(reason) ?? reason))
  }

  /** Asks the guest to stop; once it has, that is what the call fails with. */
  cancel(): void {
    const {scheduler} = this.#func
    if (scheduler.calls.has(this)) scheduler.cancel(this.callee!)
  }
}

/** What a call of the host ends with that was cancelled. */
export class CallCancelled extends Error {
  override readonly name = 'CallCancelled'

  constructor() {
    super('the call was cancelled')
  }
}
