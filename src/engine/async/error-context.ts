// engine/async/error-context.ts: error-context.new, .debug-message and .drop (CanonicalABI.md).
import {trap} from '../abi/trap.ts'
import type {Instance} from './instance.ts'

/** Passed by reference between components and the host. */
export class ErrorContext {
  readonly resource = undefined
  readonly kind = 'an error context'
  readonly debugMessage: string

  constructor(debugMessage: string) {
    this.debugMessage = debugMessage
  }
}

/** `load` reads the message; the specification lets an engine shorten it, and so does this one. */
export function errorContextNew(instance: Instance, load: () => string): number {
  instance.checkLeave()
  return instance.handles.put(new ErrorContext(load().slice(0, MAX_MESSAGE)))
}

const MAX_MESSAGE = 4096

/** @throws TRAP_BAD_HANDLE. Also lift_error_context: the handle stays. */
export function errorContextAt(instance: Instance, index: number): ErrorContext {
  const entry = instance.handles.entry(index)
  if (!(entry instanceof ErrorContext))
    trap('TRAP_BAD_HANDLE', `${index} is no error context: handle index ${index} used with the wrong type`)
  return entry
}

/** The message is then stored by the caller. */
export function errorContextDebugMessage(instance: Instance, index: number): string {
  instance.checkLeave()
  return errorContextAt(instance, index).debugMessage
}

export function errorContextDrop(instance: Instance, index: number): void {
  instance.checkLeave()
  errorContextAt(instance, index)
  instance.handles.take(index)
}
