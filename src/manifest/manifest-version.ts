// manifest/manifest-version.ts: which version a manifest is of.
import type {Reader} from './check.ts'
import type {TomlTable} from './toml.ts'
import {describe} from './wording.ts'

const EXPECTED = '2, or "1" for the syntax of old'

/** The version as stated; when that is wrong it is reported and the version guessed, to go on. */
export function manifestVersion({entries, at}: TomlTable, {mistakes, whole}: Reader): 1 | 2 {
  const value = (entries.get('spin_manifest_version') ?? entries.get('spin_version'))?.value
  if (value?.kind === 'integer' && value.value === 2n) return 2
  if (value?.kind === 'string' && value.value === '1') return 1
  const guess = entries.get('component')?.value.kind === 'array' && !entries.has('application') ? 1 : 2
  if (value !== undefined)
    mistakes.add('MANIFEST_BAD_VALUE', value.at, [], () => ({
      field: 'spin_manifest_version',
      expected: EXPECTED,
      found: describe(value),
      remedy: `write spin_manifest_version = ${guess === 2 ? '2, a number without quotes' : '"1", a string in quotes'}`,
    }))
  else if (whole)
    mistakes.add('MANIFEST_MISSING_FIELD', at, [], () => ({
      name: 'spin_manifest_version',
      table: 'the manifest',
      expected: EXPECTED,
      remedy: 'add spin_manifest_version = 2 at the top',
    }))
  return guess
}
