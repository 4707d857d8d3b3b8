// wasi/preview1/constants.ts: the flags and numbers of WASI 0.1's witx.
import type {DescriptorType} from '../filesystem/stat.ts'

/** Flags of rights, by bit. */
export const RIGHTS = {
  fdDatasync: 1n << 0n,
  fdRead: 1n << 1n,
  fdSeek: 1n << 2n,
  fdFdstatSetFlags: 1n << 3n,
  fdSync: 1n << 4n,
  fdTell: 1n << 5n,
  fdWrite: 1n << 6n,
  fdAdvise: 1n << 7n,
  fdAllocate: 1n << 8n,
  pathCreateDirectory: 1n << 9n,
  pathCreateFile: 1n << 10n,
  pathLinkSource: 1n << 11n,
  pathLinkTarget: 1n << 12n,
  pathOpen: 1n << 13n,
  fdReaddir: 1n << 14n,
  pathReadlink: 1n << 15n,
  pathRenameSource: 1n << 16n,
  pathRenameTarget: 1n << 17n,
  pathFilestatGet: 1n << 18n,
  pathFilestatSetSize: 1n << 19n,
  pathFilestatSetTimes: 1n << 20n,
  fdFilestatGet: 1n << 21n,
  fdFilestatSetSize: 1n << 22n,
  fdFilestatSetTimes: 1n << 23n,
  pathSymlink: 1n << 24n,
  pathRemoveDirectory: 1n << 25n,
  pathUnlinkFile: 1n << 26n,
  pollFdReadwrite: 1n << 27n,
} as const

export const ALL_RIGHTS = (1n << 30n) - 1n

export const FDFLAG = {append: 1, dsync: 2, nonblock: 4, rsync: 8, sync: 16} as const
export const OFLAG = {creat: 1, directory: 2, excl: 4, trunc: 8} as const
export const FSTFLAG = {atim: 1, atimNow: 2, mtim: 4, mtimNow: 8} as const
export const LOOKUP_SYMLINK_FOLLOW = 1

export const FILETYPE = {unknown: 0, characterDevice: 2, directory: 3, regularFile: 4} as const

/** A FIFO has no number of its own. */
export const FILETYPE_OF: Readonly<Record<DescriptorType, number>> = {
  unknown: FILETYPE.unknown,
  'block-device': 1,
  'character-device': FILETYPE.characterDevice,
  directory: FILETYPE.directory,
  fifo: FILETYPE.unknown,
  'symbolic-link': 7,
  'regular-file': FILETYPE.regularFile,
  socket: 6,
}

export const WHENCE = {set: 0, cur: 1, end: 2} as const
export const CLOCK = {realtime: 0, monotonic: 1, processCputime: 2, threadCputime: 3} as const
export const EVENTTYPE = {clock: 0, fdRead: 1, fdWrite: 2} as const
export const SUBSCRIPTION_CLOCK_ABSTIME = 1
export const EVENT_FD_READWRITE_HANGUP = 1
/** The last number of advice. */
export const ADVICE_NOREUSE = 5
