// triggers/http/http2.ts: an exchange over HTTP/2: one stream of node's session.
import type {IncomingHttpHeaders, ServerHttp2Stream} from 'node:http2'
import {lazyNode} from '../../base/lazy-node.ts'
import type {Fields} from '../../wasi/http/fields.ts'
import {type BodySource, IncomingBody} from '../../wasi/http/incoming-body.ts'
import {Exchange} from './exchange.ts'
import type {ComponentTarget, ExchangeContext} from './exchange-context.ts'
import type {Reply} from './replies.ts'
import type {RouteMatch} from './routes.ts'

export class Http2Exchange extends Exchange {
  readonly #stream: ServerHttp2Stream
  readonly #rawHeaders: readonly string[]
  readonly #address: string
  #trailers: Fields | undefined
  #continueOwed: boolean

  constructor(
    context: ExchangeContext,
    stream: ServerHttp2Stream,
    head: Readonly<{
      method: string
      pathWithQuery: string
      authority: string
      match: RouteMatch<ComponentTarget>
      rawHeaders: readonly string[]
      address: string
      expectsContinue: boolean
    }>,
  ) {
    super(context, head)
    this.#stream = stream
    this.#rawHeaders = head.rawHeaders
    this.#address = head.address
    this.#continueOwed = head.expectsContinue
    // A stream's error is told by its closing; without a listener node would end the process.
    stream.on('error', () => {})
    stream.on('close', () => this.clientGone())
    if (!stream.endAfterHeaders) {
      stream.on('trailers', (_headers: IncomingHttpHeaders, _flags: number, raw?: readonly string[]) => {
        Object.assign(stream, {rawTrailers: raw ?? []})
      })
    }
  }

  openBody(): IncomingBody {
    const stream = this.#stream
    return (this.incomingBody = new IncomingBody(
      stream.endAfterHeaders ? undefined : (stream as BodySource),
      {
        side: 'request',
        onFirstWait: () => this.#continue(),
      },
    ))
  }

  /** As over HTTP/1.1. */
  #continue(): void {
    if (this.#continueOwed && !this.ended && !this.#stream.headersSent)
      this.#stream.additionalHeaders({':status': 100})
    this.#continueOwed = false
  }

  protected clientHeaders(): readonly string[] {
    return this.#rawHeaders
  }

  protected clientAddress(): string {
    return this.#address
  }

  protected writeWhole(
    status: number,
    headers: string[],
    chunks: readonly Uint8Array[],
    lengthBytes: number,
  ): void {
    writeWhole(this.#stream, status, headers, chunks, lengthBytes)
  }

  protected writeHead(status: number, headers: string[], lengthBytes: number, onDrain: () => void): void {
    const stream = this.#stream
    if (stream.destroyed || stream.closed) return
    if (this.incomingBody !== undefined) this.#continue()
    if (lengthBytes >= 0) headers.push('content-length', String(lengthBytes))
    stream.on('drain', onDrain)
    stream.on('wantTrailers', () => {
      try {
        // Without trailers node ends the stream with an empty frame; closing it here would reset it under the client's hands.
        stream.sendTrailers(headersObject(this.#trailers?.writeTo([]) ?? []))
      } catch {
        // Trailers that HTTP/2 does not allow, such as `te`.
        stream.close(lazyNode.http2.constants.NGHTTP2_INTERNAL_ERROR)
      }
    })
    stream.respond({':status': status, ...headersObject(headers)}, {waitForTrailers: true})
  }

  protected writeBytes(bytes: Uint8Array): boolean {
    return this.#stream.destroyed || this.#stream.writableEnded ? true : this.#stream.write(bytes)
  }

  protected writeEnd(trailers: Fields | undefined): void {
    this.#trailers = trailers
    if (!this.#stream.destroyed) this.#stream.end()
  }

  protected breakOff(): void {
    this.#stream.close(lazyNode.http2.constants.NGHTTP2_INTERNAL_ERROR)
  }

  protected release(): void {}

  protected drain(): void {
    this.incomingBody?.release()
    // Bytes that nobody reads would use up the connection's window for all its streams.
    if (!this.#stream.destroyed && !this.#stream.readableEnded) this.#stream.resume()
  }
}

/** Node's flat list as an object; repeated names become lists. */
function headersObject(flat: readonly string[]): Record<string, string | string[]> {
  const object: Record<string, string | string[]> = Object.create(null)
  for (let i = 0; i + 1 < flat.length; i += 2) {
    const name = flat[i]!
    const value = flat[i + 1]!
    const before = object[name]
    if (before === undefined) object[name] = value
    else if (typeof before === 'string') object[name] = [before, value]
    else before.push(value)
  }
  return object
}

function writeWhole(
  stream: ServerHttp2Stream,
  status: number,
  headers: string[],
  chunks: readonly Uint8Array[],
  lengthBytes: number,
): void {
  if (stream.destroyed || stream.closed) return
  if (lengthBytes >= 0) headers.push('content-length', String(lengthBytes))
  const head = {':status': status, ...headersObject(headers)}
  if (chunks.length === 0) {
    stream.respond(head, {endStream: true})
  } else {
    stream.respond(head)
    stream.end(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
  }
}

/** An answer of the server's own. */
export function writeReply(stream: ServerHttp2Stream, method: string, {status, headers, body}: Reply): void {
  const bodiless = status === 204 || status === 304
  const chunks = body.length === 0 || bodiless || method === 'HEAD' ? [] : [body]
  writeWhole(stream, status, headers.slice(), chunks, bodiless ? -1 : body.length)
  if (!stream.endAfterHeaders) stream.resume()
}
