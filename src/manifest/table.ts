// manifest/table.ts: tables of fields as data.
import type {Named} from './app.ts'
import {badValue, type Check, didYouMean, emptyRecord, type Reader, wrongType} from './check.ts'
import type {Spot} from './mistakes.ts'
import type {TomlTable} from './toml.ts'
import {formatPath, type Path, quote} from './wording.ts'

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

type TableOptions = Readonly<{
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

const tableName = (path: Path): string => (path.length === 0 ? 'the manifest' : `[${formatPath(path)}]`)

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
