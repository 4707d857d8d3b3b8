// triggers/http/http1.ts: an exchange over HTTP/1: node's request and response objects.
import type {IncomingMessage, ServerResponse} from 'node:http'
import type {Socket} from 'node:net'
import {pairs} from '../../wasi/http/client.ts'
import type {Fields} from '../../wasi/http/fields.ts'
import {latin1} from '../../wasi/http/fields.ts'
import {IncomingBody} from '../../wasi/http/incoming-body.ts'
import {Exchange} from './exchange.ts'
import type {ComponentTarget, ExchangeContext} from './exchange-context.ts'
import type {Reply} from './replies.ts'
import type {RouteMatch} from './routes.ts'

/** Up to here head and body leave as one string, which node writes in one piece. */
const ONE_PIECE_BYTES = 16 * 1024
/** Up to here chunks are joined rather than written one by one. */
const JOIN_BYTES = 256 * 1024

/** What is known of one connection: its exchanges under way, several when the client pipelines. */
export class Connection {
  readonly address: string
  readonly #open = new Set<Exchange>()
  /** The usual case: one at a time, without touching the set. */
  #only: Exchange | undefined

  constructor(socket: Socket) {
    const {remoteAddress = '0.0.0.0', remotePort = 0} = socket
    this.address = remoteAddress.includes(':')
      ? `[${remoteAddress}]:${remotePort}`
      : `${remoteAddress}:${remotePort}`
    socket.on('close', () => this.gone())
  }

  add(exchange: Exchange): void {
    if (this.#only === undefined) this.#only = exchange
    else this.#open.add(exchange)
  }

  remove(exchange: Exchange): void {
    if (this.#only === exchange) this.#only = undefined
    else this.#open.delete(exchange)
  }

  gone(): void {
    this.#only?.clientGone()
    for (const exchange of this.#open) exchange.clientGone()
  }
}

const CONNECTION = Symbol('connection')
type TrackedSocket = Socket & {[CONNECTION]?: Connection}

/** The connection's record, made at its first request. */
export const connectionOf = (socket: TrackedSocket): Connection =>
  (socket[CONNECTION] ??= new Connection(socket))

export class Http1Exchange extends Exchange {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #connection: Connection
  /**
   * The client waits for 100-continue, which it gets when the guest first waits for the body, or begins to answer while it
   * has the body: afterwards it would be too late.
   */
  #continueOwed: boolean

  constructor(
    context: ExchangeContext,
    request: IncomingMessage,
    response: ServerResponse,
    head: Readonly<{
      pathWithQuery: string
      authority: string
      match: RouteMatch<ComponentTarget>
      expectsContinue: boolean
    }>,
  ) {
    super(context, {
      method: request.method!,
      pathWithQuery: head.pathWithQuery,
      authority: head.authority,
      match: head.match,
    })
    this.#request = request
    this.#response = response
    this.#continueOwed = head.expectsContinue
    this.#connection = connectionOf(request.socket)
    this.#connection.add(this)
  }

  openBody(): IncomingBody {
    const request = this.#request
    // Marks it as read by somebody, else node throws the body away when the answer is out, although the guest reads on.
    request._read(0)
    return (this.incomingBody = new IncomingBody(request, {
      side: 'request',
      onFirstWait: () => this.#continue(),
    }))
  }

  #continue(): void {
    if (this.#continueOwed && !this.ended && !this.#response.headersSent) this.#response.writeContinue()
    this.#continueOwed = false
  }

  protected clientHeaders(): readonly string[] {
    return this.#request.rawHeaders
  }

  protected clientAddress(): string {
    return this.#connection.address
  }

  protected writeWhole(
    status: number,
    headers: string[],
    chunks: readonly Uint8Array[],
    lengthBytes: number,
  ): void {
    this.#prepare()
    writeWhole(this.#response, status, headers, chunks, lengthBytes)
  }

  protected writeHead(status: number, headers: string[], lengthBytes: number, onDrain: () => void): void {
    if (this.incomingBody !== undefined) this.#continue()
    this.#prepare()
    const response = this.#response
    if (lengthBytes >= 0) headers.push('content-length', String(lengthBytes))
    // A socket's error is told by its closing; without a listener node would end the process.
    response.on('error', () => {})
    response.on('drain', onDrain)
    response.writeHead(status, headers)
    response.flushHeaders()
  }

  protected writeBytes(bytes: Uint8Array): boolean {
    return this.#response.destroyed ? true : this.#response.write(bytes)
  }

  protected writeEnd(trailers: Fields | undefined): void {
    if (this.#response.destroyed) return
    if (trailers !== undefined) this.#response.addTrailers(pairs(trailers.writeTo([])))
    this.#response.end()
  }

  protected breakOff(): void {
    this.#response.destroy()
  }

  protected release(): void {
    this.#connection.remove(this)
  }

  protected drain(): void {
    // What the guest left unread must still be read, or the next request on this connection is never found.
    const body = this.incomingBody
    if (body !== undefined) {
      body.release()
      this.#request.resume()
    }
  }

  #prepare(): void {
    keepAlive(this.#response, this.context.closing || this.#continueOwed)
  }
}

/**
 * Leaves out `Connection: keep-alive`, which HTTP/1.1 means anyway; `last` asks for the connection's end: when the server
 * closes, or when a client that was promised 100-continue may or may not send its body.
 */
function keepAlive(response: ServerResponse, last: boolean): void {
  if (last) response.shouldKeepAlive = false
  else if (response.shouldKeepAlive && response.req.httpVersionMinor === 1)
    response.removeHeader('connection')
}

function writeWhole(
  response: ServerResponse,
  status: number,
  headers: string[],
  chunks: readonly Uint8Array[],
  lengthBytes: number,
): void {
  if (response.destroyed) return
  if (lengthBytes >= 0) headers.push('content-length', String(lengthBytes))
  response.writeHead(status, headers)
  if (chunks.length === 0) {
    response.end()
  } else if (lengthBytes <= ONE_PIECE_BYTES) {
    response.end(chunks.length === 1 ? latin1(chunks[0]!) : latin1(Buffer.concat(chunks)), 'latin1')
  } else if (lengthBytes <= JOIN_BYTES) {
    response.end(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks))
  } else {
    for (const chunk of chunks) response.write(chunk)
    response.end()
  }
}

/** An answer of the server's own. */
export function writeReply(response: ServerResponse, {status, headers, body}: Reply, last: boolean): void {
  keepAlive(response, last)
  const bodiless = status === 204 || status === 304
  const chunks = body.length === 0 || bodiless || response.req.method === 'HEAD' ? [] : [body]
  writeWhole(response, status, headers.slice(), chunks, bodiless ? -1 : body.length)
}
