// wasi/io/signal.ts: one thing that several may wait for, again and again.

/** All who wait share one promise, so that waiting costs nothing where nobody does and leaks nothing where many do. */
export class Signal {
  #waiting: PromiseWithResolvers<void> | undefined

  /** Resolves at the next `fire`. */
  wait(): Promise<void> {
    return (this.#waiting ??= Promise.withResolvers<void>()).promise
  }

  fire(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    waiting.resolve()
  }
}

/** For what is ready already. */
export const DONE: Promise<void> = Promise.resolve()
