// wasi/filesystem/system-times.ts: sets the times of files, to the nanosecond where the system lets us.
//
// Node takes times as seconds in a double, which cannot tell a quarter of a microsecond. A guest that sets a time must
// read the same again, so Linux is asked itself. Where that fails Node is asked, whose error then says why.
import fs from 'node:fs'
import {LIBRARIES, loadFfi} from '../../engine/snapshot/ffi.ts'
import type {Times} from './times.ts'

const AT_FDCWD = -100
const AT_SYMLINK_NOFOLLOW = 0x100
const SECOND = 1_000_000_000n

type System = Readonly<{
  futimens(fd: number, times: BigInt64Array): unknown
  utimensat(at: number, path: string, times: BigInt64Array, flags: number): unknown
}>

let system: System | 'none' | undefined

function bind(): System | 'none' {
  const ffi = process.platform === 'linux' ? loadFfi() : undefined
  if (ffi === undefined) return 'none'
  for (const library of LIBRARIES) {
    try {
      return ffi.dlopen(library, {
        futimens: {arguments: ['i32', 'buffer'], return: 'i32'},
        utimensat: {arguments: ['i32', 'string', 'buffer', 'i32'], return: 'i32'},
      }).functions as unknown as System
    } catch {
      // The next may be there.
    }
  }
  return 'none'
}

/** struct timespec: nanoseconds count forwards, before the epoch too. */
function timespec(ns: bigint): [bigint, bigint] {
  const nanoseconds = ((ns % SECOND) + SECOND) % SECOND
  return [(ns - nanoseconds) / SECOND, nanoseconds]
}

/** struct timespec[2] */
const timespecs = ({access, modification}: Times): BigInt64Array =>
  BigInt64Array.from([...timespec(access), ...timespec(modification)])

const seconds = (ns: bigint): number => Number(ns) / 1e9

/** Of an open file. */
export function setFileTimes(fd: number, times: Times): void {
  system ??= bind()
  if (system !== 'none' && system.futimens(fd, timespecs(times)) === 0) return
  fs.futimesSync(fd, seconds(times.access), seconds(times.modification))
}

/** Of what is at `path`; of a link, itself. */
export function setEntryTimes(path: string, times: Times): void {
  system ??= bind()
  if (system !== 'none' && system.utimensat(AT_FDCWD, path, timespecs(times), AT_SYMLINK_NOFOLLOW) === 0)
    return
  fs.lutimesSync(path, seconds(times.access), seconds(times.modification))
}
