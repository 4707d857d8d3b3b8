// wasi/p3/sockets/error-code.ts: what the network says, in the words of 0.3: those of 0.2 as far as both have them.
import {err, type Result} from '../../../base/result.ts'
import {type ErrorCode as OldCode, errorCodeOf as oldCodeOf} from '../../sockets/error-code.ts'

export type ErrorCode = Readonly<{tag: string; val?: string}>
export type Outcome<T> = Result<T, ErrorCode>

const SHARED: readonly OldCode[] = [
  'access-denied',
  'not-supported',
  'invalid-argument',
  'out-of-memory',
  'timeout',
  'invalid-state',
  'address-not-bindable',
  'address-in-use',
  'remote-unreachable',
  'connection-refused',
  'connection-reset',
  'connection-aborted',
  'datagram-too-large',
]
const NEW = ['connection-broken']

/** The codes that the interface has, in the order of its WIT, without `other`. */
const LOOKUP: readonly OldCode[] = [
  'access-denied',
  'invalid-argument',
  'name-unresolvable',
  'temporary-resolver-failure',
  'permanent-resolver-failure',
]

const variant = (known: readonly string[], code: OldCode): ErrorCode =>
  known.includes(code) ? {tag: code} : {tag: 'other', ...(code === 'unknown' ? {} : {val: code})}

/** The outcome of a function that failed. */
export const fails = (code: OldCode): Result<never, ErrorCode> => err(variant(SHARED, code))
export const failsLookup = (code: OldCode): Result<never, ErrorCode> => err(variant(LOOKUP, code))

/** The same outcome in the words of 0.3. */
export const told = <T>(outcome: Result<T, OldCode>): Outcome<T> =>
  outcome.tag === 'ok' ? outcome : fails(outcome.val)

export function failsBy(error: Error): Result<never, ErrorCode> {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') return err({tag: 'connection-broken'})
  return fails(oldCodeOf(error))
}

const codes = (names: readonly string[]): string => `variant{${names.join(', ')}, other(option<string>)}`

// As engine/link/signature.ts writes them.
export const LOOKUP_CODE = codes(LOOKUP)
export const CODE = codes([...SHARED.slice(0, 10), ...NEW, ...SHARED.slice(10)])
