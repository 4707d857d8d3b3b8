// wasi/filesystem/host-directory.ts: a directory of the machine, and the names right inside it.
//
// Why no race leads out of a mount: every path is walked here, one name at a time. On Linux a directory is held by an
// open descriptor, and the kernel is only ever given `/proc/self/fd/<descriptor>/<one name>` without following a link
// at that name, which is openat(2) by another spelling: whatever somebody renames or swaps meanwhile, the descriptor
// stays the directory that was checked, and no `..`, no slash and no link of the guest's is left to the kernel.
// Elsewhere a directory is held by its path. Each name is checked not to be a link before it is used, which a guest
// cannot trick, but another program that may write to the mount could, by swapping a directory at that very moment.
import fs from 'node:fs'
import path from 'node:path'
import {Fault} from './error-code.ts'

const {O_DIRECTORY = 0, O_NOFOLLOW = 0} = fs.constants
/** Linux: a descriptor for a place, without the right to read it. Node does not name the flag. */
const O_PATH = 0o10000000

const HELD_BY_DESCRIPTOR = process.platform === 'linux' && fs.existsSync('/proc/self/fd')

export type HostDirectory = Readonly<{
  /** Open while the directory is in use; -1 where directories are held by path. */
  fd: number
  path: string
  /** A mount's root: it outlives the events that use it. */
  shared: boolean
}>

/** The path by which the system reaches `name` in `dir`; `name` is one component, never `..`. */
export function entryPath(dir: HostDirectory, name: string): string {
  if (name === '..' || name === '' || name.includes('/')) throw new Fault('invalid')
  if (HELD_BY_DESCRIPTOR) return `/proc/self/fd/${dir.fd}/${name}`
  if (process.platform === 'win32' && /[\\:]/.test(name)) throw new Fault('invalid')
  return path.join(dir.path, name)
}

/** Holds the directory at `hostPath`, which the operator named. */
export function openRoot(hostPath: string): HostDirectory {
  const fd = HELD_BY_DESCRIPTOR ? fs.openSync(hostPath, O_PATH | O_DIRECTORY) : -1
  return {fd, path: hostPath, shared: true}
}

/** Holds the directory `name` of `dir`. A link there fails, with ENOTDIR or ELOOP. */
export function openDirectory(dir: HostDirectory, name: string): HostDirectory {
  const at = entryPath(dir, name)
  if (HELD_BY_DESCRIPTOR)
    return {fd: fs.openSync(at, O_PATH | O_DIRECTORY | O_NOFOLLOW), path: '', shared: false}
  if (!fs.lstatSync(at).isDirectory()) throw new Fault('not-directory')
  return {fd: -1, path: at, shared: false}
}

/** Opens the file `name` of `dir`; a link there fails with ELOOP. */
export function openEntry(dir: HostDirectory, name: string, flags: number): number {
  const at = entryPath(dir, name)
  if (!HELD_BY_DESCRIPTOR && fs.lstatSync(at, {throwIfNoEntry: false})?.isSymbolicLink())
    throw new Fault('loop')
  return fs.openSync(at, flags | O_NOFOLLOW, 0o666)
}

/** A held directory of which a descriptor was just opened by `openEntry`. */
export function holdOpened(dir: HostDirectory, name: string, fd: number): HostDirectory {
  if (HELD_BY_DESCRIPTOR) return {fd, path: '', shared: false}
  closeQuietly(fd)
  return {fd: -1, path: entryPath(dir, name), shared: false}
}

/** Where the link `name` of `dir` points; undefined when it is none. */
export function linkTarget(dir: HostDirectory, name: string): string | undefined {
  try {
    return fs.readlinkSync(entryPath(dir, name))
  } catch {
    return undefined
  }
}

/** Closing may tell of a write that failed, on some file systems; nobody is there to hear it. */
export function closeQuietly(fd: number): void {
  try {
    fs.closeSync(fd)
  } catch {}
}

export function closeDirectory(dir: HostDirectory): void {
  if (!dir.shared && dir.fd >= 0) closeQuietly(dir.fd)
}

/** A second descriptor for the open file `fd`, with other flags; undefined where the system has no such way. */
export function reopen(fd: number, flags: number): number | undefined {
  return HELD_BY_DESCRIPTOR ? fs.openSync(`/proc/self/fd/${fd}`, flags) : undefined
}
