// wasi/http/incoming-body.ts: incoming-body, its stream and future-trailers over a node Readable, in constant memory.
import type {Readable} from 'node:stream'
import {err, ok, type Result} from '../../base/result.ts'
import type {InputStream, Pollable, StreamError} from '../io/streams.ts'
import {type ErrorCode, errorCode, errorCodeOf, HttpIoError, type Side} from './error-code.ts'
import {Fields} from './fields.ts'

/** Node's incoming message, or an HTTP/2 stream on which the trigger noted the trailers. */
export type BodySource = Readable & {readonly complete?: boolean; readonly rawTrailers?: readonly string[]}

export type BodyOptions = Readonly<{
  side: Side
  /** Runs once, before the first wait for bytes: sends 100-continue. */
  onFirstWait?: () => void
  /** Runs when the guest lets go of the body before its end. */
  onDrop?: () => void
  /** How long one wait for bytes may take. */
  timeoutMs?: number | undefined
}>

const EMPTY = new Uint8Array(0)
const CLOSED = err<StreamError>({tag: 'closed'})
const NOTHING = ok(EMPTY)
const NO_FIELDS: readonly string[] = []

export class IncomingBody implements InputStream {
  readonly #source: BodySource | undefined
  readonly #options: BodyOptions
  #rest: Uint8Array | undefined
  #ended: boolean
  #failure: ErrorCode | undefined
  #failureTold = false
  #listening = false
  #waited = false
  #draining = false
  #streamTaken = false
  #wake: (() => void) | undefined
  #waiting: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  /** `source` undefined: a body without bytes. */
  constructor(source: BodySource | undefined, options: BodyOptions) {
    this.#source = source
    this.#options = options
    this.#ended = source === undefined
  }

  /** incoming-body.stream: the one stream there is (this very object), undefined the second time. */
  takeStream(): InputStream | undefined {
    if (this.#streamTaken) return undefined
    this.#streamTaken = true
    return this
  }

  read(max: number): Result<Uint8Array, StreamError> {
    let bytes = this.#rest ?? this.#next()
    if (bytes === undefined) {
      if (this.#failure !== undefined && !this.#failureTold) {
        this.#failureTold = true
        return err<StreamError>({tag: 'last-operation-failed', val: new HttpIoError(this.#failure)})
      }
      return this.#ended || this.#failure !== undefined ? CLOSED : NOTHING
    }
    if (bytes.length > max) {
      this.#rest = bytes.subarray(max)
      bytes = bytes.subarray(0, max)
    } else {
      this.#rest = undefined
    }
    return ok(bytes)
  }

  ready(): boolean {
    if (this.#rest !== undefined || this.#over()) return true
    this.#rest = this.#next()
    return this.#rest !== undefined || this.#over()
  }

  whenReady(): Promise<void> {
    if (this.ready()) return Promise.resolve()
    this.#beginWait()
    this.#waiting ??= new Promise(resolve => {
      this.#wake = resolve
      const {timeoutMs} = this.#options
      if (timeoutMs !== undefined) {
        this.#timer = setTimeout(() => this.fail(errorCode('connection-read-timeout')), timeoutMs)
      }
    })
    return this.#waiting
  }

  /** Ends the body with an error, which the guest's next read gets. */
  fail(code: ErrorCode): void {
    if (!this.#over()) this.#failure = code
    this.#awake()
  }

  /** True once all bytes came, or none will come any more, and no byte is left unread. */
  finished(): boolean {
    return this.ready() && this.#over() && this.#rest === undefined
  }

  get failure(): ErrorCode | undefined {
    return this.#failure
  }

  /** Reads and forgets the rest, so that the trailers come. */
  drain(): void {
    this.#rest = undefined
    if (this.#draining || this.#over()) return
    this.#draining = true
    this.#beginWait()
    while (this.#next() !== undefined);
  }

  /** The trailers in node's flat form; meaningful once `finished()`. */
  rawTrailers(): readonly string[] {
    return this.#source?.rawTrailers ?? NO_FIELDS
  }

  /** The guest wants no more of it. Not named `drop`: the stream handle stands for this object too, and may go first. */
  release(): void {
    this.#rest = undefined
    this.#detach()
    if (!this.#over()) this.#options.onDrop?.()
    this.#awake()
  }

  #over(): boolean {
    return this.#ended || this.#failure !== undefined
  }

  #next(): Uint8Array | undefined {
    if (this.#over()) return undefined
    const source = this.#source!
    const bytes = source.read() as Buffer | null
    if (bytes !== null && bytes.length > 0) return bytes
    if (source.complete === true || source.readableEnded) this.#end()
    else if (source.destroyed) this.fail(brokenOff(this.#options.side))
    return undefined
  }

  #end(): void {
    this.#ended = true
    this.#awake()
  }

  #beginWait(): void {
    if (!this.#waited) {
      this.#waited = true
      this.#options.onFirstWait?.()
    }
    if (this.#listening) return
    this.#listening = true
    const source = this.#source!
    source.on('readable', this.#onReadable)
    source.on('end', this.#onEnd)
    source.on('error', this.#onError)
    source.on('close', this.#onClose)
  }

  #detach(): void {
    if (!this.#listening) return
    this.#listening = false
    const source = this.#source!
    source.off('readable', this.#onReadable)
    source.off('end', this.#onEnd)
    source.off('close', this.#onClose)
    // The error listener stays: an error after we let go of the body is nobody's, and must not end the process.
  }

  #awake(): void {
    clearTimeout(this.#timer)
    this.#waiting = undefined
    const wake = this.#wake
    this.#wake = undefined
    wake?.()
  }

  readonly #onReadable = (): void => {
    if (this.#draining) {
      while (this.#next() !== undefined);
      return
    }
    if (this.#rest === undefined) this.#rest = this.#next()
    if (this.#rest !== undefined) this.#awake()
  }

  readonly #onEnd = (): void => this.#end()
  readonly #onError = (error: unknown): void => this.fail(errorCodeOf(error, this.#options.side))

  readonly #onClose = (): void => {
    if (this.#source!.complete === true || this.#source!.readableEnded) this.#end()
    else this.fail(brokenOff(this.#options.side))
  }
}

const brokenOff = (side: Side): ErrorCode =>
  errorCode(side === 'response' ? 'HTTP-response-incomplete' : 'connection-terminated')

type Trailers = Result<Fields | undefined, ErrorCode>

/** future-trailers: there once the body has been read to its end, by the guest or here. */
export class FutureTrailers implements Pollable {
  readonly #body: IncomingBody
  #taken = false

  constructor(body: IncomingBody) {
    this.#body = body
  }

  ready(): boolean {
    if (this.#taken) return true
    this.#body.drain()
    return this.#body.finished()
  }

  async whenReady(): Promise<void> {
    while (!this.ready()) await this.#body.whenReady()
  }

  /** undefined while they are not there, an error the second time. */
  get(): Result<Trailers, undefined> | undefined {
    if (!this.ready()) return undefined
    if (this.#taken) return err(undefined)
    this.#taken = true
    const {failure} = this.#body
    if (failure !== undefined) return ok(err(failure))
    const raw = this.#body.rawTrailers()
    return ok(ok(raw.length === 0 ? undefined : new Fields(() => raw)))
  }

  release(): void {
    this.#body.release()
  }
}
