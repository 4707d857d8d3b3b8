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

/**
 * The properties under which the fields or flags with these labels lie in an object. Where labels would become the same
 * name, as `a-1` and `a1`, those with hyphens stay as they are.
 */
export function memberNames(labels: readonly string[]): readonly string[] {
  const names = labels.map(camelCase)
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return names.map((name, i) => (counts.get(name) === 1 ? name : labels[i]!))
}

/** Reads a member of `object` (a name or a sum of names). What every object inherits is no member. */
export function memberExpr(object: string, name: string): string {
  const read = `${object}[${quote(name)}]`
  return name in Object.prototype ? `(Object.hasOwn(${object},${quote(name)})?${read}:undefined)` : read
}

/** Source text of a string; labels come from hostile binaries, so nothing is emitted unquoted. */
export const quote = (text: string): string => JSON.stringify(text)

/** A readable identifier part for stack traces, from any name. */
export const identifier = (name: string): string => `f_${name.replace(/[^A-Za-z0-9]+/g, '_').slice(-40)}`
