// test/reference/wave-reader.ts: values read from WAVE, by type; what the reader does not expect is an error.
import {ARRAYS, camel} from './arbitrary.ts'
import type {Type} from './type.ts'

const TOKEN =
  /[\s]*([{}()[\]:,]|-inf|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|%?[a-zA-Z][a-zA-Z0-9-]*|'(?:\\.[^']*|[^\\'])'|"(?:\\.|[^\\"])*")/uy
const ESCAPE = /\\(?:u\{([0-9a-fA-F]+)\}|(.))/gu
const ESCAPED: Readonly<Record<string, string>> = {t: '\t', r: '\r', n: '\n'}

export function readWave(type: Type, text: string): unknown {
  const reader = new Reader(text)
  const value = reader.value(type)
  reader.end()
  return value
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  end(): void {
    if (this.#text.slice(this.#at).trim() !== '') throw this.#wrong('the end')
  }

  value(type: Type): unknown {
    switch (type.kind) {
      case 'bool':
        return this.#one('true', 'false') === 'true'
      case 's64':
      case 'u64':
        return BigInt(this.#matching(/^-?\d+$/, 'an integer'))
      case 'f32':
      case 'f64':
        return this.#float(type.kind)
      case 'char':
      case 'string':
        return this.#chars(type.kind === 'char' ? "'" : '"')
      case 'list': {
        const items = this.#between('[', ']', () => this.value(type.of))
        return ARRAYS[type.of.kind]?.from(items) ?? items
      }
      case 'tuple':
        return this.#between('(', ')', i => this.value(type.of[i]!))
      case 'record':
        return this.#record(type.fields)
      case 'flags': {
        const set = this.#between('{', '}', () => this.#one(...type.labels))
        return Object.fromEntries(type.labels.map(label => [camel(label), set.includes(label)]))
      }
      case 'enum':
        return this.#label(type.labels)
      case 'variant': {
        const tag = this.#label(type.cases.map(([label]) => label))
        const of = type.cases.find(([label]) => label === tag)![1]
        return of === undefined ? {tag} : {tag, val: this.#payload(of)}
      }
      case 'option': {
        const tag = this.#one('none', 'some')
        if (type.of.kind === 'option') return tag === 'none' ? {tag} : {tag, val: this.#payload(type.of)}
        return tag === 'none' ? undefined : this.#payload(type.of)
      }
      case 'result': {
        const tag = this.#one('ok', 'err')
        const of = tag === 'ok' ? type.ok : type.err
        return {tag, val: of === undefined ? undefined : this.#payload(of)}
      }
      case 'map':
      case 'own':
      case 'borrow':
        throw new Error(`WAVE has no ${type.kind}`)
      default:
        return Number(this.#matching(/^-?\d+$/, 'an integer'))
    }
  }

  #float(kind: 'f32' | 'f64'): number {
    const token = this.#matching(/^(nan|-?inf|-?\d.*)$/, 'a float')
    if (token === 'nan') return Number.NaN
    const value = Number(token.replace('inf', 'Infinity'))
    return kind === 'f32' ? Math.fround(value) : value
  }

  #chars(quote: string): string {
    const token = this.#matching(new RegExp(`^${quote}`), `a ${quote}`)
    return token
      .slice(1, -1)
      .replace(ESCAPE, (_, code: string | undefined, char: string) =>
        code === undefined ? (ESCAPED[char] ?? char) : String.fromCodePoint(Number.parseInt(code, 16)),
      )
  }

  /** Options that are none may be left out; a record without fields is `{:}`. */
  #record(fields: readonly (readonly [string, Type])[]): unknown {
    const found = new Map<string, unknown>()
    this.#one('{')
    if (this.#peek() === ':') this.#one(':')
    else
      do {
        const label = this.#one(...fields.map(([name]) => name))
        this.#one(':')
        found.set(label, this.value(fields.find(([name]) => name === label)![1]))
      } while (this.#peek() === ',' && this.#one(','))
    this.#one('}')
    return Object.fromEntries(
      fields.map(([label, of]) => {
        if (found.has(label)) return [camel(label), found.get(label)]
        if (of.kind !== 'option') throw this.#wrong(`a field ${label}`)
        return [camel(label), of.of.kind === 'option' ? {tag: 'none'} : undefined]
      }),
    )
  }

  #label(labels: readonly string[]): string {
    return this.#one(...labels, ...labels.map(label => `%${label}`)).replace('%', '')
  }

  #payload(type: Type): unknown {
    this.#one('(')
    const value = this.value(type)
    this.#one(')')
    return value
  }

  #between<T>(open: string, close: string, item: (i: number) => T): T[] {
    const items: T[] = []
    this.#one(open)
    while (this.#peek() !== close) {
      if (items.length > 0) this.#one(',')
      items.push(item(items.length))
    }
    this.#one(close)
    return items
  }

  #peek(): string {
    TOKEN.lastIndex = this.#at
    return TOKEN.exec(this.#text)?.[1] ?? ''
  }

  #one(...wanted: readonly string[]): string {
    const token = this.#peek()
    if (!wanted.includes(token)) throw this.#wrong(wanted.slice(0, 5).join(' or '))
    this.#at = TOKEN.lastIndex
    return token
  }

  #matching(pattern: RegExp, what: string): string {
    const token = this.#peek()
    if (!pattern.test(token)) throw this.#wrong(what)
    this.#at = TOKEN.lastIndex
    return token
  }

  #wrong(wanted: string): Error {
    return new Error(`expected ${wanted} at ${this.#at} of ${this.#text}`)
  }
}
