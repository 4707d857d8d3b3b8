// engine/pool/pool.ts: sandboxes of one component, leased and returned.
import {MayflyError} from '../../base/errors.ts'
import type {RestoreReport} from '../snapshot/snapshot.ts'
import type {PreparedComponent} from './prepared-component.ts'
import type {Sandbox} from './sandbox.ts'

export type PoolOptions = Readonly<{
  /** Sandboxes alive at once, at most; so many events of the component run at once. */
  concurrency: number
  /** Events that may wait for one. */
  queue: number
  /** Sandboxes that serve one event only are made ahead of time, this many. */
  ahead: number
}>

/** How a sandbox came to its event: shown in the request's log line. */
export type LeaseKind = 'fresh' | 'restored'

type Waiter = {give: (sandbox: Sandbox) => void; fail: (error: MayflyError) => void}

/** The last sandbox returned is leased first, since its memory is in the caches. */
export class Pool {
  readonly #component: PreparedComponent
  readonly #options: PoolOptions
  readonly #free: Sandbox[] = []
  readonly #waiting: Waiter[] = []
  #alive = 0
  #refilling = false
  #closed = false
  #onDrained: (() => void) | undefined

  constructor(component: PreparedComponent, options: PoolOptions) {
    this.#component = component
    this.#options = options
  }

  get alive(): number {
    return this.#alive
  }

  /**
   * A sandbox at once, or a promise of one where all are busy. `onStopped` is called instead where a new one had to be
   * made and took too long. @throws LIMIT_CONCURRENCY when too many wait already
   */
  lease(onStopped?: (error: MayflyError) => void): Sandbox | Promise<Sandbox> {
    const free = this.#free.pop()
    if (free !== undefined) return free
    if (this.#alive < this.#options.concurrency) return this.#make(onStopped)
    if (this.#waiting.length >= this.#options.queue)
      throw new MayflyError('LIMIT_CONCURRENCY', {component: this.#component.linked.who})
    return new Promise((give, fail) => this.#waiting.push({give, fail}))
  }

  #make(onStopped?: (error: MayflyError) => void): Sandbox {
    const sandbox = this.#component.make(onStopped)
    this.#alive++
    return sandbox
  }

  /** Ends the sandbox's event and takes it back. */
  release(sandbox: Sandbox): RestoreReport {
    const report = sandbox.restore()
    if (sandbox.spent || (this.#closed && this.#waiting.length === 0)) this.#retire(sandbox)
    else this.#offer(sandbox)
    return report
  }

  /** Takes a sandbox out of service: a waiting event gets a new one. */
  #retire(sandbox: Sandbox): void {
    sandbox.dispose()
    this.#alive--
    if (this.#waiting.length > 0) this.#replace()
    else if (this.#closed) this.#drained()
    else if (this.#component.image === undefined) this.#refill()
  }

  #drained(): void {
    if (this.#alive === 0) this.#onDrained?.()
  }

  #replace(): void {
    const waiter = this.#waiting.shift()!
    try {
      waiter.give(this.#make())
    } catch (error) {
      waiter.fail(error as MayflyError)
      if (this.#closed) this.#drained()
    }
  }

  #offer(sandbox: Sandbox): void {
    const waiter = this.#waiting.shift()
    if (waiter === undefined) this.#free.push(sandbox)
    else waiter.give(sandbox)
  }

  /** Makes single-event sandboxes while nothing else is to do, one a turn. */
  #refill(): void {
    if (this.#refilling) return
    this.#refilling = true
    setImmediate(() => {
      this.#refilling = false
      const {ahead, concurrency} = this.#options
      if (this.#closed || this.#free.length >= ahead || this.#alive >= concurrency) return
      try {
        this.#offer(this.#make())
      } catch {
        // The next lease meets the same failure and reports it.
        return
      }
      this.#refill()
    })
  }

  /** Makes sandboxes until `count` are alive. */
  warm(count: number): void {
    while (this.#alive < Math.min(count, this.#options.concurrency)) this.#free.push(this.#make())
  }

  /**
   * Nobody leases any more; those who wait still get a sandbox. All are retired when they come back. Resolves when none
   * is left.
   */
  async close(): Promise<void> {
    this.#closed = true
    for (const sandbox of this.#free.splice(0)) this.#retire(sandbox)
    if (this.#alive > 0)
      await new Promise<void>(resolve => {
        this.#onDrained = resolve
      })
    this.#component.dispose()
  }
}
