// build/javascript/code-frame.ts: the lines around a place in a source text, with a caret under it.

export type FrameOptions = Readonly<{
  /** From 1. */
  line: number
  /** From 1, in UTF-16 code units. */
  column: number
  /** The number of `lines[0]`; 1 unless told. */
  firstLine?: number
  /** How many carets; 1 unless told. */
  length?: number
}>

const CONTEXT_LINES = 3
/** Of longer lines only the part around the caret is shown. */
const MAX_WIDTH = 120

/**
 * ```
 *   11 | export default {
 * > 12 |   fetch() { throw new Error('no') }
 *      |             ^
 * ```
 * Empty when the place lies outside of `lines`. Control characters are shown as spaces: sources are not trusted.
 */
export function codeFrame(
  lines: readonly string[],
  {line, column, firstLine = 1, length = 1}: FrameOptions,
): string {
  const target = line - firstLine
  const text = lines[target]
  if (text === undefined) return ''
  const from = Math.max(0, target - CONTEXT_LINES)
  const to = Math.min(lines.length, target + CONTEXT_LINES + 1)
  const width = String(firstLine + to - 1).length
  const start = column > MAX_WIDTH ? column - 1 - MAX_WIDTH / 2 : 0
  const visible = (content: string) => printable(content.slice(start, start + MAX_WIDTH)).trimEnd()
  const shown: string[] = []
  for (let index = from; index < to; index++) {
    const number = String(firstLine + index).padStart(width)
    shown.push(`${index === target ? '>' : ' '} ${number} | ${visible(lines[index]!)}`.trimEnd())
    if (index !== target) continue
    const carets = '^'.repeat(Math.max(1, Math.min(length, text.length - column + 1, MAX_WIDTH)))
    shown.push(
      `  ${' '.repeat(width)} | ${' '.repeat(Math.max(0, Math.min(column - 1, text.length) - start))}${carets}`,
    )
  }
  return shown.join('\n')
}

/** Tabs and all that could steer a terminal become spaces, so that columns still fit. */
export const printable = (text: string): string =>
  text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
