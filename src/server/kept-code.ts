// server/kept-code.ts: our own compiled code, kept for the next start.
import {asAtStart} from './node-flags.ts'

/** When a start is over and the machine has time again. */
const AFTER_MS = 2_000

let keep = (): void => {}

/** The launcher knows where, and how. */
export function onKeepCode(keepCode: () => void): void {
  keep = keepCode
}

/** Keeps what has been compiled, now. */
export const keepCompiledCode = (): void => asAtStart(() => keep())

/** Keeps it once this process has served for a while, during which functions that are seldom needed run too. */
export const keepCompiledCodeSoon = (): void => void setTimeout(keepCompiledCode, AFTER_MS).unref()
