// engine/link/glue/source.ts: collects the emitted program: constants handed in, helper functions, statements.

/** Emitted code refers to values of ours by name; they are passed to the program when it is made. */
export class Source {
  readonly #lines: string[] = []
  readonly #constants = new Map<unknown, string>()
  readonly #values: unknown[] = []
  readonly #helpers = new Map<string, string>()
  #count = 0

  /** A fresh identifier. */
  name(prefix: string): string {
    return `${prefix}${this.#count++}`
  }

  line(text: string): void {
    this.#lines.push(text)
  }

  /** The name under which the program finds `value`. */
  constant(value: unknown, prefix = 'k'): string {
    let name = this.#constants.get(value)
    if (name === undefined) {
      name = `${prefix}${this.#values.length}_`
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

  get text(): string {
    return this.#lines.join('\n')
  }

  get constants(): {names: readonly string[]; values: readonly unknown[]} {
    return {names: [...this.#constants.values()], values: this.#values}
  }
}
