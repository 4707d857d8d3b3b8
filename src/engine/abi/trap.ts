// engine/abi/trap.ts: how the canonical ABI's traps are raised.
import {type ErrorCode, MayflyError} from '../../base/errors.ts'

type TrapCode = Extract<ErrorCode, `TRAP_${string}`>

/** Ends the guest's call. `reason` completes the table's message. */
export function trap(code: TrapCode, reason: string): never {
  throw new MayflyError(code, {reason})
}
