// triggers/http/server.ts: what the HTTP trigger does with a request, and how it starts and ends.
import type {IncomingMessage, ServerResponse} from 'node:http'
import type {Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream} from 'node:http2'
import {type AddressInfo, Server as NetServer, type Socket} from 'node:net'
import {lazyNode} from '../../base/lazy-node.ts'
import type {RequestObserver} from '../../observe/request-record.ts'
import type {Trigger} from '../trigger.ts'
import type {ComponentTarget, ExchangeContext} from './exchange-context.ts'
import {authorityOf} from './headers.ts'
import {connectionOf, Http1Exchange, writeReply} from './http1.ts'
import {Http2Exchange, writeReply as writeReply2} from './http2.ts'
import {createListener, listen, type TlsFiles} from './listener.ts'
import {type AppInfo, emptyReply, type Reply, wellKnownReply} from './replies.ts'
import {parseTarget} from './request-target.ts'
import type {RouteEntry, RouteMatch} from './routes.ts'
import {DEFAULT_STAGE_LIMITS, type StageLimits, Stages} from './stages.ts'
import {type HttpTarget, prepareTargets} from './targets.ts'

export type HttpTriggerOptions = Readonly<{
  host: string
  /** 0: any free port. */
  port: number
  routes: readonly RouteEntry<HttpTarget>[]
  app: AppInfo
  /** Several processes listen on the same port. */
  reusePort?: boolean
  tls?: TlsFiles
  /** Development: a failure's text is shown to the client. Default false. */
  showErrors?: boolean
  /** Largest head of a request, in bytes; more is answered with 431. Default 64 KiB. */
  maxHeaderBytes?: number
  stageLimits?: StageLimits
  observer?: RequestObserver
  /** Told of routes that can never be reached. */
  warn?: (message: string) => void
  /** Milliseconds, for durations and budgets. */
  now?: () => number
}>

export interface HttpTrigger extends Trigger {
  readonly address: AddressInfo
  /** 'http://127.0.0.1:3000' */
  readonly url: string
  /**
   * Serves by other routes from now on; what is under way ends as it began. Resolves when no request will begin by the
   * routes before. @throws as `createHttpTrigger` for routes
   */
  setRoutes(routes: readonly RouteEntry<HttpTarget>[]): Promise<void>
}

const NOT_FOUND = emptyReply(404)
const BAD_REQUEST = emptyReply(400)
/** HTTP/2 requests under way on one connection. */
const MAX_STREAMS = 256

/** @throws HTTP_LISTEN, HTTP_TLS, MayflyErrors of HTTP_ROUTE_INVALID */
export async function createHttpTrigger(options: HttpTriggerOptions): Promise<HttpTrigger> {
  const now = options.now ?? (() => performance.now())
  let router = prepareTargets(options.routes, options.warn)
  const context: ExchangeContext = {
    stages: new Stages(options.stageLimits ?? DEFAULT_STAGE_LIMITS, now),
    observer: options.observer,
    showErrors: options.showErrors ?? false,
    scheme: options.tls === undefined ? 'http' : 'https',
    now,
    closing: false,
    openCount: 0,
    lingering: new Set(),
    onIdle: undefined,
  }

  /** The answer that needs no guest, or the component that makes it. */
  function route(path: string): Reply | RouteMatch<ComponentTarget> {
    if (path.startsWith('/.well-known/')) {
      const reply = wellKnownReply(path, options.app)
      if (reply !== undefined) return reply
    }
    const match = router.match(path)
    if (match === undefined) return NOT_FOUND
    return match.route.target.kind === 'static'
      ? match.route.target.reply
      : (match as RouteMatch<ComponentTarget>)
  }

  function recordOwn(method: string, path: string, status: number): void {
    options.observer?.request({
      method,
      path,
      route: undefined,
      component: undefined,
      status,
      durationMs: 0,
      sandbox: 'none',
      memoryTouchedBytes: 0,
    })
  }

  function onRequest1(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const target = parseTarget(request.url!)
    const authority = target && authorityOf(request.rawHeaders, target.authority)
    const found = target === undefined || authority === undefined ? BAD_REQUEST : route(target.path)
    if ('status' in found) {
      // A client in doubt about its body cannot be told where the next request starts.
      writeReply(response, found, context.closing || expectsContinue || found.status === 400)
      recordOwn(request.method!, target?.path ?? request.url!, found.status)
      return
    }
    const {pathWithQuery} = target!
    const head = {pathWithQuery, authority: authority!, match: found, expectsContinue}
    context.stages.enqueue(new Http1Exchange(context, request, response, head))
  }

  function onStream(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _flags: number,
    rawHeaders: string[],
  ): void {
    const {session} = stream
    if (session === undefined) return
    const method = headers[':method'] ?? ''
    const url = headers[':path']
    const target = url === undefined ? undefined : parseTarget(url)
    const authority = target && authorityOf(rawHeaders, headers[':authority'])
    const found =
      method === 'CONNECT'
        ? emptyReply(405)
        : target === undefined || authority === undefined
          ? BAD_REQUEST
          : route(target.path)
    if ('status' in found) {
      stream.on('error', () => {})
      writeReply2(stream, method, found)
      recordOwn(method, target?.path ?? '', found.status)
      return
    }
    const exchange = new Http2Exchange(context, stream, {
      method,
      pathWithQuery: target!.pathWithQuery,
      authority: authority!,
      match: found,
      rawHeaders,
      address: connectionOf(session.socket as Socket).address,
      expectsContinue: headers.expect === '100-continue',
    })
    const open = sessions.get(session as ServerHttp2Session)
    open?.add(exchange)
    stream.on('close', () => open?.delete(exchange))
    context.stages.enqueue(exchange)
  }

  const maxHeaderBytes = options.maxHeaderBytes ?? 64 * 1024
  /** With the exchanges whose streams are open. */
  const sessions = new Map<ServerHttp2Session, Set<Http2Exchange>>()
  let http2: Http2Server | undefined
  /** Made for the first connection that speaks it. */
  const startHttp2 = (): Http2Server => {
    const server = lazyNode.http2.createServer({
      maxHeaderListPairs: 2000,
      settings: {maxHeaderListSize: maxHeaderBytes, maxConcurrentStreams: MAX_STREAMS, enablePush: false},
    })
    server.on('stream', onStream as (stream: ServerHttp2Stream) => void)
    server.on('session', session => {
      const open = new Set<Http2Exchange>()
      sessions.set(session, open)
      session.on('close', () => sessions.delete(session))
      // A client that ends the connection is gone, as in HTTP/1.1; node would keep its streams open for ever.
      session.socket.on('end', () => {
        for (const exchange of open) exchange.clientGone()
        session.destroy()
      })
      if (context.closing) session.close()
    })
    server.on('sessionError', () => {})
    return server
  }

  const {server, sockets} = createListener({
    maxHeaderBytes,
    tls: options.tls,
    onRequest: onRequest1,
    serveHttp2: socket => (http2 ??= startHttp2()).emit('connection', socket),
    onConnection: () => context.stages.connected(),
  })
  await listen(server, options)
  const address = server.address() as AddressInfo
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address

  let closed: Promise<void> | undefined
  return {
    address,
    url: `${context.scheme}://${host}:${address.port}`,
    setRoutes(routes) {
      router = prepareTargets(routes, options.warn)
      return context.stages.begun()
    },
    close(graceMs) {
      closed ??= closeGracefully(graceMs)
      return closed
    },
  }

  async function closeGracefully(graceMs: number): Promise<void> {
    context.closing = true
    // Not http.Server's own close: that destroys connections whose answer is written but not yet sent.
    const stopped = new Promise<void>(resolve => NetServer.prototype.close.call(server, () => resolve()))
    for (const session of sessions.keys()) session.close()
    if (context.openCount > 0) {
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, graceMs)
        context.onIdle = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    // What is written but not yet sent goes out; what has more to come than that is cut off.
    for (const guest of context.lingering) guest.abandon()
    if (context.openCount === 0) await flushed(sockets, graceMs)
    for (const socket of sockets) socket.destroy()
    await stopped
    // Nothing is left to close but node's timer for slow heads.
    server.close()
  }
}

/** Waits until nothing written is left in any socket's buffer, at most `graceMs`. */
async function flushed(sockets: ReadonlySet<Socket>, graceMs: number): Promise<void> {
  const deadline = performance.now() + graceMs
  const pending = (): boolean => {
    for (const socket of sockets) if (socket.writableLength > 0) return true
    return false
  }
  await new Promise(resolve => setImmediate(resolve))
  while (pending() && performance.now() < deadline) await new Promise(resolve => setTimeout(resolve, 5))
}
