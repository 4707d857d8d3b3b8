// wasi/http/client.ts: outgoing requests over node:http and node:https, streamed both ways with backpressure.
import {lookup as resolve} from 'node:dns'
import type {ClientRequest, Agent as HttpAgent, IncomingMessage} from 'node:http'
import type {Agent as HttpsAgent} from 'node:https'
import {isIP, type LookupFunction} from 'node:net'
import type {SecureContextOptions} from 'node:tls'
import {lazyNode} from '../../base/lazy-node.ts'
import {err, ok, type Result} from '../../base/result.ts'
import type {Pollable} from '../io/streams.ts'
import {type ErrorCode, errorCode, errorCodeOf, HttpIoError} from './error-code.ts'
import type {Fields} from './fields.ts'
import {IncomingBody} from './incoming-body.ts'
import {IncomingResponse} from './incoming-message.ts'
import {methodWord} from './method.ts'
import type {BodySink, OutgoingBody} from './outgoing-body.ts'
import type {OutgoingRequest, RequestOptions} from './outgoing-message.ts'

export type Verdict = 'allowed' | 'denied'

/** What a component may reach. `host` is lower case, an IPv6 address without brackets. */
export interface OutboundPolicy {
  check(scheme: 'http' | 'https', host: string, port: number): Verdict
  /** Asked of every address that a host name resolves to, and of every literal one; absent: all are allowed. */
  checkAddress?(address: string): Verdict
}

export type HttpClientOptions = Readonly<{
  policy: OutboundPolicy
  /** Connections to one host and port at a time; more wait. */
  maxConnections?: number
  tls?: SecureContextOptions
}>

export interface HttpClient {
  /** Starts the request. An error here is one of form; all others come through the future. */
  send(
    request: OutgoingRequest,
    options: RequestOptions | undefined,
  ): Result<FutureIncomingResponse, ErrorCode>
  /** Closes idle connections. */
  close(): void
}

const DEFAULT_TIMEOUT_MS = 600_000
const MAX_TIMER_MS = 2 ** 31 - 1
/** Where a request without a body must say so, since its method promises one. */
const EXPECTS_BODY = /^(?:POST|PUT|PATCH)$/

const milliseconds = (duration: bigint | undefined): number =>
  duration === undefined
    ? DEFAULT_TIMEOUT_MS
    : Math.min(Math.max(1, Number(duration / 1_000_000n)), MAX_TIMER_MS)

export function createHttpClient({policy, maxConnections, tls}: HttpClientOptions): HttpClient {
  const agentOptions = {
    keepAlive: true,
    scheduling: 'lifo' as const,
    ...(maxConnections === undefined ? {} : {maxSockets: maxConnections}),
  }
  let httpAgent: HttpAgent | undefined
  let httpsAgent: HttpsAgent | undefined
  const agents = {
    get http(): HttpAgent {
      return (httpAgent ??= new lazyNode.http.Agent(agentOptions))
    },
    get https(): HttpsAgent {
      return (httpsAgent ??= new lazyNode.https.Agent({...agentOptions, ...tls}))
    },
  }
  const lookup = policy.checkAddress === undefined ? undefined : filteredLookup(policy)

  return {
    send(request, options) {
      const target = targetOf(request)
      if (target.tag === 'err') return target
      const {scheme, host, port, path, hostHeader} = target.val
      const future = new FutureIncomingResponse(request.body)
      if (policy.check(scheme, host, port) !== 'allowed') {
        future.fail(errorCode('HTTP-request-denied'))
      } else if (isIP(host) !== 0 && policy.checkAddress?.(host) === 'denied') {
        future.fail(errorCode('destination-IP-prohibited'))
      } else {
        try {
          const method = methodWord(request.method)
          const started = lazyNode[scheme].request({
            agent: agents[scheme],
            host,
            port,
            path,
            method,
            headers: headersOf(request, method, hostHeader),
            ...(lookup === undefined ? {} : {lookup}),
          })
          future.start(started, request.body, options)
        } catch (error) {
          future.fail(errorCodeOf(error, 'request'))
        }
      }
      return ok(future)
    },
    close() {
      httpAgent?.destroy()
      httpsAgent?.destroy()
    },
  }
}

type Target = Readonly<{
  scheme: 'http' | 'https'
  host: string
  port: number
  path: string
  hostHeader: string
}>

function targetOf(request: OutgoingRequest): Result<Target, ErrorCode> {
  const {scheme, authority, method} = request
  if (scheme?.tag === 'other') return err(errorCode('HTTP-protocol-error'))
  if (method.tag === 'connect') return err(errorCode('HTTP-request-method-invalid'))
  if (authority === undefined) return err(errorCode('HTTP-request-URI-invalid'))
  const protocol = scheme?.tag === 'HTTP' ? 'http' : 'https'
  const [, bracketed, name, portText] = /^(?:\[(.*)\]|(.*?))(?::(\d+))?$/.exec(authority)!
  const host = (bracketed ?? name!).toLowerCase()
  const port = portText === undefined ? (protocol === 'http' ? 80 : 443) : Number(portText)
  if (port === 0) return err(errorCode('HTTP-request-URI-invalid'))
  const path = request.pathWithQuery
  return ok({
    scheme: protocol,
    host,
    port,
    path: path === undefined || path === '' ? '/' : path.startsWith('?') ? `/${path}` : path,
    hostHeader: authority,
  })
}

/** The framing is ours to write: a body without a length is chunked whatever the method, or it would be read as a request. */
function headersOf(request: OutgoingRequest, method: string, hostHeader: string): string[] {
  const headers = request.headers.writeTo(['host', hostHeader])
  const {body} = request
  const stated = body === undefined ? request.headers.contentLength() : body.promisedBytes
  if (stated !== undefined && stated > 0 && body === undefined)
    throw new HttpIoError(errorCode('HTTP-request-body-size', 0n))
  if (body === undefined || (body.state === 'finished' && body.trailers === undefined)) {
    const length = body?.writtenBytes ?? 0
    if (length > 0 || EXPECTS_BODY.test(method)) headers.push('content-length', String(length))
  } else if (body.promisedBytes >= 0) {
    headers.push('content-length', String(body.promisedBytes))
  } else {
    headers.push('transfer-encoding', 'chunked')
  }
  return headers
}

const PROHIBITED = Object.assign(new Error('the address is prohibited'), {code: 'EACCES'})

/** node's resolver, without the addresses that the policy denies: so no name can lead to one, not even a changing name. */
function filteredLookup(policy: OutboundPolicy): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, {...options, all: true}, (error, addresses) => {
      if (error !== null) return callback(error, '', 0)
      const allowed = addresses.filter(({address}) => policy.checkAddress!(address) === 'allowed')
      const first = allowed[0]
      if (first === undefined) return callback(PROHIBITED, '', 0)
      if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

type Outcome = Result<IncomingResponse, ErrorCode>

/** future-incoming-response, and the request under way. */
export class FutureIncomingResponse implements Pollable {
  #outcome: Outcome | undefined
  #taken = false
  #body: OutgoingBody | undefined
  #request: ClientRequest | undefined
  #timer: NodeJS.Timeout | undefined
  #wake: (() => void) | undefined
  #waiting: Promise<void> | undefined

  constructor(body: OutgoingBody | undefined) {
    this.#body = body
  }

  start(request: ClientRequest, body: OutgoingBody | undefined, options: RequestOptions | undefined): void {
    this.#request = request
    const firstByteMs = milliseconds(options?.firstByteTimeout)
    const connected = (): void => this.#limit(firstByteMs, 'connection-read-timeout')
    this.#limit(milliseconds(options?.connectTimeout), 'connection-timeout')
    request.on('socket', socket => {
      if (!socket.connecting) connected()
      else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', connected)
    })
    request.on('response', message => {
      clearTimeout(this.#timer)
      this.#settle(ok(responseOf(message, milliseconds(options?.betweenBytesTimeout))))
    })
    request.on('error', error => this.fail(errorCodeOf(error)))
    request.on('upgrade', (_message, socket) => {
      socket.destroy()
      this.fail(errorCode('HTTP-upgrade-failed'))
    })
    request.on('close', () => {
      clearTimeout(this.#timer)
      body?.readerGone()
    })
    if (body === undefined) {
      request.end()
    } else {
      request.on('drain', () => body.drained())
      body.attach(new RequestSink(request))
    }
  }

  fail(code: ErrorCode): void {
    clearTimeout(this.#timer)
    this.#body?.readerGone()
    this.#settle(err(code))
  }

  ready(): boolean {
    return this.#outcome !== undefined
  }

  whenReady(): Promise<void> {
    if (this.#outcome !== undefined) return Promise.resolve()
    this.#waiting ??= new Promise(resolve => {
      this.#wake = resolve
    })
    return this.#waiting
  }

  /** undefined while it is not there, an error the second time. */
  get(): Result<Outcome, undefined> | undefined {
    if (this.#outcome === undefined) return undefined
    if (this.#taken) return err(undefined)
    this.#taken = true
    return ok(this.#outcome)
  }

  /** The guest wants no answer, or its event is over: the request ends here. */
  release(): void {
    if (this.#taken) return
    clearTimeout(this.#timer)
    if (this.#outcome?.tag === 'ok') this.#outcome.val.release()
    else this.#request?.destroy()
  }

  #limit(timeoutMs: number, tag: string): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.fail(errorCode(tag))
      this.#request?.destroy()
    }, timeoutMs)
  }

  #settle(outcome: Outcome): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#wake?.()
  }
}

function responseOf(message: IncomingMessage, timeoutMs: number): IncomingResponse {
  const body = new IncomingBody(message, {
    side: 'response',
    timeoutMs,
    // All of it has come: read it out, so that the connection serves another request; else there is no cheaper way than to hang up.
    onDrop: () => (message.complete ? message.resume() : message.destroy()),
  })
  return new IncomingResponse(message.statusCode!, () => message.rawHeaders, body)
}

class RequestSink implements BodySink {
  readonly #request: ClientRequest

  constructor(request: ClientRequest) {
    this.#request = request
  }

  write(bytes: Uint8Array): boolean {
    return this.#request.destroyed ? true : this.#request.write(bytes)
  }

  end(trailers: Fields | undefined): void {
    if (this.#request.destroyed) return
    if (trailers !== undefined) this.#request.addTrailers(pairs(trailers.writeTo([])))
    this.#request.end()
  }

  abort(): void {
    this.#request.destroy()
  }
}

/** Node's flat list as a list of pairs, which addTrailers takes. */
export function pairs(flat: readonly string[]): [string, string][] {
  const list: [string, string][] = []
  for (let i = 0; i + 1 < flat.length; i += 2) list.push([flat[i]!, flat[i + 1]!])
  return list
}
