// wasi/errors.ts: how a WASI function traps its guest, and how a stream's error carries its typed cause.
import {MayflyError} from '../base/errors.ts'
import {err, type Result} from '../base/result.ts'
import type {IoError, StreamError} from './io/streams.ts'

/** What to throw where WASI says that the call traps. */
export const trap = (reason: string): MayflyError => new MayflyError('TRAP_HOST', {reason})

/** What a stream says that has come to its end. */
export const CLOSED: Result<never, StreamError> = err({tag: 'closed'})

/** The typed cause of an `IoError`: which package's error code it is, and the code. */
export type ErrorCause = Readonly<{domain: 'filesystem' | 'sockets'; code: string}>

/** A `last-operation-failed` whose error downcasts to `code` in `domain`. */
export function failed(domain: ErrorCause['domain'], code: string): StreamError {
  const cause: ErrorCause = {domain, code}
  const val: IoError = {debugString: `${domain}: ${code}`, cause}
  return {tag: 'last-operation-failed', val}
}

/** The error code of `error` in `domain`; undefined when it came from elsewhere. */
export function causeIn(domain: ErrorCause['domain'], error: IoError): string | undefined {
  const cause = error.cause as ErrorCause | undefined
  return typeof cause === 'object' && cause?.domain === domain ? cause.code : undefined
}
