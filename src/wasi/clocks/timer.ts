// wasi/clocks/timer.ts: pollables that become ready at an instant of the monotonic clock.
import type {Clock} from '../../base/ports.ts'
import {StateKey, type Store} from '../../engine/store.ts'
import {DONE, Signal} from '../io/signal.ts'
import type {Pollable} from '../io/streams.ts'

/** The longest that setTimeout takes; a longer wait is asked for again. */
const MAX_TIMEOUT_MS = 0x7fff_ffff

/** The event's timers that run; all are stopped when it ends. */
const RUNNING = new StateKey<Set<Timer>>(
  () => new Set(),
  timers => {
    for (const timer of timers) timer.stop()
  },
)

/** A pollable for an instant in nanoseconds. It costs a timer only while somebody waits for it. */
export const timerAt = (store: Store, clock: Clock, instant: bigint): Pollable =>
  new Timer(store, clock, instant)

class Timer implements Pollable {
  readonly #store: Store
  readonly #clock: Clock
  readonly #instant: bigint
  readonly #fired = new Signal()
  #timeout: NodeJS.Timeout | undefined
  /** Dropped, or its event has ended: who still waits must not arm it again. */
  #over = false

  constructor(store: Store, clock: Clock, instant: bigint) {
    this.#store = store
    this.#clock = clock
    this.#instant = instant
  }

  ready(): boolean {
    return this.#clock.monotonicNs() >= this.#instant
  }

  whenReady(): Promise<void> {
    const left = this.#instant - this.#clock.monotonicNs()
    if (left <= 0n) return DONE
    if (this.#over) return new Promise(() => {})
    if (this.#timeout === undefined) {
      const ms = (left + 999_999n) / 1_000_000n
      this.#timeout = setTimeout(() => this.#fire(), ms > MAX_TIMEOUT_MS ? MAX_TIMEOUT_MS : Number(ms))
      this.#store.state(RUNNING).add(this)
    }
    return this.#fired.wait()
  }

  #fire(): void {
    this.#timeout = undefined
    this.#store.state(RUNNING).delete(this)
    this.#fired.fire()
  }

  stop(): void {
    this.#over = true
    clearTimeout(this.#timeout)
    this.#timeout = undefined
  }

  drop(): void {
    const runs = this.#timeout !== undefined
    this.stop()
    if (!runs) return
    this.#store.state(RUNNING).delete(this)
    // Whoever listens for this timer beside others forgets it.
    this.#fired.fire()
  }
}
