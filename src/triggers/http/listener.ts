// triggers/http/listener.ts: one port for HTTP/1.1 and HTTP/2, with and without TLS.
import type {IncomingMessage, Server, ServerResponse} from 'node:http'
import type {Socket} from 'node:net'
import type {TLSSocket} from 'node:tls'
import {MayflyError} from '../../base/errors.ts'
import {lazyNode} from '../../base/lazy-node.ts'
import {sniffProtocol} from './sniff.ts'

/** A certificate (chain) and its key, both PEM. */
export type TlsFiles = Readonly<{cert: string | Buffer; key: string | Buffer}>

export type Listener = Readonly<{
  server: Server
  /** All open connections, of either version. */
  sockets: ReadonlySet<Socket>
}>

const METHOD_NOT_ALLOWED = 'HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'
const KEEP_ALIVE_MS = 65_000
const HEADERS_TIMEOUT_MS = 60_000

/** @throws HTTP_TLS */
export function createListener(options: {
  tls: TlsFiles | undefined
  maxHeaderBytes: number
  onRequest: (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void
  serveHttp2: (socket: Socket) => void
  onConnection: () => void
}): Listener {
  const {tls, onRequest} = options
  const http1Options = {
    maxHeaderSize: options.maxHeaderBytes,
    headersTimeout: HEADERS_TIMEOUT_MS,
    // An upload may take as long as its guest waits for it; the guest's own limits end it.
    requestTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    insecureHTTPParser: false,
    requireHostHeader: true,
    noDelay: true,
  }
  const server =
    tls === undefined ? lazyNode.http.createServer(http1Options) : createTlsServer(tls, http1Options)
  // The head's bytes are limited; with a limit in number node would leave out the rest without a word.
  server.maxHeadersCount = 0
  server.on('request', (request, response) => onRequest(request, response, false))
  server.on('checkContinue', (request, response) => onRequest(request, response, true))
  server.on('connect', (_request, socket) => {
    socket.on('error', () => {})
    socket.end(METHOD_NOT_ALLOWED)
  })
  server.on('connection', options.onConnection)
  return {server, sockets: dispatchConnections(server, tls !== undefined, options.serveHttp2)}
}

function createTlsServer(tls: TlsFiles, http1Options: object): Server {
  try {
    return lazyNode.https.createServer({...http1Options, ...tls, ALPNProtocols: ['h2', 'http/1.1']})
  } catch (error) {
    throw new MayflyError('HTTP_TLS', {reason: (error as Error).message}, {cause: error})
  }
}

/** Puts the choice of version before node's own HTTP/1 listener, once a connection. */
function dispatchConnections(
  server: Server,
  secure: boolean,
  serveHttp2: (socket: Socket) => void,
): Set<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const event = secure ? 'secureConnection' : 'connection'
  const serveHttp1 = server.listeners(event)[0] as (this: Server, socket: Socket) => void
  server.removeListener(event, serveHttp1)
  server.on(event, (socket: Socket) => {
    if (secure) {
      if ((socket as TLSSocket).alpnProtocol === 'h2') serveHttp2(socket)
      else serveHttp1.call(server, socket)
    } else {
      sniffProtocol(socket, HEADERS_TIMEOUT_MS, isHttp2 =>
        isHttp2 ? serveHttp2(socket) : serveHttp1.call(server, socket),
      )
    }
  })
  return sockets
}

/** @throws HTTP_LISTEN */
export function listen(
  server: Server,
  {host, port, reusePort = false}: {host: string; port: number; reusePort?: boolean},
): Promise<void> {
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
