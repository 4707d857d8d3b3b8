// engine/async/lazy-promise.ts: promises that most of the time nobody waits for.

/** Told a value. An object, not a closure: one is there for every answer. */
export interface Taker<T> {
  taken(value: T): void
}

/**
 * A promise whose value may also be had at once, by `take`. What a promise costs, in being made, in settling and in being
 * collected, is paid only when somebody uses it as one: it inherits what promises can do, and becomes one in `then`.
 */
class Lazy<T> {
  #state: 'open' | 'known' | 'failed' = 'open'
  /** The value, or the reason. */
  #outcome: unknown
  #taker: Taker<T> | undefined
  #awaited: PromiseWithResolvers<T> | undefined

  static get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  get isKnown(): boolean {
    return this.#state === 'known'
  }

  /** Once it is known. */
  get value(): T {
    return this.#outcome as T
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then<A = T, B = never>(
    fulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    rejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#promise().then(fulfilled, rejected)
  }

  #promise(): Promise<T> {
    if (this.#state === 'known') return Promise.resolve(this.value)
    if (this.#state === 'failed') return Promise.reject(this.#outcome)
    this.#awaited ??= Promise.withResolvers<T>()
    return this.#awaited.promise
  }

  /** Tells `taker` the value, as soon as there is one; only the last one who asks is told. */
  take(taker: Taker<T>): void {
    if (this.isKnown) taker.taken(this.value)
    else this.#taker = taker
  }

  /** Resolves it; the first one counts. */
  settle(value: T): void {
    if (this.#state !== 'open') return
    this.#state = 'known'
    this.#outcome = value
    this.#awaited?.resolve(value)
    this.#taker?.taken(value)
  }

  /** Rejects it. */
  fail(reason: unknown): void {
    if (this.#state !== 'open') return
    this.#state = 'failed'
    this.#outcome = reason
    this.#awaited?.reject(reason)
  }
}

Object.setPrototypeOf(Lazy.prototype, Promise.prototype)

export type LazyPromise<T> = Lazy<T> & Promise<T>
export const LazyPromise = Lazy as unknown as new <T>() => LazyPromise<T>
