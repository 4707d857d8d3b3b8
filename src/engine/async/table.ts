// engine/async/table.ts: indices for things (CanonicalABI.md, Table State).
import {truncate} from '../../base/truncate.ts'
import {trap} from '../abi/trap.ts'

/** What a component instance names by index: waitables and their sets, error contexts, and resource handles beside them. */
export interface EntryTable<Entry> extends Iterable<Entry> {
  /** @throws TRAP_BAD_HANDLE when the table is full */
  put(entry: Entry): number
  /** @throws TRAP_BAD_HANDLE */
  entry(index: number): Entry
  /** Frees the index. @throws TRAP_BAD_HANDLE */
  take(index: number): Entry
}

/** The specification allows 2^28 - 1, which would be more than a process has memory for. */
const MAX_ENTRIES = 2 ** 20

/** Index 0 is never given. Freed indices are given again, the last one first. */
export class Table<Entry extends object> implements EntryTable<Entry> {
  readonly #what: string
  readonly #limit: number
  readonly #entries: (Entry | undefined)[] = [undefined]
  readonly #free: number[] = []

  constructor(what: string, limit = MAX_ENTRIES) {
    this.#what = what
    this.#limit = limit
  }

  put(entry: Entry): number {
    const free = this.#free.pop()
    if (free !== undefined) {
      this.#entries[free] = entry
      return free
    }
    if (this.#entries.length > this.#limit)
      trap('TRAP_BAD_HANDLE', `it holds more than ${this.#limit} ${this.#what}s`)
    return this.#entries.push(entry) - 1
  }

  entry(index: number): Entry {
    const entry = this.#entries[index]
    if (entry === undefined)
      trap('TRAP_BAD_HANDLE', `there is none at ${index}: unknown ${this.#what} index ${index}`)
    return entry
  }

  take(index: number): Entry {
    const entry = this.entry(index)
    this.#entries[index] = undefined
    this.#free.push(index)
    return entry
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (const entry of this.#entries) if (entry !== undefined) yield entry
  }

  get size(): number {
    return this.#entries.length - 1 - this.#free.length
  }

  /** Forgets everything; the first index given is 1 again. */
  clear(): void {
    truncate(this.#entries, 1)
    truncate(this.#free, 0)
  }
}
