// base/short-text.ts: short texts from bytes, put together here: a call into V8's runtime takes longer.

const {fromCharCode} = String

/** The characters with the codes of `length` bytes. */
export function textOf(bytes: Uint8Array, start: number, length: number): string {
  const end = start + length
  let text = ''
  let i = start
  for (; i + 8 <= end; i += 8)
    text += fromCharCode(
      bytes[i]!,
      bytes[i + 1]!,
      bytes[i + 2]!,
      bytes[i + 3]!,
      bytes[i + 4]!,
      bytes[i + 5]!,
      bytes[i + 6]!,
      bytes[i + 7]!,
    )
  if (i + 4 <= end) {
    text += fromCharCode(bytes[i]!, bytes[i + 1]!, bytes[i + 2]!, bytes[i + 3]!)
    i += 4
  }
  for (; i < end; i++) text += fromCharCode(bytes[i]!)
  return text
}

const SLOTS = 512
const known: (string | undefined)[] = new Array(SLOTS).fill(undefined)

/** The factors were tried until hardly any of the names and values that are known to HTTP fell together. */
const slotOf = (length: number, first: number, late: number, last: number): number =>
  (length + first * 3 + late * 33 + last * 22) & (SLOTS - 1)

/** Names tend to begin alike. */
const lateIn = (length: number): number => length - 1 - (length >> 3)

/**
 * From now on `textAt` gives these very strings: V8 knows their hashes, and compares them without looking at them. Of two
 * that fall together the first is known. Only what the program is made of may be known: others could measure it.
 */
export function knowTexts(texts: Iterable<string>): void {
  for (const text of texts) {
    const code = (index: number) => text.charCodeAt(index)
    const {length} = text
    known[slotOf(length, code(0), code(lateIn(length)), code(length - 1))] ??= text
  }
}

/** The text of these bytes, if it is a known one. */
export function textAt(bytes: Uint8Array, start: number, length: number): string | undefined {
  if (length === 0) return ''
  const last = start + length - 1
  const text = known[slotOf(length, bytes[start]!, bytes[start + lateIn(length)]!, bytes[last]!)]
  if (text === undefined || text.length !== length) return undefined
  for (let i = 0; i < length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return undefined
  return text
}
