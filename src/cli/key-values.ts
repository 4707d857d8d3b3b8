// cli/key-values.ts: the values of --env and --variable.
import {resolve} from 'node:path'
import {MayflyError} from '../base/errors.ts'

export type ReadText = (path: string) => string

/**
 * Reads 'NAME=VALUE' pairs; a later one replaces an earlier one.
 * @throws CLI_BAD_VALUE
 */
export function parsePairs(option: string, pairs: readonly string[]): Map<string, string> {
  const values = new Map<string, string>()
  for (const pair of pairs) {
    const equals = pair.indexOf('=')
    if (equals < 1) throw bad(option, pair, 'it is no NAME=VALUE')
    values.set(pair.slice(0, equals), pair.slice(equals + 1))
  }
  return values
}

/**
 * Reads --variable as Spin does: 'name=value', 'name=@file' (the file's text is the value), '@file.json' and
 * '@file.toml' (one value for each name at the top level). A later one replaces an earlier one.
 * @throws CLI_BAD_VALUE, and what `readText` throws
 */
export async function parseVariables(
  given: readonly string[],
  {cwd, readText}: {cwd: string; readText: ReadText},
): Promise<Map<string, string>> {
  const values = new Map<string, string>()
  for (const one of given) {
    if (one.startsWith('@')) {
      const path = resolve(cwd, one.slice(1))
      for (const [name, value] of await readTable(one, path, readText)) values.set(name, value)
      continue
    }
    for (const [name, value] of parsePairs('--variable', [one])) {
      values.set(name, value.startsWith('@') ? readText(resolve(cwd, value.slice(1))) : value)
    }
  }
  return values
}

async function readTable(given: string, path: string, readText: ReadText): Promise<[string, string][]> {
  const text = readText(path)
  let table: unknown
  try {
    if (path.endsWith('.json')) table = JSON.parse(text)
    else if (path.endsWith('.toml')) table = await readToml(text)
    else throw new Error('a file of variables is named .json or .toml')
  } catch (error) {
    throw bad('--variable', given, (error as Error).message)
  }
  if (typeof table !== 'object' || table === null || Array.isArray(table)) {
    throw bad('--variable', given, 'the file holds no table of names and values')
  }
  return Object.entries(table).map(([name, value]) => {
    if (typeof value === 'object') throw bad('--variable', given, `the value of ${name} is not a string`)
    return [name, String(value)]
  })
}

async function readToml(text: string): Promise<unknown> {
  const {getStaticTOMLValue, parseTOML} = await import('toml-eslint-parser')
  return getStaticTOMLValue(parseTOML(text))
}

const bad = (option: string, value: string, reason: string): MayflyError =>
  new MayflyError('CLI_BAD_VALUE', {option, value, reason})
