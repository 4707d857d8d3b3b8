// engine/link/guard.ts: tells, for another thread, whether guest code runs right now, and which.

/** The values of `word[GUARD_STATE]`. Only in IN_GUEST may the watchdog move it, to KILLING, and then terminate. */
export const HOST = 0
export const IN_GUEST = 1
export const KILLING = 2

export const GUARD_STATE = 0
/** Counts stretches of guest time, so that the watchdog sees whether it is still the same one. */
export const GUARD_STRETCH = 1
/** Milliseconds that the stretch may take. */
export const GUARD_LIMIT_MS = 2
/** MiB that the process may grow by in the stretch; 0 where that is not watched. */
export const GUARD_HEAP_MB = 3
export const GUARD_WORDS = 4

/** A termination that was asked for lands within a few milliseconds. */
const TERMINATION_MS = 250

/** What a stretch had too much of. */
export type Overrun = 'time' | 'heap'

/** Who runs in the current stretch. */
export interface Stoppable {
  /** The stretch was terminated: no statement after the guest's call has run, nor ever will. */
  stopped(overrun: Overrun): void
}

/**
 * One per thread. Emitted code calls `enter` before it calls into a guest or returns to one, and `leave` first thing
 * when control comes back; a termination that was decided in between is waited for, so that it never hits host code.
 */
export class Guard {
  readonly word: Int32Array
  #running: Stoppable | undefined

  constructor(word: Int32Array = new Int32Array(new SharedArrayBuffer(4 * GUARD_WORDS))) {
    this.word = word
  }

  /** The host is about to run a guest, until it returns, traps or waits: a new stretch begins. */
  begin(running: Stoppable | undefined, limitMs: number, heapMb = 0): void {
    this.#running = running
    this.word[GUARD_LIMIT_MS] = limitMs
    this.word[GUARD_HEAP_MB] = heapMb
    Atomics.add(this.word, GUARD_STRETCH, 1)
  }

  enter(): void {
    Atomics.store(this.word, GUARD_STATE, IN_GUEST)
  }

  leave(): void {
    if (Atomics.exchange(this.word, GUARD_STATE, HOST) === KILLING) this.#awaitTermination()
  }

  /**
   * The watchdog is about to terminate this thread's JavaScript: let it happen here, in a loop that may be ended. Should
   * it not come, it has landed before, and only `recover` was not called yet.
   */
  #awaitTermination(): void {
    const end = performance.now() + TERMINATION_MS
    while (performance.now() < end);
  }

  /** Called in a turn after a termination has landed. */
  recover(overrun: Overrun): void {
    Atomics.store(this.word, GUARD_STATE, HOST)
    const running = this.#running
    this.#running = undefined
    running?.stopped(overrun)
  }
}
