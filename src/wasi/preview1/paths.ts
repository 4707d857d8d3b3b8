// wasi/preview1/paths.ts: path_*.
import type {Descriptor} from '../filesystem/descriptor.ts'
import {statsFor} from '../filesystem/directory-functions.ts'
import {attempt} from '../filesystem/error-code.ts'
import {FDFLAG, LOOKUP_SYMLINK_FOLLOW, OFLAG, RIGHTS} from './constants.ts'
import {fail, unwrap} from './errno.ts'
import type {Entry} from './fd-table.ts'
import {FILESTAT_BYTES, timestampsOf, writeFilestat} from './filestat.ts'
import {type Preview1Function, plain} from './function.ts'
import {type Guest, reach, readPath} from './guest.ts'
import {METHODS} from './methods.ts'

function lookup(flags: number): {symlinkFollow: boolean} {
  if (flags > LOOKUP_SYMLINK_FOLLOW) fail('inval')
  return {symlinkFollow: flags === LOOKUP_SYMLINK_FOLLOW}
}

/** A function of a directory and a name in it. */
const nameFunction = (method: (...args: any[]) => any): Preview1Function =>
  plain('iii', (guest: Guest, fd: number, ptr: number, length: number) => {
    const path = readPath(guest, ptr, length)
    return unwrap<undefined>(method(guest.store, guest.files.directory(fd).descriptor, path))
  })

function filestatGet(
  guest: Guest,
  fd: number,
  flags: number,
  ptr: number,
  length: number,
  out: number,
): undefined {
  const memory = reach(guest, out, FILESTAT_BYTES)
  const path = readPath(guest, ptr, length)
  const follow = lookup(flags)
  const {descriptor} = guest.files.directory(fd)
  writeFilestat(memory, out, unwrap(attempt(() => statsFor(descriptor, follow, path))))
}

function filestatSetTimes(
  guest: Guest,
  fd: number,
  flags: number,
  ptr: number,
  length: number,
  atim: bigint,
  mtim: bigint,
  which: number,
): undefined {
  const path = readPath(guest, ptr, length)
  const follow = lookup(flags)
  const [access, modification] = timestampsOf(atim, mtim, which)
  const {descriptor} = guest.files.directory(fd)
  unwrap(METHODS.setTimesAt(guest.store, descriptor, follow, path, access, modification))
}

function link(
  guest: Guest,
  oldFd: number,
  flags: number,
  oldPtr: number,
  oldLength: number,
  newFd: number,
  newPtr: number,
  newLength: number,
): undefined {
  const oldPath = readPath(guest, oldPtr, oldLength)
  const newPath = readPath(guest, newPtr, newLength)
  const follow = lookup(flags)
  const {files, store} = guest
  unwrap(
    METHODS.linkAt(
      store,
      files.directory(oldFd).descriptor,
      follow,
      oldPath,
      files.directory(newFd).descriptor,
      newPath,
    ),
  )
}

function rename(
  guest: Guest,
  oldFd: number,
  oldPtr: number,
  oldLength: number,
  newFd: number,
  newPtr: number,
  newLength: number,
): undefined {
  const oldPath = readPath(guest, oldPtr, oldLength)
  const newPath = readPath(guest, newPtr, newLength)
  const {files, store} = guest
  unwrap(
    METHODS.renameAt(
      store,
      files.directory(oldFd).descriptor,
      oldPath,
      files.directory(newFd).descriptor,
      newPath,
    ),
  )
}

function symlink(
  guest: Guest,
  targetPtr: number,
  targetLength: number,
  fd: number,
  ptr: number,
  length: number,
): undefined {
  const target = readPath(guest, targetPtr, targetLength)
  const path = readPath(guest, ptr, length)
  unwrap(METHODS.symlinkAt(guest.store, guest.files.directory(fd).descriptor, target, path))
}

/** What does not fit is cut off. */
function readlink(
  guest: Guest,
  fd: number,
  ptr: number,
  length: number,
  buffer: number,
  bufferLength: number,
  out: number,
): undefined {
  const {view} = reach(guest, out, 4)
  const {u8} = reach(guest, buffer, bufferLength)
  const path = readPath(guest, ptr, length)
  const target = unwrap<string>(METHODS.readlinkAt(guest.store, guest.files.directory(fd).descriptor, path))
  const bytes = Buffer.from(target).subarray(0, bufferLength)
  u8.set(bytes, buffer)
  view.setUint32(out, bytes.length, true)
}

const baseOf = (entry: Entry): Descriptor =>
  entry.kind === 'directory' ? entry.descriptor : fail(entry.kind === 'file' ? 'notdir' : 'badf')

function open(
  guest: Guest,
  fd: number,
  lookupFlags: number,
  ptr: number,
  length: number,
  openFlags: number,
  rights: bigint,
  _inheriting: bigint,
  fdFlags: number,
  out: number,
): undefined {
  const {view} = reach(guest, out, 4)
  const path = readPath(guest, ptr, length)
  const follow = lookup(lookupFlags)
  if (openFlags > 15 || fdFlags > 31) fail('inval')
  const {files, store} = guest
  const descriptor = unwrap<Descriptor>(
    METHODS.openAt(
      store,
      baseOf(files.get(fd)),
      follow,
      path,
      {
        create: (openFlags & OFLAG.creat) !== 0,
        directory: (openFlags & OFLAG.directory) !== 0,
        exclusive: (openFlags & OFLAG.excl) !== 0,
        truncate: (openFlags & OFLAG.trunc) !== 0,
      },
      {
        read: (rights & RIGHTS.fdRead) !== 0n,
        write: (rights & RIGHTS.fdWrite) !== 0n,
        fileIntegritySync: (fdFlags & FDFLAG.sync) !== 0,
        dataIntegritySync: (fdFlags & FDFLAG.dsync) !== 0,
        requestedWriteSync: (fdFlags & FDFLAG.rsync) !== 0,
        mutateDirectory: false,
      },
    ),
  )
  view.setUint32(out, files.add(entryOf(descriptor, fdFlags)), true)
}

const entryOf = (descriptor: Descriptor, fdFlags: number): Entry =>
  descriptor.kind === 'directory'
    ? {kind: 'directory', descriptor, preopen: undefined, listing: undefined}
    : {
        kind: 'file',
        descriptor,
        position: 0n,
        append: (fdFlags & FDFLAG.append) !== 0,
        nonblock: (fdFlags & FDFLAG.nonblock) !== 0,
        appending: undefined,
      }

export const pathFunctions: Readonly<Record<string, Preview1Function>> = {
  path_create_directory: nameFunction(METHODS.createDirectoryAt),
  path_filestat_get: plain('iiiii', filestatGet),
  path_filestat_set_times: plain('iiiiIIi', filestatSetTimes),
  path_link: plain('iiiiiii', link),
  path_open: plain('iiiiiIIii', open),
  path_readlink: plain('iiiiii', readlink),
  path_remove_directory: nameFunction(METHODS.removeDirectoryAt),
  path_rename: plain('iiiiii', rename),
  path_symlink: plain('iiiii', symlink),
  path_unlink_file: nameFunction(METHODS.unlinkFileAt),
}
