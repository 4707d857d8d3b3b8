// e2e/harness/scale.ts: MAYFLY_E2E=full runs the heavy versions.

export const FULL = process.env['MAYFLY_E2E'] === 'full'

export const scaled = <T>(quick: T, full: T): T => (FULL ? full : quick)
