// manifest/wording.ts: words for people about text that strangers wrote.
import type {TomlValue} from './toml.ts'

export type Path = readonly (string | number)[]

const LONGEST = 60
// What moves the cursor or changes the direction of text: a terminal must never obey a manifest.
const UNPRINTABLE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]/g

/** The text in quotes, printable and not long. JSON escapes the low control characters and lone surrogates. */
export function quote(text: string): string {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text
  return JSON.stringify(cut).replace(
    UNPRINTABLE,
    char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** `component.cart.files[0]`; keys that are not bare are quoted. */
export function formatPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += (text === '' ? '' : '.') + (/^[\w-]{1,60}$/.test(part) ? part : quote(part))
  }
  return text
}

/** `the string "x"`, `a table`. */
export function describe(value: TomlValue): string {
  switch (value.kind) {
    case 'string':
      return `the string ${quote(value.value)}`
    case 'integer':
    case 'float':
      return `the number ${String(value.value).slice(0, LONGEST)}`
    case 'boolean':
      return String(value.value)
    case 'datetime':
      return `the date ${quote(value.value)}`
    case 'array':
      return 'an array'
    case 'table':
      return 'a table'
  }
}

export const oneOf = (names: readonly string[]): string => {
  const last = names.at(-1)
  return names.length < 2 ? `${last ?? ''}` : `${names.slice(0, -1).join(', ')} or ${last}`
}
