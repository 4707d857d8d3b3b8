// base/queue.ts: first in, first out.

/** So much room of items that were taken is given back together. */
const SPENT = 1024

/** Each step takes the same time, however many wait; the array is kept. */
export class Queue<T> {
  readonly #items: (T | undefined)[] = []
  #at = 0

  get empty(): boolean {
    return this.#items.length === 0
  }

  push(item: T): void {
    this.#items.push(item)
  }

  take(): T | undefined {
    if (this.#items.length === 0) return undefined
    const item = this.#items[this.#at]
    this.#items[this.#at++] = undefined
    if (this.#at === this.#items.length) {
      this.#items.length = 0
      this.#at = 0
    } else if (this.#at > SPENT && this.#at * 2 > this.#items.length) {
      this.#items.splice(0, this.#at)
      this.#at = 0
    }
    return item
  }

  clear(): void {
    this.#items.length = 0
    this.#at = 0
  }
}
