// wasi/http/outgoing-body.ts: outgoing-body and its stream. What is written waits here until somebody takes it.
import {err, ok, type Result} from '../../base/result.ts'
import type {OutputStream, StreamError} from '../io/streams.ts'
import {type ErrorCode, errorCode, HttpIoError, type Side} from './error-code.ts'
import type {Fields} from './fields.ts'

/** Where the bytes go: the trigger's reply, or the client's request. */
export interface BodySink {
  /** False: no more until `drained` is called on the body. */
  write(bytes: Uint8Array): boolean
  end(trailers: Fields | undefined): void
  /** The message cannot be completed: the other side must see that it broke off. */
  abort(): void
}

/** How much one body holds before the writer must wait. */
export const BODY_BUFFER_BYTES = 256 * 1024

const CLOSED = err<StreamError>({tag: 'closed'})
const DONE: Result<undefined, never> = ok(undefined)
const FULL = ok(0)
const WHOLE_BUFFER = ok(BODY_BUFFER_BYTES)
const NO_CHUNKS: readonly Uint8Array[] = []

type State = 'open' | 'finished' | 'aborted'

export class OutgoingBody implements OutputStream {
  state: State = 'open'
  /** Written and not yet taken by a sink. */
  chunks: Uint8Array[] = []
  queuedBytes = 0
  writtenBytes = 0
  trailers: Fields | undefined
  /** What content-length promised; -1 without one. */
  readonly promisedBytes: number
  readonly #side: Side
  #sink: BodySink | undefined
  #sinkFull = false
  /** The reader has gone: nothing written from now on arrives. */
  #readerGone = false
  #streamTaken = false
  #wake: (() => void) | undefined
  #waiting: Promise<void> | undefined

  constructor(side: Side, promisedBytes: number | undefined) {
    this.#side = side
    this.promisedBytes = promisedBytes ?? -1
  }

  /** outgoing-body.write: the one stream there is (this very object), undefined the second time. */
  takeStream(): OutputStream | undefined {
    if (this.#streamTaken) return undefined
    this.#streamTaken = true
    return this
  }

  ready(): boolean {
    return this.#closed() || this.#roomBytes() > 0
  }

  whenReady(): Promise<void> {
    if (this.ready()) return Promise.resolve()
    this.#waiting ??= new Promise(resolve => {
      this.#wake = resolve
    })
    return this.#waiting
  }

  checkWrite(): Result<number, StreamError> {
    if (this.#closed()) return CLOSED
    const room = this.#roomBytes()
    return room === BODY_BUFFER_BYTES ? WHOLE_BUFFER : room <= 0 ? FULL : ok(room)
  }

  write(bytes: Uint8Array): Result<undefined, StreamError> {
    if (this.#closed()) return CLOSED
    if (bytes.length === 0) return DONE
    this.writtenBytes += bytes.length
    if (this.promisedBytes >= 0 && this.writtenBytes > this.promisedBytes) {
      // Not one byte of the excess goes out: the peer would take it for the start of the next message.
      return err<StreamError>({tag: 'last-operation-failed', val: new HttpIoError(this.#sizeError())})
    }
    if (this.#sink === undefined) {
      this.chunks.push(bytes)
      this.queuedBytes += bytes.length
    } else if (!this.#sink.write(bytes)) {
      this.#sinkFull = true
    }
    return DONE
  }

  /** Written is handed over, and the server sends what it is handed at once: there is nothing to wait for. */
  flush(): Result<undefined, StreamError> {
    return this.#closed() ? CLOSED : DONE
  }

  /** outgoing-body.finish: the message is whole, unless it is not as long as promised. */
  finish(trailers: Fields | undefined): Result<undefined, ErrorCode> {
    if (this.state !== 'open') return DONE
    if (this.promisedBytes >= 0 && this.writtenBytes !== this.promisedBytes) {
      this.abort()
      return err(this.#sizeError())
    }
    this.state = 'finished'
    this.trailers = trailers
    this.#sink?.end(trailers)
    this.#awake()
    return DONE
  }

  /** The guest let go of an unfinished body, or its event is over. */
  abort(): void {
    if (this.state !== 'open') return
    this.state = 'aborted'
    this.#sink?.abort()
    this.#awake()
  }

  /** The reader is gone: writers see `closed`. */
  readerGone(): void {
    this.#readerGone = true
    this.chunks = []
    this.queuedBytes = 0
    this.#awake()
  }

  /** What waits, for the taker. */
  takeChunks(): readonly Uint8Array[] {
    if (this.chunks.length === 0) return NO_CHUNKS
    const {chunks} = this
    this.chunks = []
    this.queuedBytes = 0
    return chunks
  }

  /** From now on every write goes straight to `sink`, after all that waits here. */
  attach(sink: BodySink): void {
    this.#sink = sink
    for (const chunk of this.takeChunks()) if (!sink.write(chunk)) this.#sinkFull = true
    if (this.state === 'finished') sink.end(this.trailers)
    else if (this.state === 'aborted') sink.abort()
    else if (!this.#sinkFull) this.#awake()
  }

  /** The sink takes more again. */
  drained(): void {
    this.#sinkFull = false
    this.#awake()
  }

  #closed(): boolean {
    return this.state !== 'open' || this.#readerGone
  }

  #roomBytes(): number {
    if (this.#sink !== undefined) return this.#sinkFull ? 0 : BODY_BUFFER_BYTES
    return BODY_BUFFER_BYTES - this.queuedBytes
  }

  #sizeError(): ErrorCode {
    return errorCode(
      this.#side === 'request' ? 'HTTP-request-body-size' : 'HTTP-response-body-size',
      BigInt(this.writtenBytes),
    )
  }

  #awake(): void {
    this.#waiting = undefined
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }
}
