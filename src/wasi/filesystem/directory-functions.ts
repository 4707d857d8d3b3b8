// wasi/filesystem/directory-functions.ts: the functions of a descriptor that is a directory.
import fs from 'node:fs'
import {type HostItem, hostFunction} from '../../engine/link/imports.ts'
import type {Store} from '../../engine/store.ts'
import {type Descriptor, type DescriptorFlags, directoryOf, directoryStats} from './descriptor.ts'
import {enter, hostOf, leave, mountAt} from './directory.ts'
import {DirectoryEntries} from './directory-entries.ts'
import {attempt, type ErrorCode, Fault} from './error-code.ts'
import {entryPath} from './host-directory.ts'
import {locate, type Place} from './locate.ts'
import {type OpenFlags, openAt} from './open-at.ts'
import {metadataHashOf, type Stats, statOf} from './stat.ts'
import {setEntryTimes} from './system-times.ts'
import {type NewTimestamp, timesOf} from './times.ts'

export type PathFlags = Readonly<{symlinkFollow: boolean}>

const isLink = (stats: Stats): boolean => !('kind' in stats) && stats.isSymbolicLink()
const isDirectory = (stats: Stats): boolean => 'kind' in stats || stats.isDirectory()

function statsAt(place: Place): Stats {
  const {dir, name, mustBeDirectory} = place
  if (name === '.') return directoryStats(dir)
  const mount = mountAt(dir, name)
  if (mount?.kind === 'directory') {
    const inside = enter(dir, name)
    try {
      return directoryStats(inside)
    } finally {
      leave(inside)
    }
  }
  const path = mount === undefined ? entryPath(hostOf(dir), name) : mount.hostPath
  const stats = fs.lstatSync(path, {bigint: true})
  if (mustBeDirectory && !stats.isDirectory()) throw new Fault('not-directory')
  return stats
}

/** The stats of what `path` names, or of what it links to. */
export function statsFor(self: Descriptor, flags: PathFlags, path: string): Stats {
  const follow = flags.symlinkFollow || path.endsWith('/')
  return locate(directoryOf(self), path, follow, place => {
    const stats = statsAt(place)
    if (follow && isLink(stats)) throw new Fault('loop')
    return stats
  })
}

/** The system's path of a name that may be changed; `dot` is what to say of the directory itself. */
function mutable({dir, name}: Place, dot: ErrorCode): string {
  const mount = mountAt(dir, name)
  if (!dir.writable) throw new Fault('not-permitted')
  if (mount !== undefined) throw new Fault('busy')
  if (name === '.') throw new Fault(dot)
  return entryPath(hostOf(dir), name)
}

/** A slash at the end is never given to the system, which would follow a link there. */
function onlyDirectory(place: Place): void {
  if (place.mustBeDirectory && !isDirectory(statsAt(place))) throw new Fault('not-directory')
}

function noSlash(place: Place): void {
  if (place.mustBeDirectory) throw new Fault('no-entry')
}

/** Changes the name `path`, itself: links are not followed. */
const change = (self: Descriptor, path: string, operation: (place: Place) => void) =>
  attempt((): undefined => locate(directoryOf(self), path, false, operation) as undefined)

/** Changes two names at once. */
const changeBoth = (
  from: Descriptor,
  oldPath: string,
  to: Descriptor,
  newPath: string,
  operation: (old: Place, fresh: Place) => void,
) => change(from, oldPath, old => locate(directoryOf(to), newPath, false, fresh => operation(old, fresh)))

function rename(old: Place, fresh: Place): void {
  const [from, to] = [mutable(old, 'busy'), mutable(fresh, 'busy')]
  onlyDirectory(old)
  if (fresh.mustBeDirectory && !isDirectory(statsAt({...old, mustBeDirectory: false})))
    throw new Fault('not-directory')
  fs.renameSync(from, to)
}

function link(old: Place, fresh: Place): void {
  const [from, to] = [mutable(old, 'not-permitted'), mutable(fresh, 'exist')]
  noSlash(old)
  noSlash(fresh)
  fs.linkSync(from, to)
}

/** A link is no directory: with a slash at its end the name of nothing can be one, nor that of what is there. */
function notThere(place: Place): void {
  if (!place.mustBeDirectory) return
  onlyDirectory(place)
  throw new Fault('exist')
}

function symlink(target: string, place: Place): void {
  const path = mutable(place, 'exist')
  notThere(place)
  if (target.startsWith('/')) throw new Fault('not-permitted')
  fs.symlinkSync(target, path)
}

/** A link is no directory, even with a slash at its end; where it leads out, that comes first. */
function removeDirectory(self: Descriptor, path: string, place: Place): void {
  const at = mutable(place, 'invalid')
  if (place.mustBeDirectory && isLink(statsAt({...place, mustBeDirectory: false}))) {
    statsFor(self, {symlinkFollow: true}, path)
    throw new Fault('not-directory')
  }
  fs.rmdirSync(at)
}

function unlink(place: Place): void {
  const path = mutable(place, 'is-directory')
  if (place.mustBeDirectory) throw new Fault(isDirectory(statsAt(place)) ? 'is-directory' : 'not-directory')
  fs.unlinkSync(path)
}

/** An absolute target would tell of the machine and leads nowhere in the guest. */
function readLink({dir, name}: Place): string {
  if (name === '.' || mountAt(dir, name) !== undefined) throw new Fault('invalid')
  const target = fs.readlinkSync(entryPath(hostOf(dir), name))
  if (target.startsWith('/')) throw new Fault('not-permitted')
  return target
}

function setTimes(
  self: Descriptor,
  flags: PathFlags,
  path: string,
  access: NewTimestamp,
  modification: NewTimestamp,
) {
  const follow = flags.symlinkFollow || path.endsWith('/')
  locate(directoryOf(self), path, follow, place => {
    const at = place.name === '.' ? undefined : mutable(place, 'invalid')
    if (at === undefined && !place.dir.writable) throw new Fault('not-permitted')
    const stats = statsAt(place)
    if (follow && isLink(stats)) throw new Fault('loop')
    const times = timesOf(() => stats, access, modification)
    setEntryTimes(at ?? entryPath(hostOf(place.dir), '.'), times)
  })
}

export const directoryFunctions: Readonly<Record<string, HostItem>> = {
  '[method]descriptor.read-directory': hostFunction((store: Store, self: Descriptor) =>
    attempt(() => new DirectoryEntries(store, directoryOf(self))),
  ),
  '[method]descriptor.create-directory-at': hostFunction((_, self: Descriptor, path: string) =>
    change(self, path, place => fs.mkdirSync(mutable(place, 'exist'))),
  ),
  '[method]descriptor.stat-at': hostFunction((_, self: Descriptor, flags: PathFlags, path: string) =>
    attempt(() => statOf(statsFor(self, flags, path))),
  ),
  '[method]descriptor.set-times-at': hostFunction(
    (_, self: Descriptor, flags: PathFlags, path: string, access: NewTimestamp, modification: NewTimestamp) =>
      attempt((): undefined => setTimes(self, flags, path, access, modification) as undefined),
  ),
  '[method]descriptor.link-at': hostFunction(
    (_, self: Descriptor, flags: PathFlags, oldPath: string, other: Descriptor, newPath: string) =>
      changeBoth(self, oldPath, other, newPath, (old, fresh) => {
        if (flags.symlinkFollow) throw new Fault('invalid')
        link(old, fresh)
      }),
  ),
  '[method]descriptor.open-at': hostFunction(
    (
      store: Store,
      self: Descriptor,
      path: PathFlags,
      name: string,
      open: OpenFlags,
      flags: DescriptorFlags,
    ) => attempt(() => openAt(store, directoryOf(self), path.symlinkFollow, name, open, flags)),
  ),
  '[method]descriptor.readlink-at': hostFunction((_, self: Descriptor, path: string) =>
    attempt(() => locate(directoryOf(self), path, false, readLink)),
  ),
  '[method]descriptor.remove-directory-at': hostFunction((_, self: Descriptor, path: string) =>
    change(self, path, place => removeDirectory(self, path, place)),
  ),
  '[method]descriptor.rename-at': hostFunction(
    (_, self: Descriptor, oldPath: string, other: Descriptor, newPath: string) =>
      changeBoth(self, oldPath, other, newPath, rename),
  ),
  '[method]descriptor.symlink-at': hostFunction((_, self: Descriptor, target: string, path: string) =>
    change(self, path, place => symlink(target, place)),
  ),
  '[method]descriptor.unlink-file-at': hostFunction((_, self: Descriptor, path: string) =>
    change(self, path, unlink),
  ),
  '[method]descriptor.metadata-hash-at': hostFunction((_, self: Descriptor, flags: PathFlags, path: string) =>
    attempt(() => metadataHashOf(statsFor(self, flags, path))),
  ),
}
