// triggers/http/exchange.ts: one request and its answer, whatever HTTP version carries them.
import {MayflyError} from '../../base/errors.ts'
import type {Result} from '../../base/result.ts'
import type {StackFunction} from '../../engine/link/stacks.ts'
import type {RequestRecord} from '../../observe/request-record.ts'
import type {ErrorCode} from '../../wasi/http/error-code.ts'
import type {Fields} from '../../wasi/http/fields.ts'
import type {IncomingBody} from '../../wasi/http/incoming-body.ts'
import {IncomingRequest, type RequestSource} from '../../wasi/http/incoming-message.ts'
import type {BodySink} from '../../wasi/http/outgoing-body.ts'
import {
  type OutgoingResponse,
  ResponseOutparam,
  type ResponseReceiver,
} from '../../wasi/http/outgoing-message.ts'
import {type Outcome, RETURNED} from '../trigger.ts'
import type {ComponentTarget, ExchangeContext} from './exchange-context.ts'
import type {EventRunner, HttpEvent} from './guest.ts'
import {guestHeaders} from './headers.ts'
import {errorReply} from './replies.ts'
import type {RouteMatch} from './routes.ts'
import type {Pace, Staged} from './stages.ts'

const CLIENT_GONE_STATUS = 499
const CLIENT_GONE = {code: 'CLIENT_GONE', message: 'the client went away'}
const NO_CHUNKS: readonly Uint8Array[] = []

export abstract class Exchange implements HttpEvent, Staged, RequestSource, ResponseReceiver, BodySink {
  readonly method: string
  readonly pathWithQuery: string
  readonly authority: string
  readonly match: RouteMatch<ComponentTarget>
  readonly request: IncomingRequest
  readonly responseOut: ResponseOutparam
  aborted = false
  runner: EventRunner | undefined
  sandbox = 'fresh'
  memoryTouchedBytes = 0
  protected readonly context: ExchangeContext
  protected incomingBody: IncomingBody | undefined
  /** The whole answer has been handed to the network, or nobody is there to take it. */
  protected ended = false
  #response: Result<OutgoingResponse, ErrorCode> | undefined
  #outcome: Outcome | undefined
  #headWritten = false
  #replyQueued = false
  #status = 0
  #error: MayflyError | undefined
  #reported: MayflyError | undefined
  readonly #startedMs: number
  #endedMs = 0

  constructor(
    context: ExchangeContext,
    head: Readonly<{
      method: string
      pathWithQuery: string
      authority: string
      match: RouteMatch<ComponentTarget>
    }>,
  ) {
    this.context = context
    this.method = head.method
    this.pathWithQuery = head.pathWithQuery
    this.authority = head.authority
    this.match = head.match
    this.request = new IncomingRequest(this)
    this.responseOut = new ResponseOutparam(this)
    this.#startedMs = context.now()
    context.openCount++
  }

  get component(): string {
    return this.match.route.target.component
  }

  get pace(): Pace {
    return this.match.route.target.pace
  }

  /** The client's headers in node's flat form. */
  protected abstract clientHeaders(): readonly string[]
  /** ip:port. */
  protected abstract clientAddress(): string
  abstract openBody(): IncomingBody
  /** Head, content-length and all bytes at once. `lengthBytes` differs from the bytes for HEAD; -1 for none. */
  protected abstract writeWhole(
    status: number,
    headers: string[],
    chunks: readonly Uint8Array[],
    lengthBytes: number,
  ): void
  /** The head of an answer whose bytes follow; `lengthBytes` is -1 where it is not known. */
  protected abstract writeHead(
    status: number,
    headers: string[],
    lengthBytes: number,
    onDrain: () => void,
  ): void
  protected abstract writeBytes(bytes: Uint8Array): boolean
  protected abstract writeEnd(trailers: Fields | undefined): void
  /** The answer cannot be completed: the client must not take what it has for all. */
  protected abstract breakOff(): void
  /** The answer is out: the client's going is no longer this exchange's business. */
  protected abstract release(): void
  /** Answer and guest are both finished: what is left of the request is read and forgotten. */
  protected abstract drain(): void

  rawHeaders(): readonly string[] {
    return guestHeaders(this.clientHeaders(), {
      scheme: this.context.scheme,
      authority: this.authority,
      pathWithQuery: this.pathWithQuery,
      clientAddress: this.clientAddress(),
      match: this.match,
    })
  }

  // Stages.

  run(): StackFunction | undefined {
    if (this.aborted) {
      this.settle(RETURNED)
      return undefined
    }
    try {
      return this.match.route.target.guest.run(this)
    } catch (error) {
      const reason = `the guest's runner threw: ${(error as Error)?.message ?? error}`
      this.settle({kind: 'trap', error: new MayflyError('INTERNAL', {reason}, {cause: error})})
      return undefined
    }
  }

  reply(): void {
    this.#replyQueued = false
    if (this.#headWritten || this.ended) return
    try {
      this.#answer()
    } catch (error) {
      // Node refuses what no client could read, such as two content-types over HTTP/2.
      this.#fail(new MayflyError('HTTP_RESPONSE_INVALID', {reason: (error as Error).message}, {cause: error}))
    }
  }

  #answer(): void {
    const response = this.#response
    if (response === undefined) {
      if (this.#outcome === undefined) return
      this.#fail(this.#outcome.kind === 'trap' ? this.#outcome.error : new MayflyError('HTTP_NO_RESPONSE'))
    } else if (response.tag === 'err') {
      this.#fail(new MayflyError('HTTP_GUEST_ERROR', {code: response.val.tag}))
    } else {
      this.#send(response.val)
    }
  }

  // What the guest and its runner say.

  respond(response: Result<OutgoingResponse, ErrorCode>): void {
    this.#response = response
    if (this.ended) {
      if (response.tag === 'ok') response.val.body?.readerGone()
      return
    }
    this.#replyLater()
  }

  interrupted(): void {
    this.context.stages.restart()
  }

  fail(error: MayflyError): void {
    this.#reported ??= error
  }

  settle(outcome: Outcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.runner = undefined
    // A trap tells more than the unfinished body that it leaves; what happens after the client went is nobody's error.
    if (outcome.kind === 'trap' && !this.aborted) this.#error = outcome.error
    if (this.ended) {
      this.context.lingering.delete(this)
      this.#finish()
    } else if (this.#headWritten) {
      // Only a body still open is left, and nobody is left to finish it.
      this.abort()
    } else {
      this.#replyLater()
    }
  }

  /** The client's connection is gone. */
  clientGone(): void {
    if (this.ended) return
    this.aborted = true
    if (this.#response?.tag === 'ok') this.#response.val.body?.readerGone()
    this.#status ||= CLIENT_GONE_STATUS
    this.#end()
    const {runner} = this
    this.runner = undefined
    runner?.clientGone()
  }

  /** The server's grace is over: a guest that works on after its answer is told so too. */
  abandon(): void {
    this.aborted = true
    const {runner} = this
    this.runner = undefined
    runner?.clientGone()
  }

  // BodySink: the guest's body, once the head is out.

  write(bytes: Uint8Array): boolean {
    return this.ended ? true : this.writeBytes(bytes)
  }

  end(trailers: Fields | undefined): void {
    if (this.ended) return
    this.writeEnd(trailers)
    this.#end()
  }

  abort(): void {
    if (this.ended) return
    this.#error ??= new MayflyError('HTTP_BODY_UNFINISHED')
    this.breakOff()
    this.#end()
  }

  #replyLater(): void {
    if (this.#replyQueued) return
    this.#replyQueued = true
    this.context.stages.replyLater(this)
  }

  #send(response: OutgoingResponse): void {
    const {body, statusCode} = response
    if (this.#reported !== undefined && statusCode >= 500 && this.context.showErrors) {
      body?.readerGone()
      this.#fail(this.#reported)
      return
    }
    const bodiless = this.method === 'HEAD' || statusCode === 204 || statusCode === 304
    const whole = bodiless || body === undefined || (body.state === 'finished' && body.trailers === undefined)
    // Nothing has gone out yet, so a broken answer can still become an honest one.
    const broken = bodiless ? undefined : brokenBy(response, this.#outcome)
    if (broken !== undefined) {
      this.#fail(broken)
    } else if (whole) {
      this.#sendWhole(response, bodiless)
    } else {
      this.writeHead(statusCode, response.headers.writeTo([]), body.promisedBytes, () => body.drained())
      this.#headWritten = true
      this.#status = statusCode
      body.attach(this)
    }
  }

  #sendWhole({statusCode, headers, body}: OutgoingResponse, bodiless: boolean): void {
    let length = body === undefined ? (headers.contentLength() ?? 0) : body.promisedBytes
    if (length < 0) length = body?.writtenBytes ?? -1
    // Without a body a length is told only where the guest knows one, and never with 204 (RFC 9110, 8.6).
    if (bodiless && (length === 0 || statusCode === 204)) length = -1
    const chunks = bodiless || body === undefined ? NO_CHUNKS : body.takeChunks()
    // Whatever the guest still writes, no byte of it belongs in this answer.
    if (bodiless) body?.readerGone()
    this.writeWhole(statusCode, headers.writeTo([]), chunks, length)
    this.#headWritten = true
    this.#status = statusCode
    this.#end()
  }

  #fail(error: MayflyError): void {
    this.#error = error
    this.#headWritten = true
    if (this.#response?.tag === 'ok') this.#response.val.body?.readerGone()
    const {status, headers, body} = errorReply(error, this.context.showErrors)
    this.#status = status
    const chunks = this.method === 'HEAD' || body.length === 0 ? NO_CHUNKS : [body]
    this.writeWhole(status, headers, chunks, body.length)
    this.#end()
  }

  #end(): void {
    this.ended = true
    this.#endedMs = this.context.observer === undefined ? 0 : this.context.now()
    this.release()
    if (this.#outcome !== undefined) this.#finish()
    else this.context.lingering.add(this)
  }

  #finish(): void {
    const {context} = this
    context.openCount--
    this.drain()
    context.observer?.request(this.#record())
    if (context.openCount === 0) context.onIdle?.()
  }

  #record(): RequestRecord {
    const query = this.pathWithQuery.indexOf('?')
    const record = {
      method: this.method,
      path: query < 0 ? this.pathWithQuery : this.pathWithQuery.slice(0, query),
      route: this.match.route.raw,
      component: this.component,
      status: this.#status,
      durationMs: this.#endedMs - this.#startedMs,
      sandbox: this.sandbox,
      memoryTouchedBytes: this.memoryTouchedBytes,
    }
    const error = this.#error ?? this.#reported
    if (error !== undefined) return {...record, error: {code: error.code, message: error.message}}
    return this.aborted ? {...record, error: CLIENT_GONE} : record
  }
}

/** Why an answer of which nothing has gone out yet can never be completed. */
function brokenBy({headers, body}: OutgoingResponse, outcome: Outcome | undefined): MayflyError | undefined {
  if (body === undefined) {
    return (headers.contentLength() ?? 0) === 0 ? undefined : new MayflyError('HTTP_BODY_UNFINISHED')
  }
  if (body.state === 'finished') return undefined
  if (outcome?.kind === 'trap') return outcome.error
  return body.state === 'aborted' || outcome !== undefined
    ? new MayflyError('HTTP_BODY_UNFINISHED')
    : undefined
}
