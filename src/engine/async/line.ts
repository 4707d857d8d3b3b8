// engine/async/line.ts: things in the order in which they came.

/** What stands in a line, in one at a time, has its neighbours in itself: coming and going cost no more than that. */
export interface InLine<T> {
  line: object | undefined
  ahead: T | undefined
  behind: T | undefined
}

export class Line<T extends InLine<T>> implements Iterable<T> {
  first: T | undefined
  #last: T | undefined
  size = 0

  add(item: T): void {
    const last = this.#last
    item.line = this
    item.ahead = last
    item.behind = undefined
    if (last === undefined) this.first = item
    else last.behind = item
    this.#last = item
    this.size++
  }

  delete(item: T): void {
    if (item.line !== this) return
    const {ahead, behind} = item
    if (ahead === undefined) this.first = behind
    else ahead.behind = behind
    if (behind === undefined) this.#last = ahead
    else behind.ahead = ahead
    item.line = undefined
    item.ahead = undefined
    item.behind = undefined
    this.size--
  }

  clear(): void {
    while (this.first !== undefined) this.delete(this.first)
  }

  /** While it goes on, the item that it gave last may leave. */
  *[Symbol.iterator](): Generator<T> {
    for (let item = this.first; item !== undefined; ) {
      const next: T | undefined = item.behind
      yield item
      item = next
    }
  }
}
