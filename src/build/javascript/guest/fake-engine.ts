// build/javascript/guest/fake-engine.ts: for tests: a thread that does what StarlingMonkey does with a bundle.
import {registerHooks} from 'node:module'
import {parentPort, workerData} from 'node:worker_threads'

/** One answer: what the client gets, and what the guest wrote to stderr and gave to `waitUntil`. */
export type Answered = {status: number; body: string; stderr: string[]; waited: number}
export type Loaded = {stderr: string[]; answers: Answered[]}

const {bundle, paths, env} = workerData as {bundle: string; paths: string[]; env: [string, string][]}

registerHooks({
  resolve: (specifier, context, next) =>
    specifier.startsWith('wasi:')
      ? {url: specifier, format: 'module', shortCircuit: true}
      : next(specifier, context),
  load: (url, context, next) =>
    url.startsWith('wasi:')
      ? {
          format: 'module',
          shortCircuit: true,
          source: `export const getEnvironment = () => ${JSON.stringify(env)}`,
        }
      : next(url, context),
})

const stderr: string[] = []
console.error = (...things: unknown[]) => void stderr.push(things.map(String).join(' '))

type FakeEvent = {
  request: Request
  respondWith(response: Response | Promise<Response>): void
  waitUntil(promise: Promise<unknown>): void
}
const engine = globalThis as unknown as {
  addEventListener(type: string, listener: (event: FakeEvent) => void): void
}
let listener: ((event: FakeEvent) => void) | undefined
engine.addEventListener = (type, given) => {
  if (type === 'fetch') listener = given
}

const module = await import(`data:text/javascript,${encodeURIComponent(bundle)}`)
await module.finish()
const loaded: Loaded = {stderr: stderr.splice(0), answers: []}

for (const path of paths) {
  const waited: Promise<unknown>[] = []
  const response = await new Promise<Response>(resolve =>
    listener!({
      request: new Request(`http://host${path}`),
      respondWith: given => resolve(given),
      waitUntil: promise => void waited.push(promise),
    }),
  )
  const body = await response.text()
  await Promise.all(waited)
  loaded.answers.push({status: response.status, body, stderr: stderr.splice(0), waited: waited.length})
}
parentPort!.postMessage(loaded)
