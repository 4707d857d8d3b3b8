// wasi/filesystem/stat.ts: what is told of files and directories.
import {hash} from 'node:crypto'
import type {BigIntStats, Dirent} from 'node:fs'
import {type Datetime, datetimeOf} from '../clocks/clocks.ts'
import type {VirtualDirectory} from './mounts.ts'

export type DescriptorType =
  | 'unknown'
  | 'block-device'
  | 'character-device'
  | 'directory'
  | 'fifo'
  | 'symbolic-link'
  | 'regular-file'
  | 'socket'

export type DescriptorStat = Readonly<{
  type: DescriptorType
  linkCount: bigint
  size: bigint
  dataAccessTimestamp: Datetime | undefined
  dataModificationTimestamp: Datetime | undefined
  statusChangeTimestamp: Datetime | undefined
}>

export type MetadataHash = Readonly<{lower: bigint; upper: bigint}>

/** Of a file of the machine, or of a directory that exists only because something is mounted below. */
export type Stats = BigIntStats | VirtualDirectory

const isVirtual = (stats: Stats): stats is VirtualDirectory => 'kind' in stats

export function typeOf(
  entry: Pick<
    Dirent,
    | 'isFile'
    | 'isDirectory'
    | 'isSymbolicLink'
    | 'isFIFO'
    | 'isSocket'
    | 'isBlockDevice'
    | 'isCharacterDevice'
  >,
): DescriptorType {
  if (entry.isFile()) return 'regular-file'
  if (entry.isDirectory()) return 'directory'
  if (entry.isSymbolicLink()) return 'symbolic-link'
  if (entry.isFIFO()) return 'fifo'
  if (entry.isSocket()) return 'socket'
  if (entry.isBlockDevice()) return 'block-device'
  return entry.isCharacterDevice() ? 'character-device' : 'unknown'
}

/** `timeOf` makes a timestamp of nanoseconds since the epoch. */
export function statOf(stats: Stats, timeOf: (ns: bigint) => Datetime = datetimeOf): DescriptorStat {
  if (isVirtual(stats))
    return {
      type: 'directory',
      linkCount: 1n,
      size: 0n,
      dataAccessTimestamp: undefined,
      dataModificationTimestamp: undefined,
      statusChangeTimestamp: undefined,
    }
  return {
    type: typeOf(stats),
    linkCount: stats.nlink,
    size: stats.size,
    dataAccessTimestamp: timeOf(stats.atimeNs),
    dataModificationTimestamp: timeOf(stats.mtimeNs),
    statusChangeTimestamp: timeOf(stats.ctimeNs),
  }
}

/** wasi:filesystem/types: changes when the file is modified or replaced, and tells nothing else. */
export function metadataHashOf(stats: Stats): MetadataHash {
  const told = isVirtual(stats)
    ? `mount ${stats.path}`
    : `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.birthtimeNs}`
  const digest = hash('sha256', told, 'buffer')
  return {lower: digest.readBigUInt64LE(0), upper: digest.readBigUInt64LE(8)}
}

export const isSame = (a: Stats, b: Stats): boolean =>
  isVirtual(a) || isVirtual(b) ? a === b : a.dev === b.dev && a.ino === b.ino
