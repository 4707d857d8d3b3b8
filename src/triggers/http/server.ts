// triggers/http/server.ts: one listener for HTTP/1.1 and HTTP/2, with and without TLS, and what it does with a request.
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import {
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import {createServer as createHttpsServer} from 'node:https'
import type {AddressInfo, Socket} from 'node:net'
import type {TLSSocket} from 'node:tls'
import {MayflyError} from '../../base/errors.ts'
import type {RequestObserver} from '../../observe/request-record.ts'
import type {Trigger} from '../trigger.ts'
import type {ComponentTarget, ExchangeContext} from './exchange-context.ts'
import type {HttpGuest} from './guest.ts'
import {authorityOf} from './headers.ts'
import {connectionOf, Http1Exchange, writeReply} from './http1.ts'
import {Http2Exchange, writeReply as writeReply2} from './http2.ts'
import {
  type AppInfo,
  emptyReply,
  isReserved,
  type Reply,
  type StaticResponse,
  staticReply,
  wellKnownReply,
} from './replies.ts'
import {prepareRoutes, type RouteEntry, type RouteMatch, type Router} from './routes.ts'
import {sniffProtocol} from './sniff.ts'
import {DEFAULT_STAGE_LIMITS, type Pace, type StageLimits, Stages} from './stages.ts'

/** What a route leads to: a component, or a fixed answer. */
export type HttpTarget =
  | Readonly<{kind: 'component'; component: string; guest: HttpGuest}>
  | Readonly<{kind: 'static'; response: StaticResponse}>

export type HttpTriggerOptions = Readonly<{
  host: string
  /** 0: any free port. */
  port: number
  routes: readonly RouteEntry<HttpTarget>[]
  app: AppInfo
  /** Several processes listen on the same port. */
  reusePort?: boolean
  tls?: Readonly<{cert: string | Buffer; key: string | Buffer}>
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
  /** Serves by other routes from now on; what is under way ends as it began. @throws as `createHttpTrigger` for routes */
  setRoutes(routes: readonly RouteEntry<HttpTarget>[]): void
}

type Prepared = ComponentTarget | Readonly<{kind: 'static'; reply: Reply}>

const NOT_FOUND = emptyReply(404)
const BAD_REQUEST = emptyReply(400)
const METHOD_NOT_ALLOWED = 'HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
const KEEP_ALIVE_MS = 65_000
const HEADERS_TIMEOUT_MS = 60_000
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
    context.stages.enqueue(
      new Http2Exchange(context, stream, {
        method,
        pathWithQuery: target!.pathWithQuery,
        authority: authority!,
        match: found,
        rawHeaders,
        address: connectionOf(stream.session!.socket as Socket).address,
        expectsContinue: headers.expect === '100-continue',
      }),
    )
  }

  const maxHeaderBytes = options.maxHeaderBytes ?? 64 * 1024
  const sessions = new Set<ServerHttp2Session>()
  const http2 = createHttp2Server({
    maxHeaderListPairs: 2000,
    settings: {maxHeaderListSize: maxHeaderBytes, maxConcurrentStreams: MAX_STREAMS, enablePush: false},
  })
  http2.on('stream', onStream as (stream: ServerHttp2Stream) => void)
  http2.on('session', session => {
    sessions.add(session)
    session.on('close', () => sessions.delete(session))
    if (context.closing) session.close()
  })
  http2.on('sessionError', () => {})

  const http1Options = {
    maxHeaderSize: maxHeaderBytes,
    headersTimeout: HEADERS_TIMEOUT_MS,
    // An upload may take as long as its guest waits for it; the guest's own limits end it.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    insecureHTTPParser: false,
    requireHostHeader: true,
    noDelay: true,
  }
  const server =
    options.tls === undefined ? createHttpServer(http1Options) : createTlsServer(options.tls, http1Options)
  server.maxHeadersCount = 0
  server.on('request', (request: IncomingMessage, response: ServerResponse) =>
    onRequest1(request, response, false),
  )
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    onRequest1(request, response, true),
  )
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => {})
    socket.end(METHOD_NOT_ALLOWED)
  })
  const sockets = dispatchConnections(server, socket => http2.emit('connection', socket))

  await listen(server, options)
  const address = server.address() as AddressInfo
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address

  let closed: Promise<void> | undefined
  return {
    address,
    url: `${context.scheme}://${host}:${address.port}`,
    setRoutes(routes) {
      router = prepareTargets(routes, options.warn)
    },
    close(graceMs) {
      closed ??= closeGracefully(graceMs)
      return closed
    },
  }

  async function closeGracefully(graceMs: number): Promise<void> {
    context.closing = true
    const stopped = new Promise<void>(resolve => server.close(() => resolve()))
    for (const session of sessions) session.close()
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
  }
}

function prepareTargets(
  entries: readonly RouteEntry<HttpTarget>[],
  warn: (message: string) => void = () => {},
): Router<Prepared> {
  const paces = new Map<string, Pace>()
  const prepare = (route: string, target: HttpTarget): Prepared => {
    if (target.kind === 'static') return {kind: 'static', reply: staticReply(route, target.response)}
    const pace = paces.get(target.component) ?? {averageMs: 0}
    paces.set(target.component, pace)
    return {...target, pace}
  }
  const nameOf = (target: HttpTarget): string =>
    target.kind === 'static' ? 'a static response' : `component "${target.component}"`
  const {routes} = prepareRoutes(entries, ({route, replaced, effective}) => {
    warn(`route "${route}" is given twice: ${nameOf(effective)} answers it, ${nameOf(replaced)} never does`)
  })
  for (const {raw, pattern} of routes) {
    if (isReserved(pattern))
      warn(`route "${raw}" is never reached: /.well-known/spin/ is answered by the server`)
  }
  return prepareRoutes(routes.map(({raw, target}) => ({route: raw, target: prepare(raw, target)})))
}

type Target = Readonly<{pathWithQuery: string; path: string; authority: string | undefined}>

/** Origin form (/path?query), absolute form (http://host/path), or `*`. */
function parseTarget(url: string): Target | undefined {
  let pathWithQuery = url
  let authority: string | undefined
  if (url.charCodeAt(0) !== 0x2f && url !== '*') {
    const absolute = /^https?:\/\/([^/?#]+)([/?][^#]*)?$/i.exec(url)
    if (absolute === null) return undefined
    authority = absolute[1]!
    const rest = absolute[2] ?? '/'
    pathWithQuery = rest.startsWith('?') ? `/${rest}` : rest
  }
  const query = pathWithQuery.indexOf('?')
  return {pathWithQuery, path: query < 0 ? pathWithQuery : pathWithQuery.slice(0, query), authority}
}

function createTlsServer(tls: NonNullable<HttpTriggerOptions['tls']>, http1Options: object): Server {
  try {
    return createHttpsServer({...http1Options, ...tls, ALPNProtocols: ['h2', 'http/1.1']})
  } catch (error) {
    throw new MayflyError('HTTP_TLS', {reason: (error as Error).message}, {cause: error})
  }
}

/** Puts the choice of protocol before node's own HTTP/1 listener; gives all open sockets. */
function dispatchConnections(server: Server, serveHttp2: (socket: Socket) => void): Set<Socket> {
  const sockets = new Set<Socket>()
  const secure = 'setSecureContext' in server
  const event = secure ? 'secureConnection' : 'connection'
  const [serveHttp1] = server.listeners(event) as ((this: Server, socket: Socket) => void)[]
  server.removeListener(event, serveHttp1!)
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on(event, (socket: Socket) => {
    if (secure) {
      if ((socket as TLSSocket).alpnProtocol === 'h2') serveHttp2(socket)
      else serveHttp1!.call(server, socket)
    } else {
      sniffProtocol(socket, HEADERS_TIMEOUT_MS, isHttp2 =>
        isHttp2 ? serveHttp2(socket) : serveHttp1!.call(server, socket),
      )
    }
  })
  return sockets
}

function listen(server: Server, {host, port, reusePort = false}: HttpTriggerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.on('error', (error: NodeJS.ErrnoException) => {
      const remedy =
        error.code === 'EADDRINUSE'
          ? 'another program listens there: end it, give another port with --listen, or use --find-free-port'
          : error.code === 'EACCES'
            ? 'ports below 1024 need privileges: give a higher one with --listen'
            : 'give an address of this machine with --listen'
      const details = {address: `${host}:${port}`, reason: error.code ?? error.message, remedy}
      reject(new MayflyError('HTTP_LISTEN', details, {cause: error}))
    })
    server.listen({host, port, reusePort}, resolve)
  })
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
