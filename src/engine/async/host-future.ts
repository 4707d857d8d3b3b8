// engine/async/host-future.ts: futures that the host gives to guests.
import type {Type} from '../abi/types.ts'
import type {SinkBuffer} from './buffer.ts'
import {cancelQuietly} from './host-function.ts'
import type {Instance} from './instance.ts'
import {LazyPromise} from './lazy-promise.ts'
import {COPY, type Copier, type ReadableSide} from './rendezvous.ts'
import type {Scheduler} from './scheduler.ts'

type Pending = Readonly<{sink: SinkBuffer; copier: Copier}>

/** A value or a promise of the host. Rejecting traps the guest that reads it. */
export class HostFuture implements ReadableSide {
  readonly kind = 'future'
  readonly element: Type | undefined
  readonly #scheduler: Scheduler
  readonly #promise: Promise<unknown> | undefined
  #pending: Pending | undefined
  #state: 'unread' | 'waiting' | 'known' = 'unread'
  #value: unknown

  constructor(scheduler: Scheduler, element: Type | undefined, value: unknown) {
    this.#scheduler = scheduler
    this.element = element
    if (value instanceof LazyPromise) {
      const {known} = value
      if (known === undefined) this.#promise = value
      else {
        this.#state = 'known'
        this.#value = known.value
      }
    } else if (value instanceof Promise) {
      this.#promise = value
      scheduler.open.add(this.#close)
      const settled = (): void => void scheduler.open.delete(this.#close)
      // Nobody need ever read it.
      value.then(settled, settled)
    } else {
      this.#state = 'known'
      this.#value = value
    }
  }

  read(_instance: Instance | undefined, sink: SinkBuffer, copier: Copier): void {
    this.#pending = {sink, copier}
    if (this.#state === 'known') this.#serve()
    if (this.#state !== 'unread') return
    this.#state = 'waiting'
    const scheduler = this.#scheduler
    scheduler.hostBegins()
    const answered = scheduler.bound((answer: () => void) => scheduler.hostCompletes(answer))
    this.#promise!.then(
      value =>
        answered(() => {
          this.#state = 'known'
          this.#value = value
          this.#serve()
        }),
      error =>
        answered(() => {
          throw error
        }),
    )
  }

  #serve(): void {
    const pending = this.#pending
    this.#pending = undefined
    if (pending === undefined) return
    pending.sink.write([this.#value], true)
    pending.copier.done(COPY.completed)
  }

  /** For the host to have back: no guest is needed for it to settle. */
  giveBack(): Promise<unknown> {
    if (this.#promise !== undefined) return this.#promise
    const known = new LazyPromise<unknown>()
    known.settle(this.#value)
    return known
  }

  cancel(): void {
    const pending = this.#pending
    this.#pending = undefined
    pending?.copier.done(COPY.cancelled)
  }

  drop(): void {
    this.#pending = undefined
    this.#close()
  }

  /** Nobody wants it any more. */
  readonly #close = (): void => {
    if (this.#scheduler.open.delete(this.#close)) cancelQuietly(this.#promise!)
  }
}
