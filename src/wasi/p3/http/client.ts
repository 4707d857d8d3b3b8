// wasi/p3/http/client.ts: client.send, and handler.handle where no component stands behind it.
import {err, ok, type Result} from '../../../base/result.ts'
import {LazyPromise} from '../../../engine/async/lazy-promise.ts'
import {StateKey, type Store} from '../../../engine/store.ts'
import type {FutureIncomingResponse, HttpClient} from '../../http/client.ts'
import {type ErrorCode, errorCode} from '../../http/error-code.ts'
import {OutgoingRequest} from '../../http/outgoing-message.ts'
import {type Contents, SENT, type Transmitted} from './contents.ts'
import {type Request, type Response, responseOf} from './message.ts'
import {transmit} from './transmit.ts'

type Answer = Result<Response, ErrorCode>

/** Requests under way, which break off when the event ends. */
const OPEN = new StateKey<Set<Exchange>>(
  () => new Set(),
  exchanges => {
    for (const exchange of exchanges) exchange.cancel()
  },
)

/** Sends `request`, which is gone afterwards. Where the guest cancels the call, the request ends. */
export function send(store: Store, client: HttpClient, request: Request): Promise<Answer> {
  const contents = opened(request.takeContents())
  const refused = (error: Result<never, ErrorCode>): Promise<Answer> => {
    if (contents.kind === 'guest') contents.stream?.cancel()
    else contents.incoming.release()
    contents.sent?.settle(error)
    return Promise.resolve(error)
  }
  const message = outgoingOf(request)
  if (message.tag === 'err') return refused(message)
  const {val: outgoing} = message
  // Two different lengths, in headers that another guest may have written.
  if (hasBytes(contents) && outgoing.openBody() === undefined)
    return refused(err(errorCode('HTTP-protocol-error')))
  const started = client.send(outgoing, request.options)
  if (started.tag === 'err') return refused(started)
  const exchange = new Exchange(store, outgoing, started.val, contents)
  return Object.assign(exchange.answer(), {cancel: () => exchange.cancel()})
}

/** A body from the network says only when it is open whether there is anything in it. */
function opened(contents: Contents): Contents {
  if (contents.kind === 'guest') return contents
  const {incoming} = contents
  const body = incoming.consume()
  const some = body?.finished() === true ? undefined : body
  return {
    ...contents,
    incoming: {headers: incoming.headers, consume: () => some, release: () => incoming.release()},
  }
}

const hasBytes = (contents: Contents): boolean =>
  (contents.kind === 'guest' ? contents.stream : contents.incoming.consume()) !== undefined

function outgoingOf(request: Request): Result<OutgoingRequest, ErrorCode> {
  const {pathWithQuery = '/', authority} = request
  // A user has no place in a request's target (RFC 9110, 4.2.4), nor a path that leads from nowhere.
  if (authority?.includes('@') || !/^(?:[/?]|\*$)/.test(pathWithQuery))
    return err(errorCode('HTTP-request-URI-invalid'))
  const outgoing = new OutgoingRequest(request.headers)
  outgoing.method = request.method
  outgoing.scheme = request.scheme
  outgoing.authority = authority
  outgoing.pathWithQuery = pathWithQuery.replace(/[\u0080-\u{10ffff}]+/gu, encodeURIComponent)
  return ok(outgoing)
}

class Exchange {
  readonly #open: Set<Exchange>
  readonly #outgoing: OutgoingRequest
  readonly #future: FutureIncomingResponse
  readonly #sent: LazyPromise<Transmitted> | undefined
  /** All bytes and trailers have been handed over. */
  #handedOver: boolean
  #answered = false
  #failure: Transmitted | undefined

  constructor(store: Store, outgoing: OutgoingRequest, future: FutureIncomingResponse, contents: Contents) {
    this.#open = store.state(OPEN)
    this.#open.add(this)
    this.#outgoing = outgoing
    this.#future = future
    this.#sent = contents.sent
    const {body} = outgoing
    this.#handedOver = body === undefined
    if (body !== undefined) {
      const written = new LazyPromise<Transmitted>()
      written.then(result => this.#written(result))
      const gone = (): Transmitted => this.#failure ?? err(errorCode('connection-terminated'))
      transmit(store, {...contents, sent: written}, body, {gone})
    } else if (contents.kind === 'guest') this.#watch(contents.trailers)
  }

  /** Without bytes there is nothing for trailers to come after; an error in their place still ends the request. */
  #watch(trailers: Promise<Result<unknown, ErrorCode>>): void {
    trailers.then(
      value => {
        if (value.tag === 'ok' || this.#answered) return
        this.#sent?.settle(value)
        this.#future.fail(value.val)
        this.cancel()
      },
      () => {},
    )
  }

  #written(result: Transmitted): void {
    if (result.tag === 'err') this.#sent?.settle(result)
    this.#handedOver = true
    this.#settle()
  }

  /** A request is sent once somebody has answered it: until then its bytes may only have been put aside. */
  #settle(): void {
    if (!this.#handedOver || !this.#answered) return
    this.#sent?.settle(this.#failure ?? SENT)
    this.#open.delete(this)
  }

  async answer(): Promise<Answer> {
    const future = this.#future
    while (!future.ready()) await future.whenReady()
    // Only this asks, and only once.
    const got = future.get()
    const answer = got?.tag === 'ok' ? got.val : err(errorCode('connection-terminated'))
    if (answer.tag === 'err') {
      this.#failure = answer
      this.#sent?.settle(answer)
    }
    this.#answered = true
    this.#settle()
    return answer.tag === 'ok' ? ok(responseOf(answer.val)) : answer
  }

  cancel(): void {
    this.#future.release()
    this.#outgoing.body?.abort()
  }
}
