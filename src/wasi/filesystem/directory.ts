// wasi/filesystem/directory.ts: a directory as a guest sees it: mounts over what the machine has there.
import {errorCodeOf, Fault} from './error-code.ts'
import {closeDirectory, type HostDirectory, openDirectory} from './host-directory.ts'
import type {VirtualDirectory, VirtualNode} from './mounts.ts'

export type Directory = Readonly<{
  /** Set where something is mounted here or below. */
  virtual: VirtualDirectory | undefined
  /** Set where the machine has a directory behind this one. */
  host: HostDirectory | undefined
  /** Whether the names of `host` may be changed. */
  writable: boolean
}>

export const mounted = (virtual: VirtualDirectory): Directory => ({
  virtual,
  host: virtual.mount?.directory,
  writable: virtual.mount?.writable ?? false,
})

/** What is mounted as `name` in `dir`. */
export const mountAt = (dir: Directory, name: string): VirtualNode | undefined =>
  dir.virtual?.children.get(name)

/** The machine's side of `dir`. */
export function hostOf(dir: Directory): HostDirectory {
  if (dir.host === undefined) throw new Fault('no-entry')
  return dir.host
}

/** Holds the directory `name` of `dir`; `.` holds `dir` once more. */
export function enter(dir: Directory, name: string): Directory {
  if (name === '.') return again(dir)
  const mount = mountAt(dir, name)
  if (mount === undefined)
    return {virtual: undefined, host: openDirectory(hostOf(dir), name), writable: dir.writable}
  if (mount.kind === 'file') throw new Fault('not-directory')
  if (mount.mount !== undefined || dir.host === undefined) return mounted(mount)
  return {virtual: mount, host: enterIfThere(dir.host, name), writable: dir.writable}
}

function again(dir: Directory): Directory {
  return {...dir, host: dir.host && (dir.host.shared ? dir.host : openDirectory(dir.host, '.'))}
}

/** The machine's directory under a mount point, where it has one. */
function enterIfThere(host: HostDirectory, name: string): HostDirectory | undefined {
  try {
    return openDirectory(host, name)
  } catch (thrown) {
    errorCodeOf(thrown)
    return undefined
  }
}

export function leave(dir: Directory): void {
  if (dir.host !== undefined) closeDirectory(dir.host)
}
