// wasi/preview1/errno.ts: the error numbers of WASI 0.1, and what the other rooms' failures are among them.
import {MayflyError} from '../../base/errors.ts'
import type {Result} from '../../base/result.ts'
import {type ErrorCode, errorCodeOf} from '../filesystem/error-code.ts'

/** wasi_snapshot_preview1 errno, by the names of its witx. */
export const ERRNO = {
  success: 0,
  '2big': 1,
  acces: 2,
  again: 6,
  already: 7,
  badf: 8,
  busy: 10,
  deadlk: 16,
  dquot: 19,
  exist: 20,
  fault: 21,
  fbig: 22,
  ilseq: 25,
  inprogress: 26,
  intr: 27,
  inval: 28,
  io: 29,
  isdir: 31,
  loop: 32,
  mlink: 34,
  msgsize: 35,
  nametoolong: 37,
  nodev: 43,
  noent: 44,
  nolck: 46,
  nomem: 48,
  nospc: 51,
  notdir: 54,
  notempty: 55,
  notrecoverable: 56,
  notsock: 57,
  notsup: 58,
  notty: 59,
  nxio: 60,
  overflow: 61,
  perm: 63,
  pipe: 64,
  rofs: 69,
  spipe: 70,
  txtbsy: 74,
  xdev: 75,
} as const

export type ErrnoName = keyof typeof ERRNO

const OF_ERROR_CODE: Readonly<Record<ErrorCode, ErrnoName>> = {
  access: 'acces',
  'would-block': 'again',
  already: 'already',
  'bad-descriptor': 'badf',
  busy: 'busy',
  deadlock: 'deadlk',
  quota: 'dquot',
  exist: 'exist',
  'file-too-large': 'fbig',
  'illegal-byte-sequence': 'ilseq',
  'in-progress': 'inprogress',
  interrupted: 'intr',
  invalid: 'inval',
  io: 'io',
  'is-directory': 'isdir',
  loop: 'loop',
  'too-many-links': 'mlink',
  'message-size': 'msgsize',
  'name-too-long': 'nametoolong',
  'no-device': 'nodev',
  'no-entry': 'noent',
  'no-lock': 'nolck',
  'insufficient-memory': 'nomem',
  'insufficient-space': 'nospc',
  unsupported: 'notsup',
  'not-directory': 'notdir',
  'not-empty': 'notempty',
  'not-recoverable': 'notrecoverable',
  'no-tty': 'notty',
  'no-such-device': 'nxio',
  overflow: 'overflow',
  'not-permitted': 'perm',
  pipe: 'pipe',
  'read-only': 'rofs',
  'invalid-seek': 'spipe',
  'text-file-busy': 'txtbsy',
  'cross-device': 'xdev',
}

/** A call that fails with an error number; never leaves the room. */
class Failure extends Error {
  override readonly name = 'Failure'
  readonly errno: ErrnoName

  constructor(errno: ErrnoName) {
    super(errno)
    this.errno = errno
  }
}

export function fail(errno: ErrnoName): never {
  throw new Failure(errno)
}

/** The value of a result of wasi:filesystem; its error code ends the call as an error number. */
export const unwrap = <T>(result: Result<T, ErrorCode>): T =>
  result.tag === 'ok' ? result.val : fail(OF_ERROR_CODE[result.val])

/** What a function answers that threw: a pointer out of bounds is EFAULT; traps and mistakes of ours are thrown on. */
export function errnoOf(thrown: unknown): number {
  if (thrown instanceof Failure) return ERRNO[thrown.errno]
  if (thrown instanceof MayflyError) {
    if (thrown.code === 'TRAP_OUT_OF_BOUNDS') return ERRNO.fault
    throw thrown
  }
  return ERRNO[OF_ERROR_CODE[errorCodeOf(thrown)]]
}
