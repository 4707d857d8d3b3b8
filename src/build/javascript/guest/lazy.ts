// build/javascript/guest/lazy.ts: entry of a component whose handler is loaded anew in every event, and so may do all.
import {type Answer, addEngineListener, answerOf, failure} from './handler.ts'
import {reportInit} from './report.ts'
import {warmUpEngine} from './warm-up.ts'

let loading: Promise<Answer> | undefined

addEngineListener('fetch', event => {
  // The event is answered by whatever the loaded handler passes to its `respondWith`.
  event.respondWith(
    new Promise<Response>(resolve => {
      Object.defineProperty(event, 'respondWith', {value: resolve, configurable: true, writable: true})
      loading ??= load()
      loading.then(answer => answer(event)).catch(error => resolve(failure(error)))
    }),
  )
})

async function load(): Promise<Answer> {
  const loaded = answerOf(await import('mayfly:app'))
  if ('answer' in loaded) return loaded.answer
  throw new TypeError(`no handler: ${loaded.found}`)
}

export function finish(): void {
  void warmUpEngine()
  reportInit({kind: 'ready'})
}
