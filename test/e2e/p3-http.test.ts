// Components of WASI 0.3 that export wasi:http/handler, in text form: what they do right, and all they can do wrong.
import assert from 'node:assert/strict'
import http from 'node:http'
import http2 from 'node:http2'
import net from 'node:net'
import {join} from 'node:path'
import {test} from 'node:test'
import {carrier, service} from '../guests/p3/services.ts'
import {folder, manifest, type Part} from './harness/app.ts'
import {type Answer, ask, times} from './harness/client.ts'
import {type Mayfly, up} from './harness/mayfly.ts'
import {scaled} from './harness/scale.ts'
import {until} from './harness/until.ts'

type Test = Parameters<typeof up>[0] & Parameters<typeof folder>[0]

/** One process that serves each service under its name. */
async function serve(
  t: Test,
  services: Readonly<Record<string, Part['limits']>>,
  {args = [], env = {}}: {args?: readonly string[]; env?: Readonly<Record<string, string>>} = {},
): Promise<Mayfly> {
  const parts = await Promise.all(
    Object.entries(services).map(
      async ([id, limits = {}]): Promise<Part> => ({
        id,
        route: `/${id}/...`,
        source: await service(id),
        limits,
      }),
    ),
  )
  const dir = folder(t, {'spin.toml': manifest(parts)})
  return up(t, [dir, ...args], {env})
}

const HELLO = 'hello world\n'

for (const tier of ['cow', 'madvise', 'copy'])
  test(`${tier}: each event finds memory and globals as they were at first`, async t => {
    const served = await serve(t, {counter: {}, hello: {}, 'hello-stackful': {}}, {env: {MAYFLY_TIER: tier}})
    const counts = await times(20, 4, () => ask(`${served.url}/counter/`))
    assert.deepEqual(new Set(counts.map(({body}) => body)), new Set(['11llo world\n']))
    for (const name of ['hello', 'hello-stackful']) {
      const answers = await times(20, 4, () => ask(`${served.url}/${name}/`))
      for (const {status, body, headers} of answers)
        assert.deepEqual([status, body, headers['content-type']], [200, HELLO, 'text/plain'])
    }
    await until(() => served.logged().length === 60)
    assert.ok(served.logged().some(({sandbox}) => sandbox === 'restored'))
    assert.ok(served.logged().every(line => line.error === undefined))
  })

test('release candidates of WASI 0.3 are served as the release, and 0.2 beside it', async t => {
  const served = await serve(t, {'hello-candidate': {}, 'hello-mixed': {}})
  for (const name of ['hello-candidate', 'hello-mixed'])
    assert.equal((await ask(`${served.url}/${name}/`)).body, HELLO, name)
})

test('a core module that carries its world is made a component, with what it needs of WASI 0.1', async t => {
  const dir = folder(t, {
    'carrier.wasm': await carrier(),
    'spin.toml': manifest([{id: 'carrier', route: '/...', source: 'carrier.wasm'}]),
  })
  const served = await up(t, [dir], {env: {MAYFLY_CACHE_DIR: join(dir, 'cache')}})
  assert.equal((await ask(served.url)).body, HELLO)
})

test('a body that is whole before the answer begins goes out with its length', async t => {
  const served = await serve(t, {hello: {}})
  const {headers} = await ask(`${served.url}/hello/`)
  assert.equal(headers['content-length'], '12')
  assert.equal(headers['transfer-encoding'], undefined)
  const head = await ask(`${served.url}/hello/`, {method: 'HEAD'})
  assert.deepEqual([head.status, head.body], [200, ''])
})

const WAITING = scaled(200, 1000)

test(`${WAITING} requests that each wait a second on a timer are all answered`, async t => {
  const served = await serve(t, {sleep: {concurrency: 1000}})
  const answers = await times(WAITING, WAITING, () => ask(`${served.url}/sleep/1000`))
  assert.ok(answers.every(({status}) => status === 200))
})

test('a body of 8 MB comes back as it goes, with its trailers', async t => {
  const served = await serve(t, {echo: {}})
  const body = Buffer.alloc(8 * 1024 * 1024, 'mayfly')
  const answer = await ask(`${served.url}/echo/`, {method: 'POST', body})
  assert.ok(answer.bytes.equals(body))
  const {trailers, bytes} = await new Promise<Answer>((resolve, reject) => {
    const request = http.request(
      `${served.url}/echo/`,
      {method: 'POST', headers: {trailer: 'x-sum'}},
      async response => {
        const chunks = await response.toArray()
        resolve({bytes: Buffer.concat(chunks), trailers: response.trailers} as Answer)
      },
    )
    request.on('error', reject)
    request.addTrailers({'x-sum': '42'})
    request.write('one ')
    request.end('two')
  })
  assert.deepEqual([bytes.toString(), trailers['x-sum']], ['one two', '42'])
})

test('what has come is passed on before the rest is there, over HTTP/1.1 and HTTP/2', async t => {
  const served = await serve(t, {echo: {}})
  const request = http.request(`${served.url}/echo/`, {method: 'POST'})
  request.write('first')
  const [response] = (await new Promise(resolve => request.on('response', (...given) => resolve(given)))) as [
    http.IncomingMessage,
  ]
  const heard = response[Symbol.asyncIterator]()
  assert.equal(String((await heard.next()).value), 'first')
  request.end('second')
  assert.equal(String((await heard.next()).value), 'second')
  assert.equal((await heard.next()).done, true)

  const session = http2.connect(served.url)
  t.after(() => session.close())
  const stream = session.request({':path': '/echo/', ':method': 'POST'})
  stream.write('first')
  const parts = stream[Symbol.asyncIterator]()
  assert.equal(String((await parts.next()).value), 'first')
  stream.end('second')
  assert.equal(String((await parts.next()).value), 'second')
  assert.equal((await parts.next()).done, true)
})

/** What a client sees and what the log says, by service. */
const FAILURES: readonly (readonly [name: string, status: number, code: string | undefined])[] = [
  ['traps-first', 500, 'TRAP_CORE'],
  ['ends-without-answer', 500, 'TRAP_ASYNC'],
  // The whole answer is there by then; what the guest does later is its own affair, and logged.
  ['traps-after-body', 200, 'TRAP_CORE'],
  ['traps-before-end', 500, 'TRAP_CORE'],
  ['traps-host-twice', 500, 'TRAP_BAD_HANDLE'],
  ['drops-body', 500, 'HTTP_BODY_UNFINISHED'],
  ['too-short', 500, 'HTTP_BODY_UNFINISHED'],
  ['too-long', 500, 'HTTP_BODY_UNFINISHED'],
  ['never-answers', 504, 'LIMIT_IDLE'],
  ['loops-after-body', 200, 'LIMIT_CPU'],
]

test('a guest fails only itself, and its client is not told a lie', async t => {
  const limits = {cpuMs: 300, idleMs: 300}
  const services = Object.fromEntries(
    [...FAILURES.map(([name]) => name), 'hello'].map(name => [name, limits]),
  )
  const served = await serve(t, services)
  for (const [name, status, code] of FAILURES) {
    const failing = ask(`${served.url}/${name}/`)
    assert.equal((await ask(`${served.url}/hello/`)).body, HELLO)
    const answer = await failing
    assert.equal(answer.status, status, name)
    if (status === 200) assert.equal(answer.body, HELLO, name)
    const logged = await served.untilLogged(line => line.component === name)
    assert.equal(logged.error?.code, code, name)
    // The sandbox that failed is not the one that serves next.
    assert.equal((await ask(`${served.url}/${name}/`)).status, status, name)
  }
  assert.equal((await ask(`${served.url}/hello/`)).body, HELLO)
})

test('a guest may work on after its answer: it is over when that is, and then only its sandbox is free', async t => {
  const served = await serve(t, {'works-on': {concurrency: 1}})
  const answers = await times(3, 3, () => ask(`${served.url}/works-on/`))
  assert.ok(answers.every(({body}) => body === HELLO))
  await until(() => served.logged().length === 3)
  const order = served.logged().map(({ms}) => ms)
  // Each waits for those before it to be over: timers of 300 ms add up, however slow the machine.
  assert.ok(Math.max(...order) > 500, `answered after ${order} ms`)
  assert.ok(served.logged().every(line => line.error === undefined))
})

test('shutting down waits for what guests do after their answer, up to the grace', async t => {
  const served = await serve(t, {'works-on': {}}, {args: ['--grace', '5']})
  assert.equal((await ask(`${served.url}/works-on/`)).body, HELLO)
  const ended = await served.stop()
  assert.equal(ended.code, 0)
  assert.equal(served.logged().length, 1)
  assert.equal(served.logged()[0]!.error, undefined)
})

test('a client that leaves in the middle of an answer ends the guest', async t => {
  const served = await serve(t, {endless: {concurrency: 1}, hello: {}})
  for (let i = 0; i < 3; i++) {
    const socket = net.connect(served.port, '127.0.0.1')
    socket.write('GET /endless/ HTTP/1.1\r\nhost: x\r\n\r\n')
    let bytes = 0
    for await (const chunk of socket) if ((bytes += chunk.length) > 1_000_000) break
    socket.destroy()
    await until(() => served.logged().length === i + 1)
    assert.equal(served.logged()[i]!.error?.code, 'CLIENT_GONE')
  }
  assert.equal((await ask(`${served.url}/hello/`)).body, HELLO)
})

test('a client that leaves in the middle of its request ends what is made of it', async t => {
  const served = await serve(t, {echo: {concurrency: 1}})
  for (let i = 0; i < 3; i++) {
    const socket = net.connect(served.port, '127.0.0.1')
    socket.write('POST /echo/ HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nsome')
    await new Promise(resolve => socket.once('data', resolve))
    socket.destroy()
    await until(() => served.logged().length === i + 1)
    assert.equal(served.logged()[i]!.error?.code, 'CLIENT_GONE')
  }
  assert.equal((await ask(`${served.url}/echo/`, {method: 'POST', body: 'all'})).body, 'all')
})

test('bytes that stand still between client and client end with the idle limit', async t => {
  const served = await serve(t, {echo: {idleMs: 300}})
  const request = http.request(`${served.url}/echo/`, {method: 'POST', headers: {'content-length': 100}})
  request.on('error', () => {})
  request.write('some')
  const logged = await served.untilLogged(line => line.component === 'echo')
  assert.equal(logged.error?.code, 'LIMIT_IDLE')
  request.destroy()
})
