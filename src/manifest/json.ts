// manifest/json.ts: what is kept as it is, for tools and triggers that have checks of their own.
import type {Json, JsonTable} from './app.ts'
import {type Check, emptyRecord, wrongType} from './check.ts'
import type {TomlValue} from './toml.ts'

/** Any value, for tools and triggers that have checks of their own. */
export const json: Check<Json> = {expects: 'a value', read: value => toJson(value)}
export const jsonTable: Check<JsonTable> = {
  expects: 'a table',
  read: (value, path, reader) =>
    value.kind === 'table' ? (toJson(value) as JsonTable) : wrongType(value, path, reader, 'a table'),
}

/** Integers beyond 2^53, dates and the floats that JSON lacks become strings. */
function toJson(value: TomlValue): Json {
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
