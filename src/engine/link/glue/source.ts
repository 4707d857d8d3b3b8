// engine/link/glue/source.ts: collects the emitted program: constants handed in, helper functions, statements.
import {MayflyError} from '../../../base/errors.ts'
import type {Type} from '../../abi/types.ts'
import {TypeTable} from './type-table.ts'

/** V8 gives up somewhere above 200,000 variables in one function, and takes the process with it. */
const MAX_NAMES = 100_000
/** In characters; what a value's part comes to at least. */
const MAX_SOURCE = 2 ** 26
const PART = 16

/** Emitted code refers to values of ours by name; they are passed to the program when it is made. */
export class Source {
  readonly #lines: string[] = []
  readonly #constants = new Map<unknown, string>()
  readonly #values: unknown[] = []
  readonly #helpers = new Map<string, string>()
  #count = 0
  #size = 0
  readonly #types = new TypeTable()
  readonly #who: string

  constructor(who: string) {
    this.#who = who
  }

  /** Types may share parts, so that few bytes of a component could ask for endless source. */
  #limit(size: number): void {
    this.#size += size
    if (this.#size > MAX_SOURCE || this.#count > MAX_NAMES)
      throw new MayflyError('LINK_UNSUPPORTED', {
        who: this.#who,
        feature: 'more functions and types than one sandbox can hold',
        remedy: 'split it into smaller components',
      })
  }

  /** Counts a part of an expression that is being put together. */
  part(): void {
    this.#limit(PART)
  }

  /** A fresh identifier. */
  name(prefix: string): string {
    return `${prefix}${this.#count++}`
  }

  line(text: string): void {
    this.#count++
    this.#limit(text.length)
    this.#lines.push(text)
  }

  /** The name under which the program finds `value`. */
  constant(value: unknown, prefix = 'k'): string {
    let name = this.#constants.get(value)
    if (name === undefined) {
      name = `${prefix}${this.#values.length}_`
      this.#count++
      this.#constants.set(value, name)
      this.#values.push(value)
    }
    return name
  }

  /** Emits a helper once per key; `write` returns its source, given its name. Recursion finds the name at once. */
  helper(key: string, prefix: string, write: (name: string) => string): string {
    let name = this.#helpers.get(key)
    if (name === undefined) {
      name = this.name(prefix)
      this.#helpers.set(key, name)
      this.line(write(name))
    }
    return name
  }

  /** The one object that stands for `type` and all types of the same structure. */
  type(type: Type): Type {
    return this.#types.canonical(type)
  }

  get text(): string {
    return this.#lines.join('\n')
  }

  get constants(): {names: readonly string[]; values: readonly unknown[]} {
    return {names: [...this.#constants.values()], values: this.#values}
  }
}
