// manifest/check.ts: a check reads one value, reports what is wrong with it, and goes on. Checks are made of checks.
import type {Named} from './app.ts'
import type {Mistakes, Spot} from './mistakes.ts'
import {nearest} from './nearest.ts'
import type {PlaceIndex} from './places.ts'
import type {TomlValue} from './toml.ts'
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

function remedyFor(value: TomlValue, expected: string): string {
  const {kind} = value
  if (
    kind === 'string' &&
    /^(?:true|false|\d+)$/.test(value.value) &&
    /^(?:true|a whole number)/.test(expected)
  )
    return 'remove the quotes'
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

export function didYouMean(name: string, known: Iterable<string>): string | undefined {
  const meant = nearest(name, known)
  return meant === undefined ? undefined : `did you mean ${quote(meant)}?`
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
