// wasi/cli/run.ts: what came of a program's one run.
import type {Result} from '../../base/result.ts'
import {GuestExit} from './exit.ts'

/** By which a component is a program, the newer one first: one that has both means that. */
export const RUN_INTERFACES = ['wasi:cli/run@0.3.0', 'wasi:cli/run@0.2.0'] as const

/** Of a core module's `_start`, or of `run`. */
export type RunResult = GuestExit | Result<undefined, undefined> | undefined

/** The exit code. */
export function exitCodeOf(result: RunResult): number {
  if (result instanceof GuestExit) return result.statusCode
  return result === undefined || result.tag === 'ok' ? 0 : 1
}
