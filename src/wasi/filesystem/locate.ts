// wasi/filesystem/locate.ts: paths walked one name at a time, so that none leads out of where it began.
import {type Directory, enter, leave, mountAt} from './directory.ts'
import {errorCodeOf, Fault} from './error-code.ts'
import {linkTarget} from './host-directory.ts'

/** The place that a path names: a name in a directory. */
export type Place = Readonly<{
  dir: Directory
  /** One component, or '.' for `dir` itself. Never '..'. */
  name: string
  /** The path ended in a slash. */
  mustBeDirectory: boolean
}>

/** Linux's PATH_MAX and its bound for links on the way. */
const MAX_PATH = 4096
const MAX_LINKS = 40
/** All names that one look-up may walk, links included: each is a system call. */
const MAX_STEPS = 4096

/** The path's names, last first, to be walked by `pop`. */
function namesOf(path: string): string[] {
  if (path === '') throw new Fault('no-entry')
  if (path.length > MAX_PATH) throw new Fault('name-too-long')
  if (path.includes('\0')) throw new Fault('invalid')
  // wasi:filesystem/types: absolute paths, and links that hold one, lead out of the descriptor.
  if (path.startsWith('/')) throw new Fault('not-permitted')
  const names = path.split('/').filter(name => name !== '' && name !== '.')
  return names.reverse()
}

/**
 * Calls `visit` with the place that `path` names, from `base` on. Its directory is held only meanwhile.
 * With `follow`, a visit that meets a link (it fails with ELOOP or ENOTDIR) is repeated where the link points to.
 * A path or a link that leads above `base` or is absolute fails with 'not-permitted'.
 * @throws Fault, and what `visit` throws
 */
export function locate<T>(base: Directory, path: string, follow: boolean, visit: (place: Place) => T): T {
  const pending = namesOf(path)
  const mustBeDirectory = path.endsWith('/') || path.endsWith('/.')
  /** Directories walked into below `base`, all held. */
  const inside: Directory[] = []
  let links = 0
  let steps = 0

  const expand = (dir: Directory, name: string, thrown: unknown): void => {
    const code = errorCodeOf(thrown)
    const mayBeLink = (code === 'loop' || code === 'not-directory') && dir.host && !mountAt(dir, name)
    const target = mayBeLink ? linkTarget(dir.host, name) : undefined
    if (target === undefined) throw thrown
    if (++links > MAX_LINKS) throw new Fault('loop')
    pending.push(...namesOf(target))
  }

  try {
    for (;;) {
      if (++steps > MAX_STEPS) throw new Fault('name-too-long')
      const dir = inside.at(-1) ?? base
      const name = pending.pop() ?? '.'
      if (name === '..') {
        const left = inside.pop()
        if (left === undefined) throw new Fault('not-permitted')
        leave(left)
      } else if (pending.length > 0) {
        try {
          inside.push(enter(dir, name))
        } catch (thrown) {
          expand(dir, name, thrown)
        }
      } else {
        try {
          return visit({dir, name, mustBeDirectory})
        } catch (thrown) {
          if (!follow || name === '.') throw thrown
          expand(dir, name, thrown)
        }
      }
    }
  } finally {
    for (const dir of inside) leave(dir)
  }
}
