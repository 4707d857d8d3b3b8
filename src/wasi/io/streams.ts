// wasi/io/streams.ts: the objects behind wasi:io's resources. Files, sockets and HTTP bodies implement them.
import type {Result} from '../../base/result.ts'

/** wasi:io/poll pollable. */
export interface Pollable {
  ready(): boolean
  /** Resolves once `ready()` is true; may resolve early (callers ask again). Must never reject. */
  whenReady(): Promise<void>
  drop?(): void
}

/** wasi:io/error error: `debugString` is for people. Capabilities attach a typed cause, e.g. an HTTP error code. */
export interface IoError {
  readonly debugString: string
  readonly cause?: unknown
}

/** wasi:io/streams stream-error. */
export type StreamError = Readonly<{tag: 'last-operation-failed'; val: IoError}> | Readonly<{tag: 'closed'}>

/** wasi:io/streams input-stream. Nothing here blocks; the WASI layer builds the blocking functions on `whenReady`. */
export interface InputStream extends Pollable {
  /** At most `max` bytes that are there now; empty when none are yet; `closed` after the last. The bytes are the caller's. */
  read(max: number): Result<Uint8Array, StreamError>
}

/** wasi:io/streams output-stream. `ready()` means that `checkWrite` would give more than 0, or an error. */
export interface OutputStream extends Pollable {
  /** How many bytes `write` takes now; 0 when it must wait. */
  checkWrite(): Result<number, StreamError>
  /** Takes all of `bytes`, which become the stream's. The WASI layer has checked them against `checkWrite`. */
  write(bytes: Uint8Array): Result<undefined, StreamError>
  /** Asks that all that was written goes out; until it has, `checkWrite` gives 0. */
  flush(): Result<undefined, StreamError>
}
