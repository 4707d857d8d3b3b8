// bench/parts/figures.ts: medians, and tables of them.

/** The middle value; the mean of the two middle ones of an even count; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1 ? sorted[Math.floor(middle)]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** 12345.6 -> '12,346'; three significant digits below 1000. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 999.5) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(3)))
}

/** Columns wide enough; the first to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map(width => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n')
}

export type Bar = Readonly<{name: string; value: number; limit: number; atMost?: boolean}>

export const holds = ({value, limit, atMost = false}: Bar): boolean =>
  atMost ? value <= limit : value >= limit

/** One line for each bar; a bar that could not be measured (NaN) is said to be so. */
export const barLines = (bars: readonly Bar[]): string =>
  bars
    .map(bar => {
      const verdict = Number.isNaN(bar.value) ? 'not measured' : holds(bar) ? 'pass' : 'FAIL'
      return `${verdict.padEnd(12)} ${bar.name}: ${figure(bar.value)} (${bar.atMost ? 'at most' : 'at least'} ${bar.limit})`
    })
    .join('\n')
