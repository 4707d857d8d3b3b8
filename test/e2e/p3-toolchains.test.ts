// Components of WASI 0.3 by other people's toolchains: Rust and C with wit-bindgen's asynchronous ABI, alone and composed.
import assert from 'node:assert/strict'
import {once} from 'node:events'
import http from 'node:http'
import type {AddressInfo} from 'node:net'
import net from 'node:net'
import {join} from 'node:path'
import {describe, test} from 'node:test'
import {guest} from '../guests/guests.ts'
import {service} from '../guests/p3/services.ts'
import {isSkip} from '../guests/toolchain.ts'
import {folder, manifest} from './harness/app.ts'
import {ask, times} from './harness/client.ts'
import {type Mayfly, run, up} from './harness/mayfly.ts'
import {until} from './harness/until.ts'

type Test = Parameters<typeof up>[0] & Parameters<typeof folder>[0]

type Limits = NonNullable<Parameters<typeof manifest>[0][number]['limits']>

const serve = (t: Test, source: string, limits: Limits = {}): Promise<Mayfly> =>
  up(t, [
    folder(t, {
      'spin.toml': manifest([{id: 'guest', route: '/...', source, limits, outbound: ['http://127.0.0.1:*']}]),
    }),
  ])

type Backend = Readonly<{to: string; seen: http.IncomingMessage[]; left: () => number}>

/** Says its method; streams what is `/proxied` to it back; never answers what is `/slow`. */
async function backend(t: Test): Promise<Backend> {
  const seen: http.IncomingMessage[] = []
  let left = 0
  const server = http.createServer((request, response) => {
    seen.push(request)
    if (request.url === '/slow') response.on('close', () => left++)
    else if (request.url === '/proxied') {
      response.writeHead(203, {'x-backend': 'yes'})
      request.pipe(response)
    } else response.end(request.method)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    server.close()
  })
  return {to: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen, left: () => left}
}

/** A request whose body is sent in two parts, the second when the first has come back as `expected`. */
async function inParts(
  url: string,
  expected = (text: string): string => text,
): Promise<http.IncomingMessage> {
  const request = http.request(url, {method: 'POST', headers: {'x-one': '1'}, agent: false})
  request.write('first')
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  const parts = response[Symbol.asyncIterator]()
  assert.equal(String((await parts.next()).value), expected('first'))
  request.end('second')
  assert.equal(String((await parts.next()).value), expected('second'))
  assert.equal((await parts.next()).done, true)
  return response
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', 'PURGE']

for (const name of ['p3/rust', 'p3/c']) {
  const made = await guest(name)
  const skip = isSkip(made) ? made.skip : false
  const path = isSkip(made) ? '' : made.path

  describe(name, {skip}, () => {
    test('answers, waits, fails and ends as its source says', async t => {
      const served = await serve(t, path)
      const textOf = async (target: string) => (await ask(`${served.url}${target}`)).body
      assert.equal(await textOf('/'), 'hello world\n')
      assert.deepEqual(
        new Set(await times(20, 5, () => textOf('/counter'))),
        new Set(['1\n']),
        'each event has a memory of its own',
      )
      assert.equal(await textOf('/sleep?ms=20'), 'awake\n')
      assert.equal(await textOf('/ticks?n=3'), 'tick\n'.repeat(3))
      assert.equal((await ask(`${served.url}/nowhere`)).status, 404)
      assert.equal((await ask(`${served.url}/error`)).status, 500)
      const failed = await served.untilLogged(({path}) => path === '/error')
      assert.equal(failed.error?.code, 'HTTP_GUEST_ERROR')
      assert.equal(await textOf('/after?ms=50'), 'done\n')
      await until(() => /worked on/.test(served.err()))
      await until(() => served.logged().length === 26)
      assert.deepEqual(
        served.logged().flatMap(({error}) => error?.code ?? []),
        ['HTTP_GUEST_ERROR'],
      )
    })

    test('100 requests that wait at once are all answered', async t => {
      const served = await serve(t, path, {concurrency: 100})
      const answers = await times(100, 100, () => ask(`${served.url}/sleep?ms=300`))
      assert.ok(answers.every(({status, body}) => status === 200 && body === 'awake\n'))
    })

    for (const route of ['/echo', '/copy', '/trailers'])
      test(`${route}: a body of 4 MB comes back whole`, async t => {
        const served = await serve(t, path)
        const body = Buffer.alloc(4 * 1024 * 1024, 'mayfly')
        const answer = await ask(`${served.url}${route}`, {method: 'POST', body})
        assert.equal(answer.status, 200)
        assert.ok(answer.bytes.equals(body))
        const empty = await ask(`${served.url}${route}`, {method: 'POST'})
        assert.deepEqual([empty.status, empty.body], [200, ''])
      })

    test('what has come is passed on before the rest is there', async t => {
      const served = await serve(t, path)
      for (const route of ['/echo', '/copy']) await inParts(`${served.url}${route}`)
    })

    test('trailers come back', async t => {
      const served = await serve(t, path)
      for (const route of ['/echo', '/copy', '/trailers']) {
        const request = http.request(`${served.url}${route}`, {
          method: 'POST',
          headers: {trailer: 'x-sum', te: 'trailers'},
          agent: false,
        })
        request.addTrailers({'x-sum': '42'})
        request.write('body')
        request.end()
        const [response] = (await once(request, 'response')) as [http.IncomingMessage]
        assert.equal(Buffer.concat(await response.toArray()).toString(), 'body')
        assert.equal(response.trailers['x-sum'], '42', route)
      }
    })

    test('a proxy streams both ways, with method and headers', async t => {
      const served = await serve(t, path)
      const {to, seen} = await backend(t)
      const response = await inParts(`${served.url}/proxy?to=${to}`)
      assert.equal(response.statusCode, 203)
      assert.equal(response.headers['x-backend'], 'yes')
      assert.deepEqual([seen[0]!.method, seen[0]!.headers['x-one']], ['POST', '1'])
      const body = Buffer.alloc(4 * 1024 * 1024, 'mayfly')
      const put = await ask(`${served.url}/proxy?to=${to}`, {method: 'PUT', body})
      assert.ok(put.bytes.equals(body))
      assert.equal(seen[1]!.method, 'PUT')
      const gone = await ask(`${served.url}/proxy?to=127.0.0.1:1`)
      assert.equal(gone.status, 500)
    })

    test('asks others with every method', async t => {
      const served = await serve(t, path)
      const {to, seen} = await backend(t)
      for (const method of METHODS) {
        const {body} = await ask(`${served.url}/outbound?method=${method}&to=${to}`)
        assert.equal(body, `200 ${method === 'HEAD' ? '' : method} true true\n`)
      }
      assert.deepEqual(
        seen.map(({method}) => method),
        METHODS,
      )
      const tunnel = await ask(`${served.url}/outbound?method=CONNECT&to=${to}`)
      assert.match(tunnel.body, /error.* false/i)
      assert.equal(seen.length, METHODS.length)
    })

    test('gives up a request that takes too long: its server is told', async t => {
      const served = await serve(t, path)
      const {to, seen, left} = await backend(t)
      for (let i = 0; i < 3; i++)
        assert.equal((await ask(`${served.url}/give-up?ms=500&to=${to}`)).body, 'gave up\n')
      // On a very busy machine a request may not get there before it is given up.
      await until(() => seen.length > 0 && left() === seen.length)
      assert.ok(served.logged().every(({error}) => error === undefined))
    })

    test('a client that leaves ends the guest, and what it has asked for', async t => {
      const served = await serve(t, path, {concurrency: 1})
      const {to, seen, left} = await backend(t)
      for (const target of ['/ticks?n=1000000', `/give-up?ms=60000&to=${to}`]) {
        const before = served.logged().length
        const socket = net.connect(served.port, '127.0.0.1')
        socket.write(`GET ${target} HTTP/1.1\r\nhost: x\r\n\r\n`)
        if (target.startsWith('/ticks')) await once(socket, 'data')
        else await until(() => seen.length === 1)
        socket.destroy()
        await until(() => served.logged().length === before + 1)
        assert.equal(served.logged().at(-1)!.error?.code, 'CLIENT_GONE')
      }
      await until(() => left() === 1)
      assert.equal((await ask(served.url)).body, 'hello world\n')
    })
  })
}

const middleware = await guest('p3/rust-middleware')
describe('middleware in front of a handler', {skip: isSkip(middleware) ? middleware.skip : false}, () => {
  const socket = isSkip(middleware) ? '' : middleware.path
  const capitals = (text: string): string => text.toUpperCase()

  async function composed(t: Test, handler: string): Promise<Mayfly> {
    const output = join(folder(t), 'both.wasm')
    const {code, out, err} = await run(['compose', socket, '--plug', handler, '-o', output])
    assert.equal(code, 0, err)
    assert.match(out, /plugged {2}wasi:http\/handler@0\.3\.0/)
    return serve(t, output)
  }

  for (const name of ['p3/rust', 'p3/c'])
    test(`by ${name}`, async t => {
      const handler = await guest(name)
      if (isSkip(handler)) return t.skip(handler.skip)
      const served = await composed(t, handler.path)
      const {to, seen} = await backend(t)
      const hello = await ask(served.url)
      assert.deepEqual([hello.status, hello.body], [200, 'HELLO WORLD\n'])
      assert.equal(hello.headers['x-answered'], 'middleware')
      assert.deepEqual(
        new Set((await times(20, 5, () => ask(`${served.url}/counter`))).map(({body}) => body)),
        new Set(['1\n']),
      )
      assert.equal((await ask(`${served.url}/sleep?ms=20`)).body, 'AWAKE\n')
      assert.equal((await ask(`${served.url}/nowhere`)).status, 404)
      const through = await ask(`${served.url}/through`)
      assert.deepEqual([through.body, through.headers['x-answered']], ['not found\n', undefined])
      assert.equal((await ask(`${served.url}/refused`)).status, 500)

      const inTime = await ask(`${served.url}/impatient/`)
      assert.deepEqual([inTime.status, inTime.body], [200, 'hello world\n'])
      for (let i = 0; i < 3; i++)
        assert.equal((await ask(`${served.url}/impatient/sleep?ms=60000`)).status, 504)
      assert.ok(served.logged().every(({path, error}) => error === undefined || path === '/refused'))

      for (const route of ['/echo', '/copy', `/proxy?to=${to}`])
        await inParts(`${served.url}${route}`, capitals)
      assert.equal(seen[0]!.headers['x-passed'], 'middleware')
      const body = Buffer.alloc(2 * 1024 * 1024, 'mayfly')
      const copied = await ask(`${served.url}/copy`, {method: 'POST', body})
      assert.equal(copied.body, capitals(body.toString()))
    })

  test('in text form', async t => {
    const served = await composed(t, await service('echo'))
    await inParts(served.url, capitals)
  })
})
