// cli/system-errors.ts: what the operating system refused, as errors from the table.
import {MayflyError} from '../base/errors.ts'

const ACTIONS: Readonly<Record<string, string>> = {
  open: 'open',
  read: 'read',
  scandir: 'read',
  readlink: 'read',
  stat: 'read',
  lstat: 'read',
  access: 'use',
  watch: 'watch',
}

/** The error for a failed file operation; undefined when it is none. */
export function fromSystemError(thrown: unknown): MayflyError | undefined {
  if (!(thrown instanceof Error)) return undefined
  const {code, path, syscall} = thrown as NodeJS.ErrnoException
  if (code === undefined || syscall === undefined) return undefined
  const where = path ?? 'a file'
  const action = ACTIONS[syscall] ?? 'write'
  const options = {cause: thrown, ...(path === undefined ? {} : {at: {file: path}})}
  switch (code) {
    case 'ENOENT':
      return new MayflyError('FILE_NOT_FOUND', {path: where}, {cause: thrown})
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return path === undefined
        ? undefined
        : new MayflyError('FILE_DENIED', {path: where, action}, {cause: thrown})
    case 'ENOSPC':
    case 'EDQUOT':
      return syscall === 'watch' ? undefined : new MayflyError('FILE_DISK_FULL', {path: where}, options)
    case 'EISDIR':
      return new MayflyError(
        'FILE_FAILED',
        {path: where, action, reason: 'it is a directory'},
        {cause: thrown},
      )
    case 'ENOTDIR':
      return new MayflyError(
        'FILE_FAILED',
        {path: where, action, reason: 'part of the path is not a directory'},
        {cause: thrown},
      )
    case 'EMFILE':
    case 'ENFILE':
      return new MayflyError(
        'FILE_FAILED',
        {path: where, action, reason: 'too many files are open (see `ulimit -n`)'},
        {cause: thrown},
      )
    default:
      return path === undefined
        ? undefined
        : new MayflyError('FILE_FAILED', {path: where, action, reason: thrown.message}, {cause: thrown})
  }
}
