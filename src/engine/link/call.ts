// engine/link/call.ts: a call whose outcome is wanted as a value, an exception or a promise.
import type {CallReceiver} from './stacks.ts'

export class Call implements CallReceiver {
  #over = false
  #failed = false
  #result: unknown
  #settle: {resolve: (value: unknown) => void; reject: (error: unknown) => void} | undefined

  returned(value: unknown): void {
    this.#over = true
    this.#result = value
    this.#settle?.resolve(value)
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
