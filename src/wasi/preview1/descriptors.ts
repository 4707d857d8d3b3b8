// wasi/preview1/descriptors.ts: fd_*, but for those that move bytes or list directories.
import type {Result} from '../../base/result.ts'
import {statsOf} from '../filesystem/descriptor.ts'
import type {ErrorCode} from '../filesystem/error-code.ts'
import {ADVICE_NOREUSE, ALL_RIGHTS, FDFLAG, FILETYPE, RIGHTS} from './constants.ts'
import {fail, unwrap} from './errno.ts'
import type {Entry, FileEntry, OpenDirectory} from './fd-table.ts'
import {FILESTAT_BYTES, timestampsOf, writeFilestat, writeStreamStat} from './filestat.ts'
import {type Preview1Function, plain, waiting} from './function.ts'
import {type Guest, reach} from './guest.ts'
import {METHODS} from './methods.ts'

/** witx: size 24, alignment 8. */
const FDSTAT_BYTES = 24
/** witx: size 8, alignment 4; the only tag is that of a directory. */
const PRESTAT_BYTES = 8

type Fdstat = Readonly<{filetype: number; flags: number; rights: bigint; inheriting: bigint}>

// Rights are told, since libraries ask for them, and not enforced: what a guest may do is up to its mounts.
const PREOPEN_RIGHTS =
  RIGHTS.pathCreateDirectory |
  RIGHTS.pathCreateFile |
  RIGHTS.pathLinkSource |
  RIGHTS.pathLinkTarget |
  RIGHTS.pathOpen |
  RIGHTS.fdReaddir |
  RIGHTS.pathReadlink |
  RIGHTS.pathRenameSource |
  RIGHTS.pathRenameTarget |
  RIGHTS.pathSymlink |
  RIGHTS.pathRemoveDirectory |
  RIGHTS.pathUnlinkFile |
  RIGHTS.pathFilestatGet |
  RIGHTS.pathFilestatSetTimes |
  RIGHTS.fdFilestatGet |
  RIGHTS.fdFilestatSetTimes
const PREOPEN_INHERITING =
  PREOPEN_RIGHTS |
  RIGHTS.fdDatasync |
  RIGHTS.fdRead |
  RIGHTS.fdSeek |
  RIGHTS.fdFdstatSetFlags |
  RIGHTS.fdSync |
  RIGHTS.fdTell |
  RIGHTS.fdWrite |
  RIGHTS.fdAdvise |
  RIGHTS.fdAllocate |
  RIGHTS.fdFilestatSetSize |
  RIGHTS.pollFdReadwrite
const DIRECTORY_LACKS = RIGHTS.fdSeek | RIGHTS.fdFilestatSetSize | RIGHTS.pathFilestatSetSize | RIGHTS.fdWrite

const streamType = (terminal: boolean): number => (terminal ? FILETYPE.characterDevice : FILETYPE.unknown)

function fileStatus({descriptor, append, nonblock}: FileEntry): Fdstat {
  let rights = ALL_RIGHTS
  if (!descriptor.read) rights &= ~(RIGHTS.fdRead | RIGHTS.fdReaddir)
  if (!descriptor.write) rights &= ~RIGHTS.fdWrite
  const flags = (append ? FDFLAG.append : 0) | (nonblock ? FDFLAG.nonblock : 0)
  return {filetype: FILETYPE.regularFile, flags, rights, inheriting: rights}
}

function directoryStatus({preopen}: OpenDirectory): Fdstat {
  const rights = preopen === undefined ? ALL_RIGHTS & ~DIRECTORY_LACKS : PREOPEN_RIGHTS
  const inheriting = preopen === undefined ? rights : PREOPEN_INHERITING
  return {filetype: FILETYPE.directory, flags: 0, rights, inheriting}
}

function statusOf(entry: Entry): Fdstat {
  if (entry.kind === 'file') return fileStatus(entry)
  if (entry.kind === 'directory') return directoryStatus(entry)
  const rights = entry.kind === 'input' ? RIGHTS.fdRead : RIGHTS.fdWrite
  const flags = entry.kind === 'input' && entry.nonblock ? FDFLAG.nonblock : 0
  return {filetype: streamType(entry.terminal), flags, rights, inheriting: rights}
}

function fdstatGet(guest: Guest, fd: number, out: number): undefined {
  const {u8, view} = reach(guest, out, FDSTAT_BYTES)
  const {filetype, flags, rights, inheriting} = statusOf(guest.files.get(fd))
  u8.fill(0, out, out + FDSTAT_BYTES)
  view.setUint8(out, filetype)
  view.setUint16(out + 2, flags, true)
  view.setBigUint64(out + 8, rights, true)
  view.setBigUint64(out + 16, inheriting, true)
}

/** How writes reach the disk cannot be changed afterwards. */
function fdstatSetFlags(guest: Guest, fd: number, flags: number): undefined {
  const entry = guest.files.get(fd)
  if (entry.kind !== 'file' && entry.kind !== 'input') fail('badf')
  if ((flags & ~(FDFLAG.append | FDFLAG.nonblock)) !== 0) fail('inval')
  entry.nonblock = (flags & FDFLAG.nonblock) !== 0
  if (entry.kind === 'file') entry.append = (flags & FDFLAG.append) !== 0
}

function filestatGet(guest: Guest, fd: number, out: number): undefined {
  const memory = reach(guest, out, FILESTAT_BYTES)
  const entry = guest.files.get(fd)
  if (entry.kind === 'input' || entry.kind === 'output')
    writeStreamStat(memory, out, streamType(entry.terminal))
  else writeFilestat(memory, out, statsOf(entry.descriptor))
}

function filestatSetSize(guest: Guest, fd: number, size: bigint): undefined {
  unwrap(METHODS.setSize(guest.store, guest.files.file(fd).descriptor, size))
}

function filestatSetTimes(guest: Guest, fd: number, atim: bigint, mtim: bigint, flags: number): undefined {
  const [access, modification] = timestampsOf(atim, mtim, flags)
  const entry = guest.files.get(fd)
  if (entry.kind === 'file') unwrap(METHODS.setTimes(guest.store, entry.descriptor, access, modification))
  else if (entry.kind === 'directory')
    unwrap(
      METHODS.setTimesAt(guest.store, entry.descriptor, {symlinkFollow: false}, '.', access, modification),
    )
  else fail('badf')
}

const syncing = (method: (...args: any[]) => any) =>
  waiting('i', (guest: Guest, fd: number) => {
    const synced: Result<undefined, ErrorCode> | Promise<Result<undefined, ErrorCode>> = method(
      guest.store,
      guest.files.file(fd).descriptor,
    )
    return synced instanceof Promise ? synced.then(result => () => unwrap(result)) : unwrap(synced)
  })

const preopenOf = (entry: Entry): string | undefined =>
  entry.kind === 'directory' ? entry.preopen : undefined

function prestatGet(guest: Guest, fd: number, out: number): undefined {
  const {view} = reach(guest, out, PRESTAT_BYTES)
  const name = preopenOf(guest.files.get(fd)) ?? fail('badf')
  view.setUint32(out, 0, true)
  view.setUint32(out + 4, Buffer.byteLength(name), true)
}

function prestatDirName(guest: Guest, fd: number, ptr: number, length: number): undefined {
  const {u8} = reach(guest, ptr, length)
  const name = Buffer.from(preopenOf(guest.files.get(fd)) ?? fail('notdir'))
  if (name.length > length) fail('nametoolong')
  u8.set(name, ptr)
}

export const descriptorFunctions: Readonly<Record<string, Preview1Function>> = {
  // Advice may be ignored.
  fd_advise: plain('iIIi', (guest: Guest, fd: number, _offset: bigint, _length: bigint, advice: number) => {
    if (advice > ADVICE_NOREUSE) fail('inval')
    guest.files.file(fd)
    return undefined
  }),
  // Few systems can do it, so none promises it.
  fd_allocate: plain('iII', (guest: Guest, fd: number) => {
    guest.files.file(fd)
    return fail('notsup')
  }),
  fd_close: plain('i', (guest: Guest, fd: number) => {
    guest.files.close(fd)
    return undefined
  }),
  fd_datasync: syncing(METHODS.syncData),
  fd_fdstat_get: plain('ii', fdstatGet),
  fd_fdstat_set_flags: plain('ii', fdstatSetFlags),
  fd_fdstat_set_rights: plain('iII', (guest: Guest, fd: number) => {
    const {kind} = guest.files.get(fd)
    return fail(kind === 'file' || kind === 'directory' ? 'notsup' : 'badf')
  }),
  fd_filestat_get: plain('ii', filestatGet),
  fd_filestat_set_size: plain('iI', filestatSetSize),
  fd_filestat_set_times: plain('iIIi', filestatSetTimes),
  fd_prestat_get: plain('ii', prestatGet),
  fd_prestat_dir_name: plain('iii', prestatDirName),
  fd_renumber: plain('ii', (guest: Guest, from: number, to: number) => {
    guest.files.renumber(from, to)
    return undefined
  }),
  fd_sync: syncing(METHODS.sync),
}
