// wasi/p3/http/message.ts: the resources request and response, whoever made them: a guest, the server or the client.
import {err} from '../../../base/result.ts'
import {internalError} from '../../http/error-code.ts'
import {isToken} from '../../http/field-syntax.ts'
import type {Fields} from '../../http/fields.ts'
import type {IncomingRequest, IncomingResponse} from '../../http/incoming-message.ts'
import {GET, HTTP, HTTPS, type Method, methodOf, type Scheme} from '../../http/method.ts'
import {isAuthority, isScheme} from '../../http/outgoing-message.ts'
import type {Contents} from './contents.ts'
import type {RequestOptions} from './request-options.ts'

const NEVER_SENT = err(internalError('the message was dropped'))

class Message {
  readonly #from: {readonly headers: Fields}
  #contents: Contents | undefined

  constructor(contents: Contents) {
    this.#contents = contents
    if (contents.kind === 'guest') contents.headers.immutable = true
    this.#from = contents.kind === 'guest' ? contents : contents.incoming
  }

  /** Those from the network are read only when somebody asks. */
  get headers(): Fields {
    return this.#from.headers
  }

  /** What it carries, once: who takes it has the message. */
  takeContents(): Contents {
    const contents = this.#contents
    if (contents === undefined) throw new Error('a message is taken with its handle, so nobody else has it')
    this.#contents = undefined
    return contents
  }

  /** Its handle was dropped, or its event is over. */
  release(): void {
    const contents = this.#contents
    this.#contents = undefined
    if (contents?.kind === 'guest') {
      contents.stream?.cancel()
      contents.sent.settle(NEVER_SENT)
    } else contents?.incoming.release()
  }
}

// As in 0.2 (RFC 3986: no spaces, controls, quotes, angle brackets or fragment), and in 0.3 relative to whatever the
// scheme says, and with characters beyond ASCII, which the client writes as UTF-8 in percent encoding.
const PATH = /^[!$-;=?-_a-~\u0080-\u{10ffff}]*$/u
/** A user and a password: they may be there, and are never sent. */
const USER = /^[A-Za-z0-9\-._~!$&'()*+,;=%:]*@/

export class Request extends Message {
  method: Method = GET
  pathWithQuery: string | undefined
  scheme: Scheme | undefined
  authority: string | undefined
  readonly options: RequestOptions | undefined

  constructor(contents: Contents, options: RequestOptions | undefined) {
    super(contents)
    if (options !== undefined) options.immutable = true
    this.options = options
  }

  setMethod(method: Method): boolean {
    if (method.tag === 'other' && !isToken(method.val!)) return false
    this.method = method.tag === 'other' ? methodOf(method.val!) : method
    return true
  }

  setPathWithQuery(path: string | undefined): boolean {
    if (path !== undefined && !PATH.test(path)) return false
    this.pathWithQuery = path === '' ? '/' : path
    return true
  }

  setScheme(scheme: Scheme | undefined): boolean {
    if (scheme?.tag === 'other' && !isScheme(scheme.val)) return false
    this.scheme = scheme?.tag === 'other' ? schemeOf(scheme.val) : scheme
    return true
  }

  setAuthority(authority: string | undefined): boolean {
    if (authority !== undefined && !isAuthority(authority.replace(USER, ''))) return false
    this.authority = authority
    return true
  }
}

/** Schemes are written in any case (RFC 3986, 3.1). */
function schemeOf(text: string): Scheme {
  const name = text.toLowerCase()
  return name === 'http' ? HTTP : name === 'https' ? HTTPS : {tag: 'other', val: text}
}

export class Response extends Message {
  statusCode = 200

  setStatusCode(code: number): boolean {
    if (code < 100 || code > 599) return false
    this.statusCode = code
    return true
  }
}

/** A request that the server has. */
export function requestOf(incoming: IncomingRequest): Request {
  const request = new Request({kind: 'host', incoming}, undefined)
  request.method = incoming.method
  request.pathWithQuery = incoming.pathWithQuery
  request.scheme = incoming.scheme
  request.authority = incoming.authority
  return request
}

export function responseOf(incoming: IncomingResponse): Response {
  const response = new Response({kind: 'host', incoming})
  response.statusCode = incoming.status
  return response
}
