// test/wasi-suite/endpoints.ts: the HTTP servers that guests of the suite send requests to.
import {once} from 'node:events'
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http'
import {type AddressInfo, createServer as createTcpServer} from 'node:net'
import type {Endpoint, ServerSpec} from './spec.ts'

export type Servers = Readonly<{
  /** HTTP_SERVER_NAME=HOST:PORT */
  env: Readonly<Record<string, string>>
  close(): void
}>

export async function startServers(specs: readonly ServerSpec[]): Promise<Servers> {
  const servers: Server[] = []
  const env: Record<string, string> = {}
  for (const {name, kind = 'listening', endpoints = []} of specs) {
    const server = createServer((request, response) => void answer(endpoints, request, response))
    servers.push(server)
    const port = kind === 'listening' ? await listening(server) : await closedPort()
    env[`HTTP_SERVER_${name.toUpperCase()}`] = `127.0.0.1:${port}`
  }
  return {
    env,
    close() {
      for (const server of servers) {
        server.closeAllConnections()
        server.close()
      }
    },
  }
}

async function listening(server: Pick<Server, 'listen' | 'address' | 'once'>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server as Server, 'listening')
  return (server.address() as AddressInfo).port
}

async function closedPort(): Promise<number> {
  const server = createTcpServer()
  const port = await listening(server as unknown as Server)
  server.close()
  await once(server, 'close')
  return port
}

async function answer(
  endpoints: readonly Endpoint[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const endpoint = endpoints.find(
    ({method = 'GET', path = '/'}) => method === request.method && path === request.url,
  )
  response.shouldKeepAlive = false
  if (endpoint === undefined) return send(response, 404, {}, '')
  if (endpoint.mode === 'echo-body') return send(response, 200, {}, body)
  if (endpoint.mode === 'echo-headers') return send(response, 200, echoed(request), '')
  const given = endpoint.response ?? ''
  const {status = 200, headers = {}, ...told} = typeof given === 'string' ? {body: given} : given
  if (told.chunks === undefined) return send(response, status, headers, told.body ?? '')
  const trailers = told.trailers ?? {}
  const names = Object.keys(trailers).join(', ')
  response.writeHead(status, {...headers, ...(names !== '' && {trailer: names})})
  for (const chunk of told.chunks) response.write(chunk)
  response.addTrailers(trailers)
  response.end()
}

function send(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string | string[]>>,
  body: string | Buffer,
): void {
  response.writeHead(status, {...headers, 'content-length': Buffer.byteLength(body)})
  response.end(body)
}

function echoed(request: IncomingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {
    'x-request-method': request.method ?? '',
    'x-request-path': request.url ?? '',
  }
  for (const [name, values] of Object.entries(request.headersDistinct))
    headers[`x-echo-${name}`] = values ?? []
  for (const [name, values] of Object.entries(request.trailersDistinct))
    headers[`x-trailer-${name}`] = values ?? []
  return headers
}
