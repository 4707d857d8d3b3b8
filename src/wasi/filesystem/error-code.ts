// wasi/filesystem/error-code.ts: what the operating system says, in WASI's words.
import {err, ok, type Result} from '../../base/result.ts'

/** wasi:filesystem/types error-code, as far as a host can meet it. */
export type ErrorCode = (typeof CODES)[keyof typeof CODES] | 'not-recoverable'

const CODES = {
  EACCES: 'access',
  EAGAIN: 'would-block',
  EALREADY: 'already',
  EBADF: 'bad-descriptor',
  EBUSY: 'busy',
  EDEADLK: 'deadlock',
  EDQUOT: 'quota',
  EEXIST: 'exist',
  EFBIG: 'file-too-large',
  EILSEQ: 'illegal-byte-sequence',
  EINPROGRESS: 'in-progress',
  EINTR: 'interrupted',
  EINVAL: 'invalid',
  EIO: 'io',
  EISDIR: 'is-directory',
  ELOOP: 'loop',
  EMFILE: 'quota',
  EMLINK: 'too-many-links',
  EMSGSIZE: 'message-size',
  ENAMETOOLONG: 'name-too-long',
  ENFILE: 'quota',
  ENODEV: 'no-device',
  ENOENT: 'no-entry',
  ENOLCK: 'no-lock',
  ENOMEM: 'insufficient-memory',
  ENOSPC: 'insufficient-space',
  ENOTDIR: 'not-directory',
  ENOTEMPTY: 'not-empty',
  ENOTSUP: 'unsupported',
  ENOSYS: 'unsupported',
  ENOTTY: 'no-tty',
  ENXIO: 'no-such-device',
  EOPNOTSUPP: 'unsupported',
  EOVERFLOW: 'overflow',
  EPERM: 'not-permitted',
  EPIPE: 'pipe',
  EROFS: 'read-only',
  ESPIPE: 'invalid-seek',
  ETXTBSY: 'text-file-busy',
  EXDEV: 'cross-device',
  // What Node itself refuses before it asks the system.
  ERR_INVALID_ARG_VALUE: 'invalid',
  ERR_INVALID_ARG_TYPE: 'invalid',
  ERR_OUT_OF_RANGE: 'invalid',
} as const satisfies Record<string, string>

/** An operation of this room that fails with an error code; never leaves the room. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly fault: ErrorCode

  constructor(fault: ErrorCode) {
    super(fault)
    this.fault = fault
  }
}

export function errorCodeOf(thrown: unknown): ErrorCode {
  if (thrown instanceof Fault) return thrown.fault
  const code = (thrown as NodeJS.ErrnoException | undefined)?.code
  // An error without a code is a mistake of ours, and must show as one.
  if (typeof code !== 'string') throw thrown
  return code in CODES ? CODES[code as keyof typeof CODES] : 'io'
}

/** Runs `operation`; what the system refuses becomes an error code. */
export function attempt<T>(operation: () => T): Result<T, ErrorCode> {
  try {
    return ok(operation())
  } catch (thrown) {
    return err(errorCodeOf(thrown))
  }
}
