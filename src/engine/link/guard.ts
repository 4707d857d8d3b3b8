// engine/link/guard.ts: tells, for another thread, whether guest code runs right now.
import {trap} from '../abi/trap.ts'

/** The values of `word[GUARD_STATE]`. Only in IN_GUEST may the watchdog move it, to KILLING, and then terminate. */
export const HOST = 0
export const IN_GUEST = 1
export const KILLING = 2

export const GUARD_STATE = 0
/** Counts stretches of guest time, so that the watchdog sees whether it is still the same one. */
export const GUARD_STRETCH = 1
export const GUARD_WORDS = 2

/**
 * One per thread. Emitted code calls `enter` before it calls into a guest or returns to one, and `leave` first thing
 * when control comes back; a termination that was decided in between is waited for, so that it never hits host code.
 */
export class Guard {
  readonly word: Int32Array

  constructor(word: Int32Array = new Int32Array(new SharedArrayBuffer(4 * GUARD_WORDS))) {
    this.word = word
  }

  /** The host is about to run one event's guest: a new stretch begins. */
  begin(): void {
    Atomics.add(this.word, GUARD_STRETCH, 1)
  }

  enter(): void {
    Atomics.store(this.word, GUARD_STATE, IN_GUEST)
  }

  leave(): void {
    if (Atomics.exchange(this.word, GUARD_STATE, HOST) === KILLING) this.#awaitTermination()
  }

  /** The watchdog is about to terminate this thread's JavaScript: let it happen here, in a loop that may be ended. */
  #awaitTermination(): never {
    Atomics.store(this.word, GUARD_STATE, KILLING)
    const end = Date.now() + 10_000
    while (Date.now() < end && Atomics.load(this.word, GUARD_STATE) === KILLING);
    Atomics.store(this.word, GUARD_STATE, HOST)
    return trap('TRAP_CORE', 'it was stopped')
  }
}
