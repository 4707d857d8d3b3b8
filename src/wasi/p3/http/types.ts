// wasi/p3/http/types.ts: the interface wasi:http/types@0.3.0, function by function onto the objects of this room.
import {err, ok, type Result} from '../../../base/result.ts'
import type {GuestStream} from '../../../engine/async/host-sink.ts'
import {LazyPromise} from '../../../engine/async/lazy-promise.ts'
import {type HostFunction, type HostItem, hostFunction, hostResource} from '../../../engine/link/imports.ts'
import {type Field, Fields} from '../../http/fields.ts'
import type {Method, Scheme} from '../../http/method.ts'
import {consumeBody} from './consume-body.ts'
import type {GuestContents, Trailers, Transmitted} from './contents.ts'
import {Request, Response} from './message.ts'
import {RequestOptions, type Timeout} from './request-options.ts'

const OK = ok(undefined)
const FAILED = err(undefined)
const done = (succeeded: boolean): Result<undefined, undefined> => (succeeded ? OK : FAILED)

/** Functions that need nothing of the store: no array is made for a call. */
const of = <T>(call: (self: T) => unknown): HostFunction => hostFunction((_store, self: T) => call(self))
const of1 = <T, A>(call: (self: T, a: A) => unknown): HostFunction =>
  hostFunction((_store, self: T, a: A) => call(self, a))
const of2 = <T, A, B>(call: (self: T, a: A, b: B) => unknown): HostFunction =>
  hostFunction((_store, self: T, a: A, b: B) => call(self, a, b))

const fields: Readonly<Record<string, HostItem>> = {
  fields: hostResource<Fields>(),
  '[constructor]fields': hostFunction(() => new Fields()),
  '[static]fields.from-list': of((entries: Field[]) => Fields.fromList(entries)),
  '[method]fields.get': of1((self: Fields, name: string) => self.get(name)),
  '[method]fields.has': of1((self: Fields, name: string) => self.has(name)),
  '[method]fields.set': of2((self: Fields, name: string, values: Uint8Array[]) => self.set(name, values)),
  '[method]fields.delete': of1((self: Fields, name: string) => self.delete(name)),
  '[method]fields.get-and-delete': of1((self: Fields, name: string) => self.take(name)),
  '[method]fields.append': of2((self: Fields, name: string, value: Uint8Array) => self.append(name, value)),
  '[method]fields.copy-all': of((self: Fields) => self.entries()),
  '[method]fields.clone': of((self: Fields) => self.clone()),
}

/** What a guest makes a message of. */
const contentsOf = (
  headers: Fields,
  stream: GuestStream | undefined,
  trailers: Promise<Trailers>,
): GuestContents => ({kind: 'guest', headers, stream, trailers, sent: new LazyPromise()})

const request: Readonly<Record<string, HostItem>> = {
  request: hostResource<Request>((_store, self) => self.release()),
  '[static]request.new': hostFunction(
    (
      _store,
      headers: Fields,
      stream: GuestStream | undefined,
      trailers: Promise<Trailers>,
      options: RequestOptions | undefined,
    ) => {
      const contents = contentsOf(headers, stream, trailers)
      return [new Request(contents, options), contents.sent]
    },
  ),
  '[method]request.get-method': of((self: Request) => self.method),
  '[method]request.set-method': of1((self: Request, method: Method) => done(self.setMethod(method))),
  '[method]request.get-path-with-query': of((self: Request) => self.pathWithQuery),
  '[method]request.set-path-with-query': of1((self: Request, path: string | undefined) =>
    done(self.setPathWithQuery(path)),
  ),
  '[method]request.get-scheme': of((self: Request) => self.scheme),
  '[method]request.set-scheme': of1((self: Request, scheme: Scheme | undefined) =>
    done(self.setScheme(scheme)),
  ),
  '[method]request.get-authority': of((self: Request) => self.authority),
  '[method]request.set-authority': of1((self: Request, authority: string | undefined) =>
    done(self.setAuthority(authority)),
  ),
  '[method]request.get-options': of((self: Request) => self.options),
  '[method]request.get-headers': of((self: Request) => self.headers),
  '[static]request.consume-body': hostFunction((store, self: Request, result: Promise<Transmitted>) =>
    consumeBody(store, self.takeContents(), result),
  ),
}

const timeoutOf = (label: string, name: Timeout): Record<string, HostItem> => ({
  [`[method]request-options.get-${label}`]: of((self: RequestOptions) => self[name]),
  [`[method]request-options.set-${label}`]: of1((self: RequestOptions, duration: bigint | undefined) =>
    self.set(name, duration),
  ),
})

const requestOptions: Readonly<Record<string, HostItem>> = {
  'request-options': hostResource<RequestOptions>(),
  '[constructor]request-options': hostFunction(() => new RequestOptions()),
  ...timeoutOf('connect-timeout', 'connectTimeout'),
  ...timeoutOf('first-byte-timeout', 'firstByteTimeout'),
  ...timeoutOf('between-bytes-timeout', 'betweenBytesTimeout'),
  '[method]request-options.clone': of((self: RequestOptions) => self.clone()),
}

const response: Readonly<Record<string, HostItem>> = {
  response: hostResource<Response>((_store, self) => self.release()),
  '[static]response.new': hostFunction(
    (_store, headers: Fields, stream: GuestStream | undefined, trailers: Promise<Trailers>) => {
      const contents = contentsOf(headers, stream, trailers)
      return [new Response(contents), contents.sent]
    },
  ),
  '[method]response.get-status-code': of((self: Response) => self.statusCode),
  '[method]response.set-status-code': of1((self: Response, code: number) => done(self.setStatusCode(code))),
  '[method]response.get-headers': of((self: Response) => self.headers),
  '[static]response.consume-body': hostFunction((store, self: Response, result: Promise<Transmitted>) =>
    consumeBody(store, self.takeContents(), result),
  ),
}

export const typesItems: Readonly<Record<string, HostItem>> = {
  ...fields,
  ...request,
  ...requestOptions,
  ...response,
}
