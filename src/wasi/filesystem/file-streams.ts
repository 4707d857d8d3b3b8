// wasi/filesystem/file-streams.ts: files as streams. A file never keeps anybody waiting, so both are always ready.
import {err, ok, type Result} from '../../base/result.ts'
import {CLOSED, failed} from '../errors.ts'
import {DONE} from '../io/signal.ts'
import type {InputStream, OutputStream, StreamError} from '../io/streams.ts'
import {errorCodeOf} from './error-code.ts'
import type {OpenFile} from './open-file.ts'

/** What one write may hold. */
const PERMIT = ok(1024 * 1024)
const DONE_WRITING = ok(undefined)

export function readStream(file: OpenFile, offset: bigint): InputStream {
  let at = offset
  return {
    ready: () => true,
    whenReady: () => DONE,
    read(max: number): Result<Uint8Array, StreamError> {
      try {
        const bytes = file.read(max, at)
        if (bytes.length === 0 && max > 0) return CLOSED
        at += BigInt(bytes.length)
        return ok(bytes)
      } catch (thrown) {
        return err(failed('filesystem', errorCodeOf(thrown)))
      }
    },
    drop: () => file.leave(),
  }
}

/** `offset` null: at the end, which the descriptor itself sees to. */
export function writeStream(file: OpenFile, offset: bigint | null): OutputStream {
  let at = offset
  let broken = false
  const check = (): Result<number, StreamError> => (broken ? CLOSED : PERMIT)
  return {
    ready: () => true,
    whenReady: () => DONE,
    checkWrite: check,
    write(bytes: Uint8Array): Result<undefined, StreamError> {
      try {
        file.write(bytes, at)
        if (at !== null) at += BigInt(bytes.length)
        return DONE_WRITING
      } catch (thrown) {
        broken = true
        return err(failed('filesystem', errorCodeOf(thrown)))
      }
    },
    // What is written is the system's; `sync` brings it to the disk.
    flush: () => (broken ? CLOSED : DONE_WRITING),
    drop: () => file.leave(),
  }
}
