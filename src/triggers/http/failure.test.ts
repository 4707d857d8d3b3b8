import assert from 'node:assert/strict'
import net from 'node:net'
import {test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {MayflyError} from '../../base/errors.ts'
import {unwrap} from '../../wasi/fixture.ts'
import {ask, raw, serve, to, until, type World} from './fixture.ts'

const FAILURES: [
  name: string,
  handle: (world: World) => void | Promise<void>,
  status: number,
  code: string,
][] = [
  [
    'traps',
    () => {
      throw new Error('<boom> & "x"')
    },
    500,
    'TRAP_CORE',
  ],
  [
    'traps later',
    async () => {
      await sleep(1)
      throw new Error('late')
    },
    500,
    'TRAP_CORE',
  ],
  ['returns without an answer', () => {}, 500, 'HTTP_NO_RESPONSE'],
  ['answers with an error', world => world.fail('HTTP-response-timeout'), 500, 'HTTP_GUEST_ERROR'],
  [
    'takes too long',
    () => {
      throw new MayflyError('LIMIT_CPU', {limit: 5, component: 'c'})
    },
    504,
    'LIMIT_CPU',
  ],
  [
    'idles too long',
    () => {
      throw new MayflyError('LIMIT_IDLE', {limit: 5, component: 'c'})
    },
    504,
    'LIMIT_IDLE',
  ],
  [
    'finds no sandbox',
    () => {
      throw new MayflyError('LIMIT_CONCURRENCY', {component: 'c'})
    },
    503,
    'LIMIT_CONCURRENCY',
  ],
  [
    'needs too much memory',
    () => {
      throw new MayflyError('LIMIT_MEMORY', {limit: 5, component: 'c'})
    },
    500,
    'LIMIT_MEMORY',
  ],
  [
    'sets an answer and traps before its body is finished',
    world => {
      const response = world.response()
      unwrap(world.write(world.stream(world.body(response)), 'half'))
      world.set(response)
      throw new Error('then')
    },
    500,
    'TRAP_CORE',
  ],
  [
    'drops its body',
    world => {
      const response = world.response()
      const body = world.body(response)
      world.set(response)
      world.drop('http/types', 'outgoing-body', body)
    },
    500,
    'HTTP_BODY_UNFINISHED',
  ],
  [
    'returns with an open body',
    world => {
      const response = world.response()
      world.body(response)
      world.set(response)
    },
    500,
    'HTTP_BODY_UNFINISHED',
  ],
  [
    'writes less than its content-length',
    world => {
      const response = world.response(200, {'content-length': '5'})
      const body = world.body(response)
      world.set(response)
      unwrap(world.write(world.stream(body), 'four'))
      assert.deepEqual(world.finish(body).val, {tag: 'HTTP-response-body-size', val: 4n})
    },
    500,
    'HTTP_BODY_UNFINISHED',
  ],
  [
    'states a length and gives no body',
    world => world.set(world.response(200, {'content-length': '5'})),
    500,
    'HTTP_BODY_UNFINISHED',
  ],
]
for (const [name, handle, status, code] of FAILURES) {
  test(`a guest that ${name} is a ${status}: empty, or a page for its developer`, async t => {
    const served = await serve(t, [to('/...', handle)])
    const got = await ask(served, '/')
    assert.deepEqual([got.status, got.body], [status, ''])
    assert.equal(got.headers['retry-after'], status === 503 ? '1' : undefined)
    await until(() => served.records.length === 1)
    assert.equal(served.records[0]!.error?.code, code)
    const shown = await ask(await serve(t, [to('/...', handle)], {showErrors: true}), '/')
    assert.equal(shown.status, status)
    assert.match(shown.body, new RegExp(code))
    assert.doesNotMatch(shown.body, /<boom>/)
    if (name === 'traps') assert.match(shown.body, /&lt;boom&gt; &amp; &quot;x&quot;/)
  })
}

test('a second answer traps, the first one stands', async t => {
  const served = await serve(t, [
    to('/...', world => {
      world.answer(200, 'first')
      assert.throws(() => world.set(world.response(500)), {code: 'TRAP_HOST'})
    }),
  ])
  assert.equal((await ask(served, '/')).body, 'first')
})

test('a trap after the head is out breaks the connection off', async t => {
  const served = await serve(t, [
    to('/...', async world => {
      const response = world.response()
      const out = world.stream(world.body(response))
      world.set(response)
      unwrap(await world.write(out, 'some'))
      await sleep(10)
      throw new Error('broken')
    }),
  ])
  await assert.rejects(ask(served, '/'), {code: 'ECONNRESET'})
  await until(() => served.records.length === 1)
  assert.deepEqual([served.records[0]!.status, served.records[0]!.error?.code], [200, 'TRAP_CORE'])
})

test('a trap after the answer is complete leaves the answer alone, and is told', async t => {
  const served = await serve(t, [
    to('/...', world => {
      world.answer(200, 'whole')
      throw new Error('after')
    }),
  ])
  assert.equal((await ask(served, '/')).body, 'whole')
  assert.deepEqual([served.records[0]!.status, served.records[0]!.error?.code], [200, 'TRAP_CORE'])
})

test('a guest goes on after its answer, and a client that leaves then does not end it', async t => {
  let finished = false
  let aborted = false
  const served = await serve(t, [
    to('/...', async world => {
      world.event.runner = {clientGone: () => (aborted = true)}
      world.answer(200, 'done')
      await sleep(30)
      finished = true
    }),
  ])
  assert.equal((await ask(served, '/')).body, 'done')
  assert.equal(finished, false)
  await until(() => served.records.length === 1)
  assert.deepEqual([finished, aborted], [true, false])
})

test('a client that goes away aborts its guest, before and after the head', async t => {
  let afterwards: string | undefined
  const served = await serve(t, [
    to('/...', async world => {
      const gone = new Promise<void>(resolve => (world.event.runner = {clientGone: resolve}))
      if (world.get('incoming-request.path-with-query') === '/streaming') {
        const response = world.response()
        const out = world.stream(world.body(response))
        world.set(response)
        unwrap(await world.write(out, 'some'))
        await gone
        afterwards = (await world.write(out, 'more')).val?.tag
      }
      await gone
      assert.equal(world.event.aborted, true)
    }),
  ])
  for (const path of ['/waiting', '/streaming']) {
    const socket = net.connect(served.address.port, '127.0.0.1')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`)
    if (path === '/streaming') await new Promise(resolve => socket.once('data', resolve))
    else await sleep(20)
    socket.destroy()
  }
  await until(() => served.records.length === 2)
  const byPath = new Map(served.records.map(record => [record.path, [record.status, record.error?.code]]))
  assert.deepEqual(byPath.get('/waiting'), [499, 'CLIENT_GONE'])
  assert.deepEqual(byPath.get('/streaming'), [200, 'CLIENT_GONE'])
  assert.equal(afterwards, 'closed')
})

test('a client that goes away in its upload ends the read of the body', async t => {
  let failure = ''
  const served = await serve(t, [
    to('/...', async world => {
      const input = world.inputOf(world.consume())
      await world.readAll(input).catch(error => (failure = error.message))
    }),
  ])
  const socket = net.connect(served.address.port, '127.0.0.1')
  socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nabc')
  await sleep(20)
  socket.destroy()
  await until(() => served.records.length === 1)
  assert.match(failure, /connection-terminated/)
})

test('a runner that breaks its promise and throws fails its own event only', async t => {
  const served = await serve(t, [
    {
      route: '/broken',
      target: {
        kind: 'component',
        component: 'b',
        guest: {
          run: () => {
            throw new Error('oops')
          },
        },
      },
    },
    to('/fine', world => world.answer(200, 'fine')),
  ])
  assert.equal((await ask(served, '/broken')).status, 500)
  assert.equal((await ask(served, '/fine')).body, 'fine')
})

test('a guest reads on after its answer is out, and the connection serves the next request after that', async t => {
  let got = 0
  const served = await serve(t, [
    to('/upload', async world => {
      const input = world.inputOf(world.consume())
      world.answer(202, 'accepted')
      await sleep(10)
      for (let bytes = await world.read(input); bytes !== undefined; bytes = await world.read(input))
        got += bytes.length
    }),
    to('/next', world => world.answer(200, `after ${got}`)),
  ])
  const size = 500_000
  const answer = await raw(
    served,
    `POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: ${size}\r\n\r\n${'x'.repeat(size)}GET /next HTTP/1.1\r\nHost: h\r\n\r\n`,
    all => all.includes('after'),
  )
  assert.match(answer, /accepted[\s\S]*after 500000$/)
})
