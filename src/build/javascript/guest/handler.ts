// build/javascript/guest/handler.ts: the handler shapes, and how an event reaches each of them.
import {environment} from './environment.ts'
import {describe, reportException} from './report.ts'

/** The part of StarlingMonkey's FetchEvent that is used. */
export type FetchEvent = Event & {
  readonly request: Request
  respondWith(response: Response | Promise<Response>): void
  waitUntil(promise: Promise<unknown>): void
}

type Listener = ((event: FetchEvent) => unknown) | {handleEvent(event: FetchEvent): unknown}

/** Third argument of `fetch`. */
type Context = {
  waitUntil(promise: Promise<unknown>): void
  passThroughOnException(): void
}

type FetchHandler = {fetch(request: Request, env: object, context: Context): unknown}

/** Answers one event by `event.respondWith`, whatever happens. */
export type Answer = (event: FetchEvent) => void

const listeners: Listener[] = []

const engine = globalThis as unknown as {addEventListener(type: string, listener: Listener): void}

/** The engine's own `addEventListener`; the handler's calls of it for "fetch" end in `listeners`. */
export const addEngineListener = engine.addEventListener

engine.addEventListener = function (
  this: unknown,
  type: string,
  listener: Listener | null,
  ...rest: unknown[]
) {
  if (type !== 'fetch') Reflect.apply(addEngineListener, this, [type, listener, ...rest])
  else if (listener !== null && !listeners.includes(listener)) listeners.push(listener)
}

/** The way to answer that the loaded module offers, or what it has instead of one. */
export function answerOf(exported: {default?: unknown}): {answer: Answer} | {found: string} {
  const handler = exported.default
  if (isFetchHandler(handler)) return {answer: event => answerByFetch(handler, event)}
  if (listeners.length > 0) return {answer: answerByListeners}
  // A module without import and export is taken for CommonJS, whose exports are an empty object.
  const nothing = typeof handler === 'object' && handler !== null && Object.keys(handler).length === 0
  const names = nothing ? [] : Object.keys(exported)
  if (names.includes('default')) return {found: `the default export is ${describe(handler)}`}
  return {
    found: names.length === 0 ? 'the module exports nothing' : `the module exports only ${names.join(', ')}`,
  }
}

function isFetchHandler(value: unknown): value is FetchHandler {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    typeof (value as FetchHandler).fetch === 'function'
  )
}

function answerByFetch(handler: FetchHandler, event: FetchEvent): void {
  const context: Context = {
    waitUntil: promise => event.waitUntil(watched(promise)),
    // There is nothing behind a handler that a request could be passed on to.
    passThroughOnException() {},
  }
  let returned: unknown
  try {
    returned = handler.fetch(event.request, environment, context)
  } catch (error) {
    returned = failure(error)
  }
  event.respondWith(checked(returned))
}

function answerByListeners(event: FetchEvent): void {
  const {respondWith, waitUntil} = event
  let responded = false
  event.respondWith = response => {
    responded = true
    Reflect.apply(respondWith, event, [checked(response)])
  }
  event.waitUntil = promise => Reflect.apply(waitUntil, event, [watched(promise)])
  const respond = (response: Response) => {
    if (!responded) Reflect.apply(respondWith, event, [response])
  }
  try {
    for (const listener of listeners) {
      if (typeof listener === 'function') Reflect.apply(listener, globalThis, [event])
      else listener.handleEvent(event)
    }
  } catch (error) {
    respond(failure(error))
    return
  }
  if (!responded) respond(failure(new TypeError('no listener of "fetch" called event.respondWith()')))
}

/** A Response, or the promise of one; all else becomes the answer to a failure. */
function checked(returned: unknown): Response | Promise<Response> {
  if (returned instanceof Response) return returned
  if (typeof (returned as PromiseLike<unknown> | null)?.then !== 'function')
    return failure(notAResponse(returned))
  return Promise.resolve(returned).then(
    value => (value instanceof Response ? value : failure(notAResponse(value))),
    failure,
  )
}

const notAResponse = (value: unknown) =>
  new TypeError(`the handler answered with ${describe(value)} instead of a Response`)

/** Work after the answer cannot change it any more, but its failure must not pass unseen. */
function watched(promise: Promise<unknown>): Promise<unknown> {
  return Promise.resolve(promise).catch(reportException)
}

/** Reports what went wrong to the host; the client learns nothing but that. */
export function failure(error: unknown): Response {
  reportException(error)
  return new Response('Internal Server Error\n', {
    status: 500,
    headers: {'content-type': 'text/plain; charset=utf-8'},
  })
}
