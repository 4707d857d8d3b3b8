// manifest/references.ts: what is named in one place must be declared in another.
import {didYouMean, duplicateId, type Reader} from './check.ts'
import type {TomlTable} from './toml.ts'
import {formatPath, quote} from './wording.ts'

const HOW = {
  component: {table: 'component', declare: 'declare it: [component.<id>]'},
  variable: {table: 'variables', declare: 'declare it: [variables] name = { default = "..." }'},
} as const

/** Reports what was referred to and is not declared. Says nothing when text is missing: it may have been there. */
export function checkReferences(root: TomlTable, reader: Reader): void {
  if (!reader.whole) return
  for (const {kind, name, at, path} of reader.references) {
    const declared = root.entries.get(HOW[kind].table)?.value
    const names = declared?.kind === 'table' ? declared.entries : new Map<string, unknown>()
    if (names.has(name)) continue
    reader.mistakes.add('MANIFEST_UNKNOWN_REFERENCE', at, path.slice(0, -1), () => ({
      field: formatPath(path),
      kind,
      name: quote(name),
      remedy: didYouMean(name, names.keys()) ?? HOW[kind].declare,
    }))
  }
}

/** Reports ids that two triggers have. */
export function checkTriggerIds(root: TomlTable, reader: Reader): void {
  const triggers = root.entries.get('trigger')?.value
  if (triggers?.kind !== 'table') return
  const seen = new Set<string>()
  for (const [type, {value: list}] of triggers.entries) {
    if (list.kind !== 'array') continue
    for (const [index, item] of list.items.entries()) {
      const id = item.kind === 'table' ? item.entries.get('id')?.value : undefined
      if (id?.kind !== 'string' || id.value === '') continue
      if (seen.has(id.value)) duplicateId(id, ['trigger', type, index, 'id'], reader)
      seen.add(id.value)
    }
  }
}
