// wasi/filesystem/times.ts: the timestamps that a guest sets.
import type {Datetime} from '../clocks/clocks.ts'
import {Fault} from './error-code.ts'
import type {Stats} from './stat.ts'

/** wasi:filesystem/types new-timestamp. */
export type NewTimestamp = Readonly<{tag: 'no-change'} | {tag: 'now'} | {tag: 'timestamp'; val: Datetime}>

/** In nanoseconds since the epoch, or before it. */
export type Times = Readonly<{access: bigint; modification: bigint}>

const SECOND = 1_000_000_000n
const MAX_SECONDS = BigInt(Number.MAX_SAFE_INTEGER)

/** `stats` is asked only where something is to stay as it is. */
export function timesOf(stats: () => Stats, access: NewTimestamp, modification: NewTimestamp): Times {
  const old = access.tag === 'no-change' || modification.tag === 'no-change' ? stats() : undefined
  if (old !== undefined && 'kind' in old) throw new Fault('not-permitted')
  return {
    access: nanosecondsOf(access, old?.atimeNs),
    modification: nanosecondsOf(modification, old?.mtimeNs),
  }
}

function nanosecondsOf(timestamp: NewTimestamp, old: bigint | undefined): bigint {
  if (timestamp.tag === 'no-change') return old!
  if (timestamp.tag === 'now') return BigInt(Date.now()) * 1_000_000n
  const {seconds, nanoseconds} = timestamp.val
  if (nanoseconds >= 1e9 || seconds > MAX_SECONDS || seconds < -MAX_SECONDS) throw new Fault('invalid')
  return seconds * SECOND + BigInt(nanoseconds)
}
