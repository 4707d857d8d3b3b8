// wasi/cli/exit.ts: wasi:cli/exit, by which a guest ends itself.

import type {Result} from '../../base/result.ts'
import {hostFunction} from '../../engine/link/imports.ts'
import type {Store} from '../../engine/store.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'

/** Thrown through the guest by `exit`. Not a failure: the trigger reads the status. */
export class GuestExit extends Error {
  override readonly name = 'GuestExit'
  /** 0 for success; at most 255. */
  readonly statusCode: number

  constructor(statusCode: number) {
    super(`the guest exited with status ${statusCode}`)
    this.statusCode = statusCode
  }
}

/** The exit in `thrown` or in what caused it, since an engine may wrap what a host function throws. */
export function guestExit(thrown: unknown): GuestExit | undefined {
  for (let depth = 0; thrown instanceof Error && depth < 8; depth++) {
    if (thrown instanceof GuestExit) return thrown
    thrown = thrown.cause
  }
  return undefined
}

const exitWith = (statusCode: number): never => {
  throw new GuestExit(statusCode)
}

/** The functions of wasi:cli/exit. */
export const EXITS = {
  exit: (_: Store, status: Result<undefined, undefined>): never => exitWith(status.tag === 'ok' ? 0 : 1),
  exitWithCode: (_: Store, statusCode: number): never => exitWith(statusCode),
} as const

export const exitInterface: NamedInterface = wasiInterface('cli/exit', {
  exit: hostFunction(EXITS.exit),
  'exit-with-code': hostFunction(EXITS.exitWithCode),
})
