// engine/async/host-future.ts: futures that the host gives to guests.
import type {Type} from '../abi/types.ts'
import {cancelQuietly} from './host-function.ts'
import {LazyPromise} from './lazy-promise.ts'
import {COPY, type Read, type ReadableSide} from './rendezvous.ts'
import type {Closable, Scheduler} from './scheduler.ts'

/** A value or a promise of the host. Rejecting traps the guest that reads it. */
export class HostFuture implements ReadableSide, Closable {
  readonly kind = 'future'
  readonly element: Type | undefined
  readonly #scheduler: Scheduler
  readonly #promise: Promise<unknown> | undefined
  #read: Read | undefined
  #state: 'unread' | 'waiting' | 'known' = 'unread'
  #value: unknown

  constructor(scheduler: Scheduler, element: Type | undefined, value: unknown) {
    this.#scheduler = scheduler
    this.element = element
    if (value instanceof LazyPromise) {
      if (value.isKnown) {
        this.#state = 'known'
        this.#value = value.value
      } else this.#promise = value
    } else if (value instanceof Promise) {
      this.#promise = value
      scheduler.open.add(this)
      const settled = (): void => void scheduler.open.delete(this)
      // Nobody need ever read it.
      value.then(settled, settled)
    } else {
      this.#state = 'known'
      this.#value = value
    }
  }

  read(read: Read): void {
    this.#read = read
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
    const read = this.#read
    this.#read = undefined
    if (read === undefined) return
    read.put([this.#value], true)
    read.done(COPY.completed)
  }

  /** For the host to have back: no guest is needed for it to settle. */
  giveBack(): Promise<unknown> {
    if (this.#promise !== undefined) return this.#promise
    const known = new LazyPromise<unknown>()
    known.settle(this.#value)
    return known
  }

  cancel(): void {
    const read = this.#read
    this.#read = undefined
    read?.done(COPY.cancelled)
  }

  drop(): void {
    this.#read = undefined
    this.close()
  }

  /** Nobody wants it any more. */
  close(): void {
    if (this.#scheduler.open.delete(this)) cancelQuietly(this.#promise!)
  }
}
