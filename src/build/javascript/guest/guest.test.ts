import assert from 'node:assert/strict'
import {once} from 'node:events'
import {test} from 'node:test'
import {Worker} from 'node:worker_threads'
import {bundle} from '../bundle.ts'
import {createApp} from '../test-app.ts'
import type {Loaded} from './fake-engine.ts'
import {EXCEPTION_MARKER, type ExceptionRecord, INIT_MARKER, type InitRecord} from './records.ts'

type Options = {
  loading?: 'eager' | 'lazy'
  warmUp?: string[]
  paths?: string[]
  env?: [string, string][]
}

async function run(
  source: string,
  {loading = 'eager', warmUp = [], paths = ['/'], env = []}: Options = {},
): Promise<Loaded> {
  await using app = await createApp({'index.ts': source}, {packages: true})
  const {code} = await bundle({
    root: app.root,
    entry: 'index.ts',
    loading,
    warmUp,
    importable: ['wasi:cli/environment@0.2.10'],
  })
  const worker = new Worker(new URL('fake-engine.ts', import.meta.url), {
    workerData: {bundle: code, paths, env},
  })
  const [loaded] = (await once(worker, 'message')) as [Loaded]
  await worker.terminate()
  return loaded
}

const exceptions = (lines: string[]): ExceptionRecord[] =>
  lines
    .filter(line => line.startsWith(EXCEPTION_MARKER))
    .map(line => JSON.parse(line.slice(EXCEPTION_MARKER.length)))
const inits = (lines: string[]): InitRecord[] =>
  lines.filter(line => line.startsWith(INIT_MARKER)).map(line => JSON.parse(line.slice(INIT_MARKER.length)))

const shapes: [name: string, source: string, body: string][] = [
  [
    'an object with fetch',
    'export default {fetch: (request: Request) => new Response(request.url)}',
    'http://host/',
  ],
  [
    'an object with an async fetch',
    'export default {async fetch() { return new Response("later") }}',
    'later',
  ],
  [
    'fetch keeps its this',
    'export default {text: "mine", fetch() { return new Response(this.text) }}',
    'mine',
  ],
  [
    'an instance of a class',
    'class App { fetch() { return new Response("class") } }\nexport default new App()',
    'class',
  ],
  [
    'a Hono app',
    'import {Hono} from "hono"\nexport default new Hono().get("/", c => c.text("hono"))',
    'hono',
  ],
  ['a CommonJS module', 'module.exports = {fetch: () => new Response("cjs")}', 'cjs'],
  [
    'a listener',
    'addEventListener("fetch", (event: any) => event.respondWith(new Response("listener")))',
    'listener',
  ],
  [
    'a listener that is an object',
    'addEventListener("fetch", {handleEvent(event: any) { event.respondWith(new Response("object")) }} as any)',
    'object',
  ],
  [
    'a listener that answers by a promise',
    'addEventListener("fetch", (event: any) => event.respondWith((async () => new Response("promise"))()))',
    'promise',
  ],
  [
    'a module with top-level await',
    'const text = await Promise.resolve("awaited")\nexport default {fetch: () => new Response(text)}',
    'awaited',
  ],
]
for (const loading of ['eager', 'lazy'] as const) {
  for (const [name, source, body] of shapes) {
    test(`${loading}: ${name} answers`, async () => {
      const {stderr, answers} = await run(source, {loading})
      assert.deepEqual(inits(stderr), [{kind: 'ready'}])
      assert.deepEqual(answers, [{status: 200, body, stderr: [], waited: 0}])
    })
  }
}

const noHandlers: [source: string, found: RegExp][] = [
  ['console.log', /exports nothing/],
  ['export const GET = 1, POST = 2', /exports only GET, POST/],
  ['export default 7', /the default export is 7/],
  ['export default () => new Response("x")', /the default export is a function/],
  ['export default {get: 1}', /the default export is an object with \[get\]/],
]
for (const [source, found] of noHandlers) {
  test(`no handler: ${source}`, async () => {
    const [record] = inits((await run(source, {paths: []})).stderr)
    assert.equal(record?.kind, 'no-handler')
    assert.match((record as {found: string}).found, found)
  })
}

const failures: [name: string, handler: string, message: RegExp][] = [
  ['throws', '() => { throw new RangeError("no") }', /^no$/],
  ['rejects', 'async () => { throw new RangeError("no") }', /^no$/],
  ['throws what is no error', '() => { throw "text" }', /^"text"$/],
  ['throws null', '() => { throw null }', /^null$/],
  [
    'throws an error that cannot be read',
    '() => { throw Object.defineProperty(new Error(), "message", {get() { throw 1 }}) }',
    /cannot be read/,
  ],
  ['returns nothing', '() => {}', /answered with undefined instead of a Response/],
  ['returns a promise of text', 'async () => "text"', /answered with "text" instead of a Response/],
]
for (const [name, handler, message] of failures) {
  test(`a handler that ${name} answers 500, tells the host why and the client nothing`, async () => {
    const {answers} = await run(`export default {fetch: ${handler}}`)
    assert.deepEqual([answers[0]?.status, answers[0]?.body], [500, 'Internal Server Error\n'])
    const [record, ...others] = exceptions(answers[0]!.stderr)
    assert.match(record!.message, message)
    assert.deepEqual(others, [])
  })
}

test('a listener that throws, or never answers, answers 500', async () => {
  const source = `addEventListener("fetch", (event: any) => { if (event.request.url.endsWith("/throw")) throw new Error("sync") })`
  const {answers} = await run(source, {paths: ['/throw', '/silent']})
  assert.deepEqual(
    answers.map(({status}) => status),
    [500, 500],
  )
  assert.deepEqual(
    answers.map(({stderr}) => exceptions(stderr)[0]!.message),
    ['sync', 'no listener of "fetch" called event.respondWith()'],
  )
})

test('the causes of an exception are told, however deep, but not without end', async () => {
  const {answers} = await run(
    `export default {fetch() { const e = new Error("loop"); e.cause = e; throw e }}`,
  )
  let depth = 0
  for (let record = exceptions(answers[0]!.stderr)[0]; record !== undefined; record = record.cause) depth++
  assert.equal(depth, 5)
})

test('an error passed to console.error is told with its stack', async () => {
  const {answers} = await run(
    `export default {fetch() { console.error("while", new TypeError("logged")); return new Response() }}`,
  )
  const {stderr} = answers[0]!
  assert.equal(stderr[0], 'while TypeError: logged')
  assert.match(exceptions(stderr)[0]!.stack, /fetch/)
})

test('waitUntil keeps the event alive, and its failure is told', async () => {
  const source = `export default {fetch(_: Request, __: object, ctx: any) {
    ctx.passThroughOnException()
    ctx.waitUntil(Promise.reject(new Error("afterwards")))
    return new Response("now")
  }}`
  const {answers} = await run(source)
  assert.deepEqual([answers[0]?.body, answers[0]?.waited], ['now', 1])
  assert.equal(exceptions(answers[0]!.stderr)[0]?.message, 'afterwards')
})

test('env is an ordinary object of the environment variables', async () => {
  const source = `export default {fetch: (_: Request, env: any) => Response.json([env.A, "B" in env, "C" in env, Object.keys(env), {...env}])}`
  const {answers} = await run(source, {
    env: [
      ['A', '1'],
      ['B', '2'],
    ],
  })
  assert.deepEqual(JSON.parse(answers[0]!.body), ['1', true, false, ['A', 'B'], {A: '1', B: '2'}])
})

const impure: [call: string, what: string][] = [
  ['Math.random()', 'Math.random()'],
  ['crypto.randomUUID()', 'crypto.randomUUID()'],
  ['crypto.getRandomValues(new Uint8Array(1))', 'crypto.getRandomValues()'],
  ['crypto.subtle.generateKey("AES-GCM", true, [])', 'crypto.subtle.generateKey()'],
  ['Date.now()', 'Date.now()'],
  ['new Date()', 'new Date()'],
  ['Date()', 'Date()'],
  ['Reflect.construct(Date, [])', 'new Date()'],
  ['new (class extends Date {})()', 'new Date()'],
  ['new (new Date(0).constructor as any)()', 'new Date()'],
  ['performance.now()', 'performance.now()'],
  ['performance.timeOrigin', 'performance.timeOrigin'],
  ['AbortSignal.timeout(1)', 'AbortSignal.timeout()'],
  ['fetch("http://x/")', 'fetch()'],
  ['setTimeout(() => {}, 1)', 'setTimeout()'],
  ['setInterval(() => {}, 1)', 'setInterval()'],
]
for (const [call, what] of impure) {
  test(`at the top level ${call} is refused, even when the refusal is caught`, async () => {
    const source = `function helper() { return ${call} }\ntry { helper() } catch {}\nexport default {fetch: () => new Response()}`
    const [record] = inits((await run(source, {paths: []})).stderr)
    assert.equal(record?.kind, 'impure')
    assert.equal((record as {what: string}).what, what)
    assert.match((record as {stack: string}).stack, /helper/)
  })
}

test('what follows from the source is allowed at the top level', async () => {
  const source = `
    const kept = [Math.random, Date, Date.now, crypto.randomUUID.bind(crypto)] as const
    const fixed = new Date(2020, 0, 1), parsed = Date.parse("2020-01-01"), utc = Date.UTC(2020)
    const hash = await crypto.subtle.digest("SHA-256", new Uint8Array(1))
    const date = fixed instanceof Date && fixed.constructor === Date
    export default {fetch: () => Response.json([date, parsed === utc, hash.byteLength, ...kept.slice(2).map((f: any) => typeof f()),
      typeof kept[0]() , new kept[1]().getTime() > 0, fixed instanceof Date, fixed.constructor === Date, Date.prototype.constructor === Date])}`
  const {stderr, answers} = await run(source)
  assert.deepEqual(inits(stderr), [{kind: 'ready'}])
  assert.deepEqual(JSON.parse(answers[0]!.body), [
    true,
    true,
    32,
    'number',
    'string',
    'number',
    true,
    true,
    true,
    true,
  ])
})

test('requests to warm up are answered in order before any event, wholly, with what they wait for', async () => {
  const source = `const seen: string[] = []
    export default {async fetch(request: Request, _: object, ctx: any) {
      seen.push(new URL(request.url).pathname)
      ctx.waitUntil(Promise.resolve().then(() => seen.push("waited")))
      return new Response(new ReadableStream({
        start(controller) { controller.enqueue(new TextEncoder().encode(seen.join())); seen.push("read"); controller.close() }
      }))
    }}`
  const {stderr, answers} = await run(source, {warmUp: ['/a', '/b'], paths: ['/c']})
  assert.deepEqual(inits(stderr), [
    {kind: 'warming-up', path: '/a'},
    {kind: 'warming-up', path: '/b'},
    {kind: 'ready'},
  ])
  assert.equal(answers[0]?.body, '/a,read,waited,/b,read,waited,/c')
})

test('no request warms up what is loaded lazily', async () => {
  const source = 'let count = 0\nexport default {fetch: () => new Response(String(++count))}'
  const {stderr, answers} = await run(source, {loading: 'lazy', warmUp: ['/']})
  assert.deepEqual(inits(stderr), [{kind: 'ready'}])
  assert.equal(answers[0]?.body, '1')
})

const cold: [name: string, handler: string, expected: RegExp][] = [
  ['throws', '() => { throw new RangeError("cold") }', /"threw".*cold/],
  [
    'rejects later',
    '(_: any, __: any, ctx: any) => { ctx.waitUntil(Promise.reject(new Error("later"))); return new Response() }',
    /"threw".*later/,
  ],
  ['answers with an error', '() => new Response("", {status: 404})', /"threw".*it is answered with 404/],
  ['asks for what varies', '() => new Response(String(Math.random()))', /"impure".*Math\.random/],
  ['answers with nothing', '() => 1', /"threw".*answered with 1/],
]
for (const [name, handler, expected] of cold) {
  test(`a request to warm up that ${name} is no start`, async () => {
    const {stderr} = await run(`export default {fetch: ${handler}}`, {warmUp: ['/'], paths: []})
    assert.equal(exceptions(stderr).length, 0)
    const records = inits(stderr)
    assert.match(JSON.stringify(records), expected)
    assert.ok(!records.some(({kind}) => kind === 'ready'))
  })
}

test('lazily loaded, the top level may do all of it', async () => {
  const {stderr, answers} = await run(
    'const id = crypto.randomUUID(), at = Date.now()\nexport default {fetch: () => new Response(id + at)}',
    {loading: 'lazy'},
  )
  assert.deepEqual(inits(stderr), [{kind: 'ready'}])
  assert.equal(answers[0]?.status, 200)
})

test('lazily loaded, a module that throws or has no handler answers 500', async () => {
  for (const source of ['throw new Error("top")', 'export default 1']) {
    const {answers} = await run(source, {loading: 'lazy'})
    assert.equal(answers[0]?.status, 500)
    assert.equal(exceptions(answers[0]!.stderr).length, 1)
  }
})
