// wasi/io/pipe.ts: a bounded queue of byte chunks between a writer and a reader, either of them guest or host.
import {err, ok, type Result} from '../../base/result.ts'
import {CLOSED} from '../errors.ts'
import {DONE, Signal} from './signal.ts'
import type {InputStream, IoError, OutputStream, StreamError} from './streams.ts'

export type PipeOptions = Readonly<{
  /** Bytes that may wait in the pipe; a host's writer may go beyond it by one chunk. */
  capacity?: number
  /** Whether dropping the output end ends the pipe (default); else someone calls `close` or `abort`. */
  closeOnDrop?: boolean
}>

const DEFAULT_CAPACITY = 64 * 1024
/** A bound for chunks too, since one byte a chunk would cost a hundred times its size. */
const MAX_CHUNKS = 1024

const NOTHING = ok(new Uint8Array(0))
const DONE_WRITING = ok(undefined)

const lastOperationFailed = (val: IoError): Result<never, StreamError> =>
  err({tag: 'last-operation-failed', val})

/**
 * Chunks go through as they are: nothing is copied, and a chunk larger than a read is cut by `subarray`.
 * The writer's side: `write`, `room`, `close`, `abort`. The reader's side: `read`, `buffered`, `cancel`.
 * `input` and `output` are the two ends as WASI streams.
 */
export class Pipe {
  readonly capacity: number
  readonly closeOnDrop: boolean
  #chunks: Uint8Array[] = []
  #head = 0
  #buffered = 0
  #state: 'open' | 'ended' | 'cancelled' = 'open'
  #readError: IoError | undefined
  #writeError: IoError | undefined
  readonly #onReadable = new Signal()
  readonly #onWritable = new Signal()
  #input: PipeInput | undefined
  #output: PipeOutput | undefined

  constructor(options: PipeOptions = {}) {
    this.capacity = options.capacity ?? DEFAULT_CAPACITY
    this.closeOnDrop = options.closeOnDrop ?? true
  }

  get input(): InputStream {
    return (this.#input ??= new PipeInput(this))
  }

  get output(): OutputStream {
    return (this.#output ??= new PipeOutput(this))
  }

  /** Bytes written and not yet read. */
  get buffered(): number {
    return this.#buffered
  }

  /** Bytes that may be written now; 0 when full. */
  get room(): number {
    if (this.#chunks.length - this.#head >= MAX_CHUNKS) return 0
    return this.#buffered >= this.capacity ? 0 : this.capacity - this.#buffered
  }

  /** Whether the writer is done: `close` or `abort` was called. There may still be bytes to read. */
  get ended(): boolean {
    return this.#state === 'ended'
  }

  /** Whether the reader is gone. */
  get cancelled(): boolean {
    return this.#state === 'cancelled'
  }

  /** Whether `read` has something to say: bytes, the end, or an error. */
  get readable(): boolean {
    return this.#buffered > 0 || this.#state !== 'open'
  }

  /** Whether the writer has something to learn: that there is room, or that nobody reads any more. */
  get writable(): boolean {
    return this.#state !== 'open' || this.room > 0
  }

  whenReadable(): Promise<void> {
    return this.readable ? DONE : this.#onReadable.wait()
  }

  whenWritable(): Promise<void> {
    return this.writable ? DONE : this.#onWritable.wait()
  }

  /** At most `max` bytes of the oldest chunk; empty when there are none yet; after the last, the error once, then closed. */
  read(max: number): Result<Uint8Array, StreamError> {
    if (this.#buffered === 0) {
      if (this.#state === 'open') return NOTHING
      const error = this.#readError
      this.#readError = undefined
      return error === undefined ? CLOSED : lastOperationFailed(error)
    }
    if (max <= 0) return NOTHING
    const chunk = this.#chunks[this.#head]!
    if (chunk.length > max) {
      this.#chunks[this.#head] = chunk.subarray(max)
      this.#buffered -= max
      this.#onWritable.fire()
      return ok(chunk.subarray(0, max))
    }
    this.#buffered -= chunk.length
    this.#advance()
    this.#onWritable.fire()
    return ok(chunk)
  }

  #advance(): void {
    this.#head++
    if (this.#head === this.#chunks.length) {
      this.#chunks.length = 0
      this.#head = 0
    } else if (this.#head >= MAX_CHUNKS) {
      this.#chunks.splice(0, this.#head)
      this.#head = 0
    }
  }

  /** Appends `bytes`, which become the pipe's. Closed when the pipe has ended or nobody reads. */
  write(bytes: Uint8Array): Result<undefined, StreamError> {
    if (this.#state !== 'open') return this.#refuse()
    if (bytes.length === 0) return DONE_WRITING
    this.#chunks.push(bytes)
    this.#buffered += bytes.length
    this.#onReadable.fire()
    return DONE_WRITING
  }

  /** What a writer hears of a pipe that takes no more: why the reader left, once, then closed. */
  #refuse(): Result<never, StreamError> {
    const error = this.#writeError
    this.#writeError = undefined
    return error === undefined ? CLOSED : lastOperationFailed(error)
  }

  checkWrite(): Result<number, StreamError> {
    return this.#state === 'open' ? ok(this.room) : this.#refuse()
  }

  /** The writer is done; the reader gets what is left, then closed. */
  close(): void {
    if (this.#state !== 'open') return
    this.#state = 'ended'
    this.#onReadable.fire()
    this.#onWritable.fire()
  }

  /** The writer failed; the reader gets what is left, then `error`, then closed. */
  abort(error: IoError): void {
    if (this.#state !== 'open') return
    this.#readError = error
    this.close()
  }

  /** The reader leaves; what is left is forgotten, and the writer hears `error` once, then closed. */
  cancel(error?: IoError): void {
    if (this.#state === 'cancelled') return
    // A writer that has ended already is told nothing.
    if (this.#state === 'open') this.#writeError = error
    this.#state = 'cancelled'
    this.#chunks.length = 0
    this.#head = 0
    this.#buffered = 0
    this.#onReadable.fire()
    this.#onWritable.fire()
  }
}

class PipeInput implements InputStream {
  readonly #pipe: Pipe

  constructor(pipe: Pipe) {
    this.#pipe = pipe
  }

  ready(): boolean {
    return this.#pipe.readable
  }

  whenReady(): Promise<void> {
    return this.#pipe.whenReadable()
  }

  read(max: number): Result<Uint8Array, StreamError> {
    return this.#pipe.read(max)
  }

  drop(): void {
    this.#pipe.cancel()
  }
}

class PipeOutput implements OutputStream {
  readonly #pipe: Pipe

  constructor(pipe: Pipe) {
    this.#pipe = pipe
  }

  ready(): boolean {
    return this.#pipe.writable
  }

  whenReady(): Promise<void> {
    return this.#pipe.whenWritable()
  }

  checkWrite(): Result<number, StreamError> {
    return this.#pipe.checkWrite()
  }

  write(bytes: Uint8Array): Result<undefined, StreamError> {
    return this.#pipe.write(bytes)
  }

  /** Nothing to do: what is in the pipe is on its way. Waiting for the reader could wait for the guest itself. */
  flush(): Result<undefined, StreamError> {
    return this.#pipe.cancelled || this.#pipe.ended ? CLOSED : DONE_WRITING
  }

  drop(): void {
    if (this.#pipe.closeOnDrop) this.#pipe.close()
  }
}
