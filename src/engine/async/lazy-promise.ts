// engine/async/lazy-promise.ts: promises that most of the time nobody waits for.

/**
 * A promise whose value may also be had at once, by `take`. What a promise costs, in being made, in settling and in being
 * collected, is paid only when somebody uses it as one: it inherits what promises can do, and becomes one in `then`.
 */
class Lazy<T> {
  #known: {readonly value: T} | undefined
  #failed: {readonly reason: unknown} | undefined
  #taker: ((value: T) => void) | undefined
  #awaited: PromiseWithResolvers<T> | undefined

  static get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  get known(): {readonly value: T} | undefined {
    return this.#known
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#promise().then(fulfilled, rejected)
  }

  #promise(): Promise<T> {
    if (this.#known !== undefined) return Promise.resolve(this.#known.value)
    if (this.#failed !== undefined) return Promise.reject(this.#failed.reason)
    this.#awaited ??= Promise.withResolvers<T>()
    return this.#awaited.promise
  }

  /** Calls `taker` with the value, as soon as there is one; only the last one who asks is told. */
  take(taker: (value: T) => void): void {
    if (this.#known === undefined) this.#taker = taker
    else taker(this.#known.value)
  }

  /** Resolves it; the first one counts. */
  settle(value: T): void {
    if (this.#known !== undefined || this.#failed !== undefined) return
    this.#known = {value}
    this.#awaited?.resolve(value)
    this.#taker?.(value)
  }

  /** Rejects it. */
  fail(reason: unknown): void {
    if (this.#known !== undefined || this.#failed !== undefined) return
    this.#failed = {reason}
    this.#awaited?.reject(reason)
  }
}

Object.setPrototypeOf(Lazy.prototype, Promise.prototype)

export type LazyPromise<T> = Lazy<T> & Promise<T>
export const LazyPromise = Lazy as unknown as new <T>() => LazyPromise<T>
