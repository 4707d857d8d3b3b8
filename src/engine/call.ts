// engine/call.ts: calls of guest functions as the host sees them.
import {turns} from './turns.ts'

/** Who is told how a call ended. Must not throw. */
export interface CallReceiver {
  /** Called in the middle of the guest's code, where that goes on after it has returned. */
  returned(value: unknown): void
  /** Instead, or where the code that went on has trapped at once. */
  failed(error: unknown): void
}

/** The sandbox of a function, told first. */
export interface CallOwner {
  /** What is told to the receiver in place of `error`. */
  failure(error: unknown): unknown
}

/** A call whose outcome is wanted as a value, an exception or a promise. */
export class Call implements CallReceiver {
  #over = false
  #failed = false
  #result: unknown
  #settle: {resolve: (value: unknown) => void; reject: (error: unknown) => void} | undefined

  returned(value: unknown): void {
    this.#over = true
    this.#result = value
    // In a turn of its own, so that nobody calls again before the function's code, which may go on, has stopped.
    const settle = this.#settle
    if (settle !== undefined) turns.add(() => settle.resolve(value))
  }

  failed(error: unknown): void {
    this.#over = true
    this.#failed = true
    this.#result = error
    this.#settle?.reject(error)
  }

  /** A promise if it is not over yet. */
  outcome(): unknown {
    if (!this.#over)
      return new Promise((resolve, reject) => {
        this.#settle = {resolve, reject}
      })
    if (this.#failed) throw this.#result
    return this.#result
  }
}
