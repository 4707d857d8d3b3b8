// engine/link/glue/names.ts: WIT labels as JavaScript names, and values as source text.

/** `content-length` → `contentLength`; an acronym counts as a word: `a-URL` → `aUrl`. */
export function camelCase(label: string): string {
  return label
    .split('-')
    .map((word, i) =>
      i === 0 ? word.toLowerCase() : word.charAt(0).toUpperCase() + word.slice(1).toLowerCase(),
    )
    .join('')
}

/** Source text of a string; labels come from hostile binaries, so nothing is emitted unquoted. */
export const quote = (text: string): string => JSON.stringify(text)

/** A readable identifier part for stack traces, from any name. */
export const identifier = (name: string): string => `f_${name.replace(/[^A-Za-z0-9]+/g, '_').slice(-40)}`
