// manifest/toml.ts: TOML 1.0 text -> values that know where they stand.
import type {AST} from 'toml-eslint-parser'
import {lineTable} from './lines.ts'
import type {Mistakes, Spot} from './mistakes.ts'
import {DEEPEST, overLimit} from './toml-scan.ts'
import {parseLeniently} from './toml-syntax.ts'

export type TomlText = Readonly<{kind: 'string' | 'datetime'; value: string; at: Spot}>
export type TomlNumber = Readonly<
  {kind: 'integer'; value: bigint; at: Spot} | {kind: 'float'; value: number; at: Spot}
>
export type TomlBoolean = Readonly<{kind: 'boolean'; value: boolean; at: Spot}>
export type TomlArray = Readonly<{kind: 'array'; items: TomlValue[]; at: Spot}>
/** `at` is the header, brace or key that opened the table. */
export type TomlTable = Readonly<{kind: 'table'; entries: Map<string, TomlEntry>; at: Spot}>
export type TomlEntry = Readonly<{keyAt: Spot; value: TomlValue}>
export type TomlValue = TomlText | TomlNumber | TomlBoolean | TomlArray | TomlTable

const INT64 = 2n ** 63n

/**
 * Reads what can be read. What is not TOML is reported and left out; `whole` says that nothing was, and only then may
 * something be said to be missing.
 */
export function readToml(source: string, mistakes: Mistakes): {root: TomlTable; whole: boolean} {
  const text = source.replace(/^\ufeff/, '')
  const root = emptyTable({line: 1, column: 1})
  const spotOf = lineTable(text)
  const over = overLimit(text)
  if (over !== undefined) {
    mistakes.add('MANIFEST_SYNTAX', spotOf(over.offset), [], () => ({
      reason: over.reason,
      remedy: NEVER_SO_MUCH,
    }))
    return {root, whole: false}
  }
  const {program, mistakes: wrong} = parseLeniently(text)
  for (const {offset, ...words} of wrong) mistakes.add('MANIFEST_SYNTAX', spotOf(offset), [], () => words)
  const clean = program === undefined || fill(root, program.body[0], mistakes)
  return {root, whole: clean && wrong.length === 0}
}

const emptyTable = (at: Spot): TomlTable => ({kind: 'table', entries: new Map(), at})
const startOf = ({loc}: AST.TOMLNode): Spot => ({line: loc.start.line, column: loc.start.column + 1})

const NEVER_SO_MUCH = 'no field of a manifest needs as much'

function fill(root: TomlTable, top: AST.TOMLTopLevelTable, mistakes: Mistakes): boolean {
  const builder = new Builder(mistakes)
  for (const node of top.body) {
    if (node.type === 'TOMLKeyValue') builder.assign(root, node, 0)
    else {
      const table = builder.open(root, node)
      if (table !== undefined) for (const pair of node.body) builder.assign(table, pair, node.key.keys.length)
    }
  }
  return builder.clean
}

class Builder {
  clean = true
  readonly #mistakes: Mistakes

  constructor(mistakes: Mistakes) {
    this.#mistakes = mistakes
  }

  /** The table that a header names. */
  open(root: TomlTable, {key, kind, loc}: AST.TOMLTable): TomlTable | undefined {
    const at = {line: loc.start.line, column: loc.start.column + 1}
    const parent = this.#walk(root, key, 0)
    if (parent === undefined) return undefined
    const name = nameOf(key.keys.at(-1)!)
    const found = parent.entries.get(name)
    if (kind === 'array') {
      const array: TomlValue = found?.value ?? {kind: 'array', items: [], at}
      if (array.kind !== 'array') return this.#twice(key)
      const table = emptyTable(at)
      array.items.push(table)
      if (found === undefined) parent.entries.set(name, {keyAt: at, value: array})
      return table
    }
    if (found !== undefined && found.value.kind !== 'table') return this.#twice(key)
    // A table that so far was only part of another's header is from now on where its own header stands.
    const table: TomlTable = {
      kind: 'table',
      entries: found?.value.kind === 'table' ? found.value.entries : new Map(),
      at,
    }
    parent.entries.set(name, {keyAt: at, value: table})
    return table
  }

  assign(table: TomlTable, {key, value}: AST.TOMLKeyValue, depth: number): void {
    const parent = this.#walk(table, key, depth)
    const last = key.keys.at(-1)!
    if (parent === undefined) return
    if (parent.entries.has(nameOf(last))) this.#twice(key)
    else
      parent.entries.set(nameOf(last), {
        keyAt: startOf(last),
        value: this.#value(value, depth + key.keys.length),
      })
  }

  /** Goes to the table that holds the last part of a dotted key, making what is not there. */
  #walk(table: TomlTable, key: AST.TOMLKey, depth: number): TomlTable | undefined {
    if (depth + key.keys.length > DEEPEST) {
      return this.#reject(startOf(key), `tables nest deeper than ${DEEPEST}`, NEVER_SO_MUCH)
    }
    for (const part of key.keys.slice(0, -1)) {
      const found = table.entries.get(nameOf(part))?.value
      const next = found?.kind === 'array' ? found.items.at(-1) : found
      if (next !== undefined && next.kind !== 'table') return this.#twice(key)
      if (next === undefined) {
        const made = emptyTable(startOf(part))
        table.entries.set(nameOf(part), {keyAt: made.at, value: made})
        table = made
      } else table = next
    }
    return table
  }

  #value(node: AST.TOMLContentNode, depth: number): TomlValue {
    const at = startOf(node)
    if (node.type === 'TOMLArray')
      return {kind: 'array', items: node.elements.map(element => this.#value(element, depth + 1)), at}
    if (node.type === 'TOMLInlineTable') {
      const table = emptyTable(at)
      for (const pair of node.body) this.assign(table, pair, depth + 1)
      return table
    }
    switch (node.kind) {
      case 'string':
        return {kind: 'string', value: node.value, at}
      case 'boolean':
        return {kind: 'boolean', value: node.value, at}
      case 'float':
        return {kind: 'float', value: node.value, at}
      case 'integer':
        if (node.bigint < -INT64 || node.bigint >= INT64)
          this.#reject(at, 'an integer does not fit into 64 bits', 'write a smaller one, or a string')
        return {kind: 'integer', value: node.bigint, at}
      default:
        return {kind: 'datetime', value: node.datetime, at}
    }
  }

  #twice(key: AST.TOMLKey): undefined {
    return this.#reject(startOf(key), 'this is defined twice', 'keep one of the two')
  }

  #reject(at: Spot, reason: string, remedy: string): undefined {
    this.clean = false
    this.#mistakes.add('MANIFEST_SYNTAX', at, [], () => ({reason, remedy}))
  }
}

const nameOf = (part: AST.TOMLBare | AST.TOMLQuoted): string =>
  part.type === 'TOMLBare' ? part.name : part.value
