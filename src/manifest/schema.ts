// manifest/schema.ts: tables of fields as data. A check reads one value, reports what is wrong with it, and goes on.
import type {Json, JsonTable, Named} from './app.ts'
import type {Mistakes, Spot} from './mistakes.ts'
import {nearest} from './nearest.ts'
import type {PlaceIndex} from './places.ts'
import type {TomlTable, TomlValue} from './toml.ts'
import {describe, formatPath, oneOf, type Path, quote} from './wording.ts'

/** What names something declared elsewhere; looked up when all is read. */
export type Reference = Readonly<{kind: 'component' | 'variable'; name: string; at: Spot; path: Path}>

export type Reader = Readonly<{
  mistakes: Mistakes
  places: PlaceIndex
  references: Reference[]
  /** False when some text was no TOML: what seems missing may have been there. */
  whole: boolean
}>

/**
 * Reads a value of one shape. `read` returns undefined only after it has reported why; a value that was read while
 * mistakes were reported is never used further.
 */
export type Check<T> = Readonly<{
  /** `a string`; completes "expected ...". */
  expects: string
  read(value: TomlValue, path: Path, reader: Reader): T | undefined
}>

export type Field<T> = Readonly<{
  check: Check<unknown>
  required: boolean
  fallback: () => T
  example?: string
}>
export type Fields = Readonly<Record<string, Field<unknown>>>
export type Read<F extends Fields> = {readonly [Name in keyof F]: F[Name] extends Field<infer T> ? T : never}

/** What stands for a field that is missing is never used: that it is missing is a mistake. */
export function required<T>(check: Check<T>, example?: string): Field<T> {
  const field = {check, required: true, fallback: () => undefined as T}
  return example === undefined ? field : {...field, example}
}

export function optional<T>(check: Check<T>): Field<T | undefined>
export function optional<T, U>(check: Check<T>, fallback: U): Field<T | U>
export function optional(check: Check<unknown>, fallback?: unknown): Field<unknown> {
  return {check, required: false, fallback: () => fallback}
}

export function wrongType(
  value: TomlValue,
  path: Path,
  reader: Reader,
  expected: string,
  remedy?: string,
): undefined {
  reader.mistakes.add('MANIFEST_WRONG_TYPE', value.at, path.slice(0, -1), () => ({
    field: formatPath(path),
    expected,
    found: describe(value),
    remedy: remedy ?? remedyFor(value, expected),
  }))
}

function remedyFor({kind}: TomlValue, expected: string): string {
  if (kind === 'string' && /^(?:true|a whole number)/.test(expected)) return 'remove the quotes'
  if (kind !== 'string' && kind !== 'array' && kind !== 'table' && /string|path|"/.test(expected))
    return 'put it in quotes'
  if (kind !== 'array' && /^an array/.test(expected)) return 'put it in brackets: [ ... ]'
  return `write ${expected}`
}

export function badValue(
  value: TomlValue,
  path: Path,
  reader: Reader,
  expected: string,
  remedy?: string,
): undefined {
  reader.mistakes.add('MANIFEST_BAD_VALUE', value.at, path.slice(0, -1), () => ({
    field: formatPath(path),
    expected,
    found: describe(value),
    remedy: remedy ?? `write ${expected}`,
  }))
}

export const text: Check<string> = {
  expects: 'a string',
  read: (value, path, reader) =>
    value.kind === 'string' ? value.value : wrongType(value, path, reader, 'a string'),
}

export const flag: Check<boolean> = {
  expects: 'true or false',
  read: (value, path, reader) =>
    value.kind === 'boolean' ? value.value : wrongType(value, path, reader, 'true or false'),
}

export function integer({least, most}: {least: number; most: number}): Check<number> {
  const expects = `a whole number from ${least} to ${most}`
  return {
    expects,
    read(value, path, reader) {
      if (value.kind !== 'integer') return wrongType(value, path, reader, expects)
      if (value.value < BigInt(least) || value.value > BigInt(most))
        return badValue(value, path, reader, expects)
      return Number(value.value)
    },
  }
}

export function choice<const T extends string>(...names: T[]): Check<T> {
  const expects = oneOf(names.map(name => `"${name}"`))
  return {
    expects,
    read(value, path, reader) {
      if (value.kind !== 'string') return wrongType(value, path, reader, expects)
      const found = names.find(name => name === value.value)
      return found ?? badValue(value, path, reader, expects, didYouMean(value.value, names))
    },
  }
}

/** A string with a rule: `problem` says what is wrong with it, and perhaps what to do. */
export function textWhere(
  expects: string,
  problem: (text: string) => string | true | undefined,
): Check<string> {
  return {
    expects,
    read(value, path, reader) {
      if (value.kind !== 'string') return wrongType(value, path, reader, expects)
      const wrong = problem(value.value)
      if (wrong === undefined) return value.value
      return badValue(value, path, reader, expects, wrong === true ? undefined : wrong)
    },
  }
}

export function list<T>(item: Check<T>, expects = 'an array', remedy?: string): Check<readonly T[]> {
  return {
    expects,
    read(value, path, reader) {
      if (value.kind !== 'array') return wrongType(value, path, reader, expects, remedy)
      return value.items.flatMap((element, index) => {
        reader.places.set([...path, index], element.at)
        const read = item.read(element, [...path, index], reader)
        return read === undefined ? [] : [read]
      })
    },
  }
}

/** A table whose keys are the user's; `name` is the rule that they follow. */
export function named<T>(item: Check<T>, name?: Check<string>, remedy?: string): Check<Named<T>> {
  return {
    expects: 'a table',
    read(value, path, reader) {
      if (value.kind !== 'table') return wrongType(value, path, reader, 'a table', remedy)
      const record = emptyRecord<T>()
      for (const [key, {keyAt, value: entry}] of value.entries) {
        name?.read({kind: 'string', value: key, at: keyAt}, [...path, key], reader)
        reader.places.set([...path, key], entry.at)
        const read = item.read(entry, [...path, key], reader)
        if (read !== undefined) record[key] = read
      }
      return record
    },
  }
}

/** No prototype, in all records with names of the user's: a field called `constructor` or `__proto__` is a field like any other. */
export const emptyRecord = <T>(): Record<string, T> => Object.create(null) as Record<string, T>

/** Picks the check by the kind of the value. */
export function either<T>(expects: string, checks: Partial<Record<TomlValue['kind'], Check<T>>>): Check<T> {
  return {
    expects,
    read: (value, path, reader) =>
      checks[value.kind]?.read(value, path, reader) ??
      (checks[value.kind] ? undefined : wrongType(value, path, reader, expects)),
  }
}

/** Changes what was read; `undefined` means that it has reported a mistake. */
export function then<T, U>(
  check: Check<T>,
  change: (read: T, value: TomlValue, path: Path, reader: Reader) => U | undefined,
): Check<U> {
  return {
    expects: check.expects,
    read(value, path, reader) {
      const read = check.read(value, path, reader)
      return read === undefined ? undefined : change(read, value, path, reader)
    },
  }
}

export type TableOptions = Readonly<{
  /** What to say of names that are known from elsewhere. */
  elsewhere?: Readonly<Record<string, string>>
}>

/** A table with known fields; others are mistakes. */
export function table<const F extends Fields>(fields: F, options: TableOptions = {}): Check<Read<F>> {
  return {
    expects: 'a table',
    read(value, path, reader) {
      if (value.kind !== 'table') return wrongType(value, path, reader, 'a table')
      for (const [name, {keyAt}] of value.entries)
        if (!Object.hasOwn(fields, name)) unknownField(name, keyAt, path, reader, fields, options)
      return readFields(value, path, reader, fields)
    },
  }
}

/** A table with known fields and any others, of one shape. */
export function openTable<const F extends Fields, T>(
  fields: F,
  other: Check<T>,
): Check<Read<F> & {readonly rest: Named<T>}> {
  return {
    expects: 'a table',
    read(value, path, reader) {
      if (value.kind !== 'table') return wrongType(value, path, reader, 'a table')
      const rest = emptyRecord<T>()
      for (const [name, {value: entry}] of value.entries) {
        if (Object.hasOwn(fields, name)) continue
        reader.places.set([...path, name], entry.at)
        const read = other.read(entry, [...path, name], reader)
        if (read !== undefined) rest[name] = read
      }
      return {...readFields(value, path, reader, fields), rest}
    },
  }
}

function readFields<F extends Fields>(value: TomlTable, path: Path, reader: Reader, fields: F): Read<F> {
  const record: Record<string, unknown> = {}
  for (const [name, {check, required, fallback, example}] of Object.entries(fields)) {
    const entry = value.entries.get(name)
    if (entry !== undefined) {
      reader.places.set([...path, name], entry.value.at)
      record[name] = check.read(entry.value, [...path, name], reader)
    } else {
      record[name] = fallback()
      if (required && reader.whole) missing(name, value, path, reader, check.expects, example)
    }
  }
  return record as Read<F>
}

function missing(
  name: string,
  {at}: TomlTable,
  path: Path,
  {mistakes}: Reader,
  expected: string,
  example?: string,
): void {
  mistakes.add('MANIFEST_MISSING_FIELD', at, path, () => ({
    name,
    table: tableName(path),
    expected,
    remedy: `add ${example ?? `${name} = ...`}`,
  }))
}

function unknownField(
  name: string,
  at: Spot,
  path: Path,
  {mistakes}: Reader,
  fields: Fields,
  {elsewhere}: TableOptions,
): void {
  const known = Object.keys(fields)
  mistakes.add('MANIFEST_UNKNOWN_FIELD', at, path, () => ({
    name: quote(name),
    table: tableName(path),
    remedy:
      (elsewhere !== undefined && Object.hasOwn(elsewhere, name) ? elsewhere[name] : undefined) ??
      didYouMean(name, known) ??
      (known.length === 0 ? 'remove it' : `its fields are ${known.join(', ')}`),
  }))
}

export const tableName = (path: Path): string =>
  path.length === 0 ? 'the manifest' : `[${formatPath(path)}]`

export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  const meant = nearest(name, known)
  return meant === undefined ? undefined : `did you mean ${quote(meant)}?`
}

/** Any value, for tools and triggers that have checks of their own. */
export const json: Check<Json> = {expects: 'a value', read: value => toJson(value)}
export const jsonTable: Check<JsonTable> = {
  expects: 'a table',
  read: (value, path, reader) =>
    value.kind === 'table' ? (toJson(value) as JsonTable) : wrongType(value, path, reader, 'a table'),
}

/** Integers beyond 2^53, dates and the floats that JSON lacks become strings. */
export function toJson(value: TomlValue): Json {
  switch (value.kind) {
    case 'integer':
      return Number.isSafeInteger(Number(value.value)) ? Number(value.value) : String(value.value)
    case 'float':
      return Number.isFinite(value.value) ? value.value : String(value.value)
    case 'array':
      return value.items.map(toJson)
    case 'table': {
      const record = emptyRecord<Json>()
      for (const [name, entry] of value.entries) record[name] = toJson(entry.value)
      return record
    }
    default:
      return value.value
  }
}

/** A rule between the fields of a table, which may hold mistakes of their own. */
export function ruled<T>(
  check: Check<T>,
  rule: (table: TomlTable, path: Path, reader: Reader) => void,
): Check<T> {
  return {
    expects: check.expects,
    read(value, path, reader) {
      const read = check.read(value, path, reader)
      if (value.kind === 'table') rule(value, path, reader)
      return read
    },
  }
}

/** Tables that differ by the field which only they have. */
export function shapes<T>(expects: string, checks: Readonly<Record<string, Check<T>>>): Check<T> {
  return {
    expects,
    read(value, path, reader) {
      if (value.kind !== 'table') return wrongType(value, path, reader, expects)
      const mark = Object.keys(checks).find(name => value.entries.has(name))
      if (mark !== undefined) return checks[mark]!.read(value, path, reader)
      // Any of the shapes tells a misspelt field; without one, say which fields make the difference.
      const [entry] = value.entries
      const meant = entry && didYouMean(entry[0], Object.keys(checks))
      return badValue(value, path, reader, expects, meant)
    },
  }
}

export type Conflict = Readonly<{reason: string; remedy?: string}>

/** Reports a rule between fields that the table breaks. */
export function conflict(at: Spot, path: Path, reader: Reader, details: Conflict): undefined {
  reader.mistakes.add('MANIFEST_CONFLICT', at, path, () => details)
}

export function duplicateId(value: TomlValue, path: Path, reader: Reader): undefined {
  return conflict(value.at, path.slice(0, -1), reader, {
    reason: `${formatPath(path)}: ${describe(value)} is the id of another one already`,
    remedy: 'give each an id of its own',
  })
}
