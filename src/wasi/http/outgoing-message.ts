// wasi/http/outgoing-message.ts: outgoing-request, outgoing-response, request-options and response-outparam.
import {MayflyError} from '../../base/errors.ts'
import type {Result} from '../../base/result.ts'
import type {ErrorCode, Side} from './error-code.ts'
import {isToken} from './field-syntax.ts'
import type {Fields} from './fields.ts'
import {GET, type Method, type Scheme} from './method.ts'
import {OutgoingBody} from './outgoing-body.ts'

class OutgoingMessage {
  readonly headers: Fields
  body: OutgoingBody | undefined
  readonly #side: Side

  constructor(headers: Fields, side: Side) {
    headers.immutable = true
    this.headers = headers
    this.#side = side
  }

  /** The body, once; undefined the second time, or where the headers state two lengths. */
  openBody(): OutgoingBody | undefined {
    if (this.body !== undefined) return undefined
    const length = this.headers.contentLength()
    if (length === -1) return undefined
    return (this.body = new OutgoingBody(this.#side, length))
  }
}

export class OutgoingResponse extends OutgoingMessage {
  statusCode = 200

  constructor(headers: Fields) {
    super(headers, 'response')
  }

  /** False where `code` is no final status: 1xx would not end the exchange. */
  setStatusCode(code: number): boolean {
    if (code < 200 || code > 999) return false
    this.statusCode = code
    return true
  }
}

// RFC 3986: no spaces, controls, quotes or angle brackets, and no fragment, which is never sent.
const PATH = /^(?:[/?][!$-;=?-~]*|\*)$/
const SCHEME = /^[a-zA-Z][a-zA-Z0-9+\-.]*$/
export const isScheme = (text: string): boolean => SCHEME.test(text)

const AUTHORITY = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]+)(?::([0-9]{1,5}))?$/

/** host[:port] without user information; the port is 0 to 65535. */
export function isAuthority(text: string): boolean {
  const found = AUTHORITY.exec(text)
  return found !== null && (found[1] === undefined || Number(found[1]) < 65536)
}

export class OutgoingRequest extends OutgoingMessage {
  method: Method = GET
  pathWithQuery: string | undefined
  scheme: Scheme | undefined
  authority: string | undefined

  constructor(headers: Fields) {
    super(headers, 'request')
  }

  setMethod(method: Method): boolean {
    if (method.tag === 'other' && !isToken(method.val!)) return false
    this.method = method
    return true
  }

  setPathWithQuery(path: string | undefined): boolean {
    if (path !== undefined && path !== '' && !PATH.test(path)) return false
    this.pathWithQuery = path
    return true
  }

  setScheme(scheme: Scheme | undefined): boolean {
    if (scheme?.tag === 'other' && !isScheme(scheme.val)) return false
    this.scheme = scheme
    return true
  }

  setAuthority(authority: string | undefined): boolean {
    if (authority !== undefined && !isAuthority(authority)) return false
    this.authority = authority
    return true
  }
}

/** request-options: durations in nanoseconds, undefined where the guest leaves them to us. */
export class RequestOptions {
  connectTimeout: bigint | undefined
  firstByteTimeout: bigint | undefined
  betweenBytesTimeout: bigint | undefined
}

/** Who waits for the answer to an event. */
export interface ResponseReceiver {
  respond(response: Result<OutgoingResponse, ErrorCode>): void
}

export class ResponseOutparam {
  #receiver: ResponseReceiver | undefined

  constructor(receiver: ResponseReceiver) {
    this.#receiver = receiver
  }

  /** @throws TRAP_HOST the second time; its own handle is gone by then, so only a host can do it. */
  set(response: Result<OutgoingResponse, ErrorCode>): void {
    const receiver = this.#receiver
    if (receiver === undefined) throw new MayflyError('TRAP_HOST', {reason: 'the response was already set'})
    this.#receiver = undefined
    receiver.respond(response)
  }
}
