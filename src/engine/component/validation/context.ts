// engine/component/validation/context.ts: what one validation carries from rule to rule.
import {MayflyError} from '../../../base/errors.ts'

export type Context = {
  /** Where the definition that is being validated starts in the outermost binary, in bytes. */
  byteOffset: number
  /** How many more steps the validation may take; see `charge`. */
  budget: number
}

export function invalid(cx: Context, reason: string): never {
  throw new MayflyError('VALIDATE_INVALID', {reason}, {at: {byteOffset: cx.byteOffset}})
}

/** Longer ones serve no one, and comparing them again and again would take time. */
const maxNameLength = 100_000

export function checkNameLength(cx: Context, name: string): void {
  if (name.length > maxNameLength) invalid(cx, `a name is longer than ${maxNameLength} characters`)
}

/**
 * Types may share parts, so that a few bytes can describe much work. Whatever walks types pays for each step out of a
 * budget that is linear in the component's size, which makes the whole validation linear.
 */
export function charge(cx: Context, steps = 1): void {
  cx.budget -= steps
  if (cx.budget < 0) invalid(cx, 'types are too complex to be validated')
}
