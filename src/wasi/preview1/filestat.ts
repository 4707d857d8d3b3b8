// wasi/preview1/filestat.ts: filestat as bytes, and the times that a guest sets.
import {hash} from 'node:crypto'
import type {GuestMemory} from '../../engine/abi/memory.ts'
import {datetimeOf} from '../clocks/clocks.ts'
import {type Stats, typeOf} from '../filesystem/stat.ts'
import type {NewTimestamp} from '../filesystem/times.ts'
import {FILETYPE, FILETYPE_OF, FSTFLAG} from './constants.ts'
import {fail} from './errno.ts'

/** witx: size 64, alignment 8. */
export const FILESTAT_BYTES = 64

const NO_CHANGE: NewTimestamp = {tag: 'no-change'}
const NOW: NewTimestamp = {tag: 'now'}

/** The same for the same file as long as it exists; it tells nothing of the machine's own numbers. */
export function inodeOf(stats: Stats): bigint {
  const told = 'kind' in stats ? `mount ${stats.path}` : `${stats.dev} ${stats.ino}`
  return hash('sha256', told, 'buffer').readBigUInt64LE(0)
}

const nanoseconds = (ns: bigint): bigint => (ns < 0n ? 0n : BigInt.asUintN(64, ns))

/** Everything is on one device, since inode numbers are told apart already. */
export function writeFilestat({view}: GuestMemory, out: number, stats: Stats): undefined {
  const virtual = 'kind' in stats
  view.setBigUint64(out, 1n, true)
  view.setBigUint64(out + 8, inodeOf(stats), true)
  view.setBigUint64(out + 16, BigInt(virtual ? FILETYPE.directory : FILETYPE_OF[typeOf(stats)]), true)
  view.setBigUint64(out + 24, virtual ? 1n : stats.nlink, true)
  view.setBigUint64(out + 32, virtual ? 0n : stats.size, true)
  view.setBigUint64(out + 40, virtual ? 0n : nanoseconds(stats.atimeNs), true)
  view.setBigUint64(out + 48, virtual ? 0n : nanoseconds(stats.mtimeNs), true)
  view.setBigUint64(out + 56, virtual ? 0n : nanoseconds(stats.ctimeNs), true)
}

/** Of a standard stream, of which nothing but its type is told. */
export function writeStreamStat({view}: GuestMemory, out: number, filetype: number): undefined {
  for (let at = 0; at < FILESTAT_BYTES; at += 8) view.setBigUint64(out + at, 0n, true)
  view.setUint8(out + 16, filetype)
}

/** The access and the modification time that `flags` ask for. */
export function timestampsOf(atim: bigint, mtim: bigint, flags: number): [NewTimestamp, NewTimestamp] {
  if (flags > 15) fail('inval')
  return [
    timestampOf(atim, flags & FSTFLAG.atim, flags & FSTFLAG.atimNow),
    timestampOf(mtim, flags & FSTFLAG.mtim, flags & FSTFLAG.mtimNow),
  ]
}

function timestampOf(ns: bigint, set: number, now: number): NewTimestamp {
  if (set !== 0 && now !== 0) fail('inval')
  if (set !== 0) return {tag: 'timestamp', val: datetimeOf(ns)}
  return now === 0 ? NO_CHANGE : NOW
}
