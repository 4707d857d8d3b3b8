// wasi/filesystem/open-at.ts: wasi:filesystem/types open-at.
import fs from 'node:fs'
import type {Store} from '../../engine/store.ts'
import {type Descriptor, type DescriptorFlags, describe, type FileDescriptor} from './descriptor.ts'
import {type Directory, enter, hostOf, mountAt} from './directory.ts'
import {Fault} from './error-code.ts'
import {closeQuietly, holdOpened, openEntry} from './host-directory.ts'
import {locate, type Place} from './locate.ts'
import type {VirtualFile} from './mounts.ts'
import {OpenFile} from './open-file.ts'

export type OpenFlags = Readonly<{create: boolean; directory: boolean; exclusive: boolean; truncate: boolean}>

const {O_RDONLY, O_WRONLY, O_RDWR, O_CREAT, O_EXCL, O_TRUNC} = fs.constants
// Absent on Windows. Non-blocking, because opening a FIFO would wait for its other end; no terminal is taken over.
const {O_NONBLOCK = 0, O_NOCTTY = 0} = fs.constants

type Mode = Readonly<{read: boolean; write: boolean; mutates: boolean; system: number}>

/** As wasmtime reads the flags: create and truncate write, and what is not opened to write is opened to read. */
function modeOf(open: OpenFlags, flags: DescriptorFlags): Mode {
  const write = flags.write || open.create || open.truncate
  const read = flags.read || !flags.write
  let system = (write ? (read ? O_RDWR : O_WRONLY) : O_RDONLY) | O_NONBLOCK | O_NOCTTY
  if (open.create) system |= open.exclusive ? O_CREAT | O_EXCL : O_CREAT
  if (open.truncate) system |= O_TRUNC
  return {read, write, mutates: flags.mutateDirectory, system}
}

/** @throws Fault, or the system's error */
export function openAt(
  store: Store,
  base: Directory,
  follow: boolean,
  path: string,
  open: OpenFlags,
  flags: DescriptorFlags,
): Descriptor {
  if (flags.fileIntegritySync || flags.dataIntegritySync || flags.requestedWriteSync)
    throw new Fault('unsupported')
  if (open.directory && (open.create || open.exclusive || open.truncate)) throw new Fault('invalid')
  const mode = modeOf(open, flags)
  return locate(base, path, follow || path.endsWith('/'), place =>
    openPlace(store, place, mode, open.directory),
  )
}

function openPlace(store: Store, place: Place, mode: Mode, directory: boolean): Descriptor {
  const {dir, name, mustBeDirectory} = place
  const mount = mountAt(dir, name)
  if (mount?.kind === 'file') {
    if (directory || mustBeDirectory) throw new Fault('not-directory')
    return openMountedFile(store, mount, mode)
  }
  if (name === '.' || mount !== undefined || directory || mustBeDirectory) {
    if (mode.write) throw new Fault(dir.writable ? 'is-directory' : 'not-permitted')
    return describe(store, enter(dir, name), mode.mutates)
  }
  if (mode.write && !dir.writable) throw new Fault('not-permitted')
  const host = hostOf(dir)
  const fd = openEntry(host, name, mode.system)
  if (kindOf(fd) === 'file') return opened(store, fd, mode, dir.writable)
  const found = {virtual: undefined, host: holdOpened(host, name, fd), writable: dir.writable}
  return describe(store, found, mode.mutates)
}

/** Closes what is neither: a guest has no business with devices, and could wait for a FIFO for ever. */
function kindOf(fd: number): 'file' | 'directory' {
  const stats = fs.fstatSync(fd)
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  closeQuietly(fd)
  throw new Fault('unsupported')
}

function openMountedFile(store: Store, mount: VirtualFile, mode: Mode): FileDescriptor {
  if (mode.write && !mount.writable) throw new Fault('not-permitted')
  const fd = fs.openSync(mount.hostPath, mode.system | (fs.constants.O_NOFOLLOW ?? 0))
  if (kindOf(fd) === 'file') return opened(store, fd, mode, mount.writable)
  closeQuietly(fd)
  throw new Fault('io')
}

const opened = (store: Store, fd: number, mode: Mode, mutable: boolean): FileDescriptor => ({
  kind: 'file',
  file: new OpenFile(store, fd),
  read: mode.read,
  write: mode.write,
  mutable,
})
