// cli/doctor/finding.ts: one line of `mayfly doctor`.

export type Finding = Readonly<{
  /** What was looked at: 'restore tier'. */
  subject: string
  /** error: apps cannot be served; warn: slower, or something cannot be built. */
  state: 'ok' | 'warn' | 'error'
  /** What was found. */
  found: string
  /** What to do; only where something is to be done. */
  remedy?: string
}>

export function renderFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({subject}) => subject.length))
  const indent = ' '.repeat('error  '.length + width + 2)
  const lines = findings.flatMap(({subject, state, found, remedy}) => [
    `${state.padEnd(5)}  ${subject.padEnd(width)}  ${found}`,
    ...(remedy === undefined ? [] : [`${indent}→ ${remedy}`]),
  ])
  return `${lines.join('\n')}\n`
}
