// wasi/filesystem/times.ts: the timestamps that a guest sets.
import type {Datetime} from '../clocks/clocks.ts'
import {Fault} from './error-code.ts'
import type {Stats} from './stat.ts'

/** wasi:filesystem/types new-timestamp. */
export type NewTimestamp = Readonly<{tag: 'no-change'} | {tag: 'now'} | {tag: 'timestamp'; val: Datetime}>

/** In seconds since the epoch, as Node takes them; that loses what is finer than a microsecond. */
export type Times = Readonly<{access: number; modification: number}>

/** `stats` is asked only where something is to stay as it is. */
export function timesOf(stats: () => Stats, access: NewTimestamp, modification: NewTimestamp): Times {
  const old = access.tag === 'no-change' || modification.tag === 'no-change' ? stats() : undefined
  if (old !== undefined && 'kind' in old) throw new Fault('not-permitted')
  return {
    access: secondsOf(access, old?.atimeNs),
    modification: secondsOf(modification, old?.mtimeNs),
  }
}

function secondsOf(timestamp: NewTimestamp, old: bigint | undefined): number {
  if (timestamp.tag === 'no-change') return Number(old) / 1e9
  if (timestamp.tag === 'now') return Date.now() / 1e3
  const {seconds, nanoseconds} = timestamp.val
  if (nanoseconds >= 1e9 || seconds > BigInt(Number.MAX_SAFE_INTEGER)) throw new Fault('invalid')
  return Number(seconds) + nanoseconds / 1e9
}
