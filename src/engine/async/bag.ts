// engine/async/bag.ts: things in no order.

/** What is in a bag, in one at a time, knows where: coming and going cost no more than that. */
export interface InBag {
  /** -1 in no bag. */
  place: number
}

export class Bag<T extends InBag> implements Iterable<T> {
  readonly #items: T[] = []

  get size(): number {
    return this.#items.length
  }

  add(item: T): void {
    item.place = this.#items.push(item) - 1
  }

  has(item: T): boolean {
    return this.#items[item.place] === item
  }

  /** Whether it was in this bag. */
  delete(item: T): boolean {
    const {place} = item
    if (!this.has(item)) return false
    const last = this.#items.pop()!
    if (last !== item) {
      this.#items[place] = last
      last.place = place
    }
    item.place = -1
    return true
  }

  /** Empties it. */
  takeAll(): readonly T[] {
    const all = this.#items.splice(0)
    for (const item of all) item.place = -1
    return all
  }

  [Symbol.iterator](): Iterator<T> {
    return this.#items[Symbol.iterator]()
  }
}
