// build/javascript/guest/warm-up.ts: requests that are answered once, when the component is built: what a first request has
// compiled, looked up and laid out is part of the state that every event starts from.
import type {Answer, FetchEvent} from './handler.ts'
import {catchExceptions} from './report.ts'

const ORIGIN = 'http://localhost'

/** Told without a name and a stack, which would be ours. */
const refusal = (message: string): Error => Object.assign(new Error(message), {name: 'thrown', stack: ''})

/** Answers a GET of `path` as an event would. Throws what the handler threw, and where it answers with an error. */
export async function warmUp(answer: Answer, path: string): Promise<void> {
  const thrown: unknown[] = []
  const done = catchExceptions(error => thrown.push(error))
  const pending: Promise<unknown>[] = []
  const response = await new Promise<Response>(resolve => {
    const event = {
      request: new Request(ORIGIN + path),
      respondWith: resolve,
      waitUntil: (promise: Promise<unknown>) => void pending.push(promise),
    }
    answer(event as unknown as FetchEvent)
  })
  const reader = response.body?.getReader()
  while (reader !== undefined && !(await reader.read()).done);
  // It may grow meanwhile.
  for (const promise of pending) await promise
  done()
  if (thrown.length > 0) throw thrown[0]
  if (response.status >= 400) throw refusal(`it is answered with ${response.status}`)
}

/** As they were before the app was loaded, which may put others in their places. */
const {Request: EngineRequest, Response: EngineResponse, URL: EngineUrl} = globalThis

/**
 * What has no part of the app in it: most of what a first answer lays out is the engine's. Where the app has changed the
 * engine's own objects so that they fail, that is for its events to tell; and it is not waited for, since they may never end.
 */
export async function warmUpEngine(): Promise<void> {
  const answer = () => new EngineResponse('answer', {headers: {'content-type': 'text/plain'}})
  try {
    const {url, headers} = new EngineRequest(ORIGIN)
    // As the engine reads what it sends.
    await answer().arrayBuffer()
    const reader = answer().body!.getReader()
    while (!(await reader.read()).done);
    return void [url, headers, answer().headers, new EngineUrl(ORIGIN).searchParams]
  } catch {}
}
