// triggers/http/fixture.ts: for tests: guests written in TypeScript that use the host functions as a component would.
import http from 'node:http'
import https from 'node:https'
import net from 'node:net'
import {text as readText} from 'node:stream/consumers'
import {MayflyError} from '../../base/errors.ts'
import {Store} from '../../engine/store.ts'
import type {RequestRecord} from '../../observe/request-record.ts'
import {type Caller, caller, text, unwrap, utf8} from '../../wasi/fixture.ts'
import type {HttpClient} from '../../wasi/http/client.ts'
import {CERT} from '../../wasi/http/fixture-tls.ts'
import {httpInterfaces} from '../../wasi/http/http.ts'
import {ioInterfaces} from '../../wasi/io/io.ts'
import {RETURNED} from '../trigger.ts'
import type {HttpEvent, HttpGuest} from './guest.ts'
import type {RouteEntry} from './routes.ts'
import {createHttpTrigger, type HttpTrigger, type HttpTriggerOptions} from './server.ts'
import type {HttpTarget} from './targets.ts'

const TYPES = 'http/types'
const STREAMS = 'io/streams'

/** One event as its guest sees it. */
export class World {
  readonly event: HttpEvent
  readonly call: Caller['call']
  readonly drop: Caller['drop']

  constructor(event: HttpEvent, client?: HttpClient) {
    const made = caller([...ioInterfaces(), ...httpInterfaces(() => client!)], new Store(event.component))
    this.event = event
    this.call = made.call
    this.drop = made.drop
  }

  /** A function of wasi:http/types, by its method: `get('incoming-request.method')`. */
  get(method: string, ...more: unknown[]): any {
    return this.call(TYPES, `[method]${method}`, this.event.request, ...more)
  }

  headers(): [string, string][] {
    const fields = this.get('incoming-request.headers')
    return this.call(TYPES, '[method]fields.entries', fields).map(([name, value]: [string, Uint8Array]) => [
      name,
      Buffer.from(value).toString('latin1'),
    ])
  }

  fields(headers: Readonly<Record<string, string>>): any {
    return unwrap(
      this.call(
        TYPES,
        '[static]fields.from-list',
        Object.entries(headers).map(([name, value]) => [name, utf8(value)]),
      ),
    )
  }

  response(status = 200, headers: Readonly<Record<string, string>> = {}): any {
    const response = this.call(TYPES, '[constructor]outgoing-response', this.fields(headers))
    unwrap(this.call(TYPES, '[method]outgoing-response.set-status-code', response, status))
    return response
  }

  body(response: unknown): any {
    return unwrap(this.call(TYPES, '[method]outgoing-response.body', response))
  }

  stream(body: unknown): any {
    return unwrap(this.call(TYPES, '[method]outgoing-body.write', body))
  }

  set(response: unknown): void {
    this.call(TYPES, '[static]response-outparam.set', this.event.responseOut, {tag: 'ok', val: response})
  }

  fail(code: string): void {
    this.call(TYPES, '[static]response-outparam.set', this.event.responseOut, {tag: 'err', val: {tag: code}})
  }

  /** blocking-write-and-flush: a promise only where the guest would be suspended. */
  write(stream: unknown, bytes: string | Uint8Array): any {
    return this.call(
      STREAMS,
      '[method]output-stream.blocking-write-and-flush',
      stream,
      typeof bytes === 'string' ? utf8(bytes) : bytes,
    )
  }

  finish(body: unknown, trailers?: unknown): any {
    return this.call(TYPES, '[static]outgoing-body.finish', body, trailers)
  }

  /** A whole answer, without a wait. */
  answer(status: number, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): void {
    const response = this.response(status, headers)
    const out = this.body(response)
    this.set(response)
    if (body.length > 0) unwrap(this.write(this.stream(out), body))
    unwrap(this.finish(out))
  }

  consume(): any {
    return unwrap(this.get('incoming-request.consume'))
  }

  inputOf(body: unknown): any {
    return unwrap(this.call(TYPES, '[method]incoming-body.stream', body))
  }

  /** The next bytes; undefined at the end. */
  async read(stream: unknown, max = 65536n): Promise<Uint8Array | undefined> {
    const bytes = await this.call(STREAMS, '[method]input-stream.blocking-read', stream, max)
    if (bytes.tag === 'ok') return bytes.val
    if (bytes.val.tag === 'closed') return undefined
    throw new Error(bytes.val.val.debugString)
  }

  async readAll(stream: unknown): Promise<string> {
    let all = ''
    for (let bytes = await this.read(stream); bytes !== undefined; bytes = await this.read(stream))
      all += text(bytes)
    return all
  }
}

const trapOf = (error: unknown): MayflyError =>
  error instanceof MayflyError
    ? error
    : new MayflyError('TRAP_CORE', {reason: (error as Error).message}, {cause: error})

/** A guest that runs `handle`; when it throws, it traps. What it opened and did not finish is dropped at its end. */
export function guest(handle: (world: World) => void | Promise<void>, client?: HttpClient): HttpGuest {
  return {
    run(event) {
      const world = new World(event, client)
      try {
        const running = handle(world)
        if (running === undefined) event.settle(RETURNED)
        else
          running.then(
            () => event.settle(RETURNED),
            error => event.settle({kind: 'trap', error: trapOf(error)}),
          )
      } catch (error) {
        event.settle({kind: 'trap', error: trapOf(error)})
      }
    },
  }
}

export const to = (
  route: string,
  handle: (world: World) => void | Promise<void>,
  client?: HttpClient,
): RouteEntry<HttpTarget> => ({
  route,
  target: {kind: 'component', component: route, guest: guest(handle, client)},
})

export type Served = HttpTrigger & {readonly records: RequestRecord[]}

/** A server on a free port of 127.0.0.1 that `test`'s end closes. */
export async function serve(
  test: {after(done: () => Promise<void>): void},
  routes: readonly RouteEntry<HttpTarget>[],
  options: Partial<HttpTriggerOptions> = {},
): Promise<Served> {
  const records: RequestRecord[] = []
  const trigger = await createHttpTrigger({
    host: '127.0.0.1',
    port: 0,
    routes,
    app: {name: 'test', version: '1.2.3'},
    observer: {request: record => records.push(record)},
    ...options,
  })
  test.after(() => trigger.close(0))
  return Object.assign(trigger, {records})
}

/** Resolves when `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 2))
}

export type Got = {
  status: number
  headers: http.IncomingHttpHeaders
  raw: string[]
  body: string
  trailers: NodeJS.Dict<string>
}

export function ask(
  served: Served,
  path: string,
  options: http.RequestOptions & {body?: string | Buffer} = {},
): Promise<Got> {
  const {body, ...rest} = options
  return new Promise((resolve, reject) => {
    const client = served.url.startsWith('https') ? https : http
    const request = client.request(
      served.url + path,
      {agent: false, ca: CERT, ...rest} as https.RequestOptions,
      async response => {
        try {
          const body = await readText(response)
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            raw: response.rawHeaders,
            body,
            trailers: response.trailers,
          })
        } catch (error) {
          reject(error)
        }
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** Sends `bytes` as they are and gives all that comes until the server closes or `enough` says so. */
export function raw(
  served: Served,
  bytes: string | Buffer,
  enough: (got: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = ''
    const socket = net.connect(served.address.port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', data => {
      got += data.toString('latin1')
      if (enough(got)) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(got))
  })
}

export const count = (text: string, part: string) => text.split(part).length - 1

/** A guest that gives back what it gets, as it comes. */
export const echo = async (world: World) => {
  const input = world.inputOf(world.consume())
  const response = world.response(200, {'content-type': 'application/octet-stream'})
  const body = world.body(response)
  world.set(response)
  const out = world.stream(body)
  for (let bytes = await world.read(input); bytes !== undefined; bytes = await world.read(input)) {
    unwrap(await world.write(out, bytes))
  }
  unwrap(world.finish(body))
}
