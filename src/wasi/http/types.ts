// wasi/http/types.ts: the interface wasi:http/types@0.2.12, function by function onto the objects of this room.
import {MayflyError} from '../../base/errors.ts'
import {err, ok, type Result} from '../../base/result.ts'
import {type HostFunction, type HostItem, hostFunction, hostResource} from '../../engine/link/imports.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import type {FutureIncomingResponse} from './client.ts'
import {type ErrorCode, HttpIoError} from './error-code.ts'
import {FIELDS_MAX_BYTES, type Field, Fields, type HeaderError} from './fields.ts'
import {FutureTrailers, type IncomingBody} from './incoming-body.ts'
import type {IncomingRequest, IncomingResponse} from './incoming-message.ts'
import type {Method, Scheme} from './method.ts'
import type {OutgoingBody} from './outgoing-body.ts'
import {OutgoingRequest, OutgoingResponse, RequestOptions, type ResponseOutparam} from './outgoing-message.ts'

const OK = ok(undefined)
const FAILED = err(undefined)
const done = (succeeded: boolean): Result<undefined, undefined> => (succeeded ? OK : FAILED)
const taken = <T>(value: T | undefined): Result<T, undefined> => (value === undefined ? FAILED : ok(value))

/** A function that needs nothing of the store. */
const pure = <A extends unknown[]>(call: (...args: A) => unknown): HostFunction =>
  hostFunction((_store, ...args) => call(...(args as A)))
/** The same for a method without, with one and with two arguments: no array is made for a call. */
const of = <T>(call: (self: T) => unknown): HostFunction => hostFunction((_store, self: T) => call(self))
const of1 = <T, A>(call: (self: T, a: A) => unknown): HostFunction =>
  hostFunction((_store, self: T, a: A) => call(self, a))
const of2 = <T, A, B>(call: (self: T, a: A, b: B) => unknown): HostFunction =>
  hostFunction((_store, self: T, a: A, b: B) => call(self, a, b))

const errors: Readonly<Record<string, HostItem>> = {
  'http-error-code': of((error: unknown) => (error instanceof HttpIoError ? error.cause : undefined)),
}

/** 0.2 has no error for more than fits. */
function bounded<T>(result: Result<T, HeaderError>): Result<T, HeaderError> {
  if (result.tag === 'err' && result.val.tag === 'size-exceeded')
    throw new MayflyError('TRAP_HOST', {reason: `header fields take more than ${FIELDS_MAX_BYTES} bytes`})
  return result
}

const fields: Readonly<Record<string, HostItem>> = {
  fields: hostResource<Fields>(),
  '[constructor]fields': pure(() => new Fields()),
  '[static]fields.from-list': of((entries: Field[]) => bounded(Fields.fromList(entries))),
  '[method]fields.get': of1((self: Fields, name: string) => self.get(name)),
  '[method]fields.has': of1((self: Fields, name: string) => self.has(name)),
  '[method]fields.set': of2((self: Fields, name: string, values: Uint8Array[]) =>
    bounded(self.set(name, values)),
  ),
  '[method]fields.delete': of1((self: Fields, name: string) => self.delete(name)),
  '[method]fields.append': of2((self: Fields, name: string, value: Uint8Array) =>
    bounded(self.append(name, value)),
  ),
  '[method]fields.entries': of((self: Fields) => self.entries()),
  '[method]fields.clone': of((self: Fields) => self.clone()),
}

const incoming: Readonly<Record<string, HostItem>> = {
  'incoming-request': hostResource<IncomingRequest>(),
  '[method]incoming-request.method': of((self: IncomingRequest) => self.method),
  '[method]incoming-request.path-with-query': of((self: IncomingRequest) => self.pathWithQuery),
  '[method]incoming-request.scheme': of((self: IncomingRequest) => self.scheme),
  '[method]incoming-request.authority': of((self: IncomingRequest) => self.authority),
  '[method]incoming-request.headers': of((self: IncomingRequest) => self.headers),
  '[method]incoming-request.consume': of((self: IncomingRequest) => taken(self.consume())),

  'incoming-response': hostResource<IncomingResponse>((_store, self) => self.release()),
  '[method]incoming-response.status': of((self: IncomingResponse) => self.status),
  '[method]incoming-response.headers': of((self: IncomingResponse) => self.headers),
  '[method]incoming-response.consume': of((self: IncomingResponse) => taken(self.consume())),

  'incoming-body': hostResource<IncomingBody>((_store, self) => self.release()),
  '[method]incoming-body.stream': of((self: IncomingBody) => taken(self.takeStream())),
  '[static]incoming-body.finish': of((self: IncomingBody) => new FutureTrailers(self)),

  'future-trailers': hostResource<FutureTrailers>((_store, self) => self.release()),
  '[method]future-trailers.subscribe': of((self: FutureTrailers) => self),
  '[method]future-trailers.get': of((self: FutureTrailers) => self.get()),
}

const outgoing: Readonly<Record<string, HostItem>> = {
  'outgoing-request': hostResource<OutgoingRequest>(),
  '[constructor]outgoing-request': of((headers: Fields) => new OutgoingRequest(headers)),
  '[method]outgoing-request.body': of((self: OutgoingRequest) => taken(self.openBody())),
  '[method]outgoing-request.method': of((self: OutgoingRequest) => self.method),
  '[method]outgoing-request.set-method': of1((self: OutgoingRequest, method: Method) =>
    done(self.setMethod(method)),
  ),
  '[method]outgoing-request.path-with-query': of((self: OutgoingRequest) => self.pathWithQuery),
  '[method]outgoing-request.set-path-with-query': of1((self: OutgoingRequest, path: string | undefined) =>
    done(self.setPathWithQuery(path)),
  ),
  '[method]outgoing-request.scheme': of((self: OutgoingRequest) => self.scheme),
  '[method]outgoing-request.set-scheme': of1((self: OutgoingRequest, scheme: Scheme | undefined) =>
    done(self.setScheme(scheme)),
  ),
  '[method]outgoing-request.authority': of((self: OutgoingRequest) => self.authority),
  '[method]outgoing-request.set-authority': of1((self: OutgoingRequest, authority: string | undefined) =>
    done(self.setAuthority(authority)),
  ),
  '[method]outgoing-request.headers': of((self: OutgoingRequest) => self.headers),

  'request-options': hostResource<RequestOptions>(),
  '[constructor]request-options': pure(() => new RequestOptions()),
  '[method]request-options.connect-timeout': of((self: RequestOptions) => self.connectTimeout),
  '[method]request-options.first-byte-timeout': of((self: RequestOptions) => self.firstByteTimeout),
  '[method]request-options.between-bytes-timeout': of((self: RequestOptions) => self.betweenBytesTimeout),
  '[method]request-options.set-connect-timeout': setTimeoutOf('connectTimeout'),
  '[method]request-options.set-first-byte-timeout': setTimeoutOf('firstByteTimeout'),
  '[method]request-options.set-between-bytes-timeout': setTimeoutOf('betweenBytesTimeout'),

  'outgoing-response': hostResource<OutgoingResponse>(),
  '[constructor]outgoing-response': of((headers: Fields) => new OutgoingResponse(headers)),
  '[method]outgoing-response.status-code': of((self: OutgoingResponse) => self.statusCode),
  '[method]outgoing-response.set-status-code': of1((self: OutgoingResponse, code: number) =>
    done(self.setStatusCode(code)),
  ),
  '[method]outgoing-response.headers': of((self: OutgoingResponse) => self.headers),
  '[method]outgoing-response.body': of((self: OutgoingResponse) => taken(self.openBody())),

  'outgoing-body': hostResource<OutgoingBody>((_store, self) => self.abort()),
  '[method]outgoing-body.write': of((self: OutgoingBody) => taken(self.takeStream())),
  '[static]outgoing-body.finish': of1((self: OutgoingBody, trailers: Fields | undefined) =>
    self.finish(trailers),
  ),

  'response-outparam': hostResource<ResponseOutparam>(),
  '[static]response-outparam.set': of1(
    (self: ResponseOutparam, response: Result<OutgoingResponse, ErrorCode>) => self.set(response),
  ),
  // Unstable in 0.2.12 (feature informational-outbound-responses); other hosts trap here as well.
  '[method]response-outparam.send-informational': pure(() => {
    throw new MayflyError('TRAP_HOST', {reason: 'informational responses are not offered'})
  }),

  'future-incoming-response': hostResource<FutureIncomingResponse>((_store, self) => self.release()),
  '[method]future-incoming-response.subscribe': of((self: FutureIncomingResponse) => self),
  '[method]future-incoming-response.get': of((self: FutureIncomingResponse) => self.get()),
}

function setTimeoutOf(name: keyof RequestOptions): HostFunction {
  return of1((self: RequestOptions, duration: bigint | undefined) => {
    self[name] = duration
    return OK
  })
}

/** wasi:http/types; it needs no configuration. */
export const typesInterface: NamedInterface = wasiInterface('http/types', {
  ...errors,
  ...fields,
  ...incoming,
  ...outgoing,
})
