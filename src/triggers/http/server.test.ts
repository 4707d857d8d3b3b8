import assert from 'node:assert/strict'
import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import net from 'node:net'
import {text as readText} from 'node:stream/consumers'
import {test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {MayflyError} from '../../base/errors.ts'
import {unwrap} from '../../wasi/fixture.ts'
import {CERT, KEY} from '../../wasi/http/fixture-tls.ts'
import {type Served, serve, to, until, type World} from './fixture.ts'
import {createHttpTrigger} from './server.ts'

type Got = {
  status: number
  headers: http.IncomingHttpHeaders
  raw: string[]
  body: string
  trailers: NodeJS.Dict<string>
}

function ask(
  served: Served,
  path: string,
  options: http.RequestOptions & {body?: string | Buffer} = {},
): Promise<Got> {
  const {body, ...rest} = options
  return new Promise((resolve, reject) => {
    const client = served.url.startsWith('https') ? https : http
    const request = client.request(
      served.url + path,
      {agent: false, ca: CERT, ...rest} as https.RequestOptions,
      async response => {
        try {
          const body = await readText(response)
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            raw: response.rawHeaders,
            body,
            trailers: response.trailers,
          })
        } catch (error) {
          reject(error)
        }
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** Sends `bytes` as they are and gives all that comes until the server closes or `enough` says so. */
function raw(
  served: Served,
  bytes: string | Buffer,
  enough: (got: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = ''
    const socket = net.connect(served.address.port, '127.0.0.1', () => socket.write(bytes))
    socket.on('data', data => {
      got += data.toString('latin1')
      if (enough(got)) socket.destroy()
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(got))
  })
}

const count = (text: string, part: string) => text.split(part).length - 1
const echo = async (world: World) => {
  const input = world.inputOf(world.consume())
  const response = world.response(200, {'content-type': 'application/octet-stream'})
  const body = world.body(response)
  world.set(response)
  const out = world.stream(body)
  for (let bytes = await world.read(input); bytes !== undefined; bytes = await world.read(input)) {
    unwrap(await world.write(out, bytes))
  }
  unwrap(world.finish(body))
}

test('a guest that answers at once: one head, one length, nothing that nobody asked for', async t => {
  const served = await serve(t, [to('/...', world => world.answer(201, 'hällo', {'x-a': 'b'}))])
  const got = await ask(served, '/x?y=z')
  assert.equal(got.status, 201)
  assert.equal(got.body, 'hällo')
  const names = got.raw.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase())
  assert.deepEqual(names.sort(), ['connection', 'content-length', 'date', 'x-a'])
  assert.equal(got.headers['content-length'], '6')
  await until(() => served.records.length === 1)
  const {durationMs, ...record} = served.records[0]!
  assert.ok(durationMs >= 0)
  assert.deepEqual(record, {
    method: 'GET',
    path: '/x',
    route: '/...',
    component: '/...',
    status: 201,
    sandbox: 'fresh',
    memoryTouchedBytes: 0,
  })
})

test('what the guest sees of a request', async t => {
  const served = await serve(t, [
    to('/a/:id/...', world => {
      const seen = {
        method: world.get('incoming-request.method'),
        path: world.get('incoming-request.path-with-query'),
        scheme: world.get('incoming-request.scheme'),
        authority: world.get('incoming-request.authority'),
        headers: world.headers(),
      }
      world.answer(200, JSON.stringify(seen))
    }),
  ])
  const {host} = new URL(served.url)
  const got = await ask(served, '/a/7/rest/?q', {
    method: 'PATCH',
    headers: {'X-Twice': ['1', '2'], 'spin-client-addr': 'evil', upgrade: 'none'},
  })
  const seen = JSON.parse(got.body)
  assert.deepEqual(seen.method, {tag: 'patch'})
  assert.equal(seen.path, '/a/7/rest/?q')
  assert.deepEqual(seen.scheme, {tag: 'HTTP'})
  assert.equal(seen.authority, host)
  const headers = new Map<string, string>(seen.headers)
  assert.deepEqual(
    seen.headers.filter(([name]: [string]) => name === 'x-twice'),
    [
      ['x-twice', '1'],
      ['x-twice', '2'],
    ],
  )
  assert.equal(headers.get('spin-full-url'), `${served.url}/a/7/rest/?q`)
  assert.equal(headers.get('spin-path-match-id'), '7')
  assert.match(headers.get('spin-client-addr')!, /^127\.0\.0\.1:\d+$/)
  for (const name of ['host', 'connection', 'transfer-encoding', 'upgrade'])
    assert.equal(headers.has(name), false, name)
})

test('the server answers by itself: health, info, no route, static responses, CONNECT', async t => {
  const served = await serve(t, [
    to('/only', world => world.answer(200, 'only')),
    {
      route: '/static',
      target: {
        kind: 'static',
        response: {status: 418, headers: {'x-a': 'b', 'Content-Length': '9'}, body: 'tea'},
      },
    },
    {route: '/bare', target: {kind: 'static', response: {}}},
    {route: {private: true}, target: {kind: 'static', response: {}}},
  ])
  const health = await ask(served, '/.well-known/spin/health')
  assert.deepEqual([health.status, health.body], [200, 'OK'])
  assert.deepEqual(JSON.parse((await ask(served, '/.well-known/spin/info')).body), {
    name: 'test',
    version: '1.2.3',
  })
  for (const path of ['/.well-known/spin/other', '/nothing', '/only/more', '/private', '/']) {
    const none = await ask(served, path)
    assert.deepEqual([none.status, none.body], [404, ''], path)
  }
  const tea = await ask(served, '/static')
  assert.deepEqual(
    [tea.status, tea.body, tea.headers['x-a'], tea.headers['content-length']],
    [418, 'tea', 'b', '3'],
  )
  const head = await ask(served, '/static', {method: 'HEAD'})
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [418, '', '3'])
  assert.deepEqual([(await ask(served, '/bare')).status, (await ask(served, '/bare')).body], [200, ''])
  assert.match(await raw(served, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'), /^HTTP\/1.1 405 /)
  assert.equal(served.records.find(({path}) => path === '/nothing')!.status, 404)
})

for (const [name, body] of [
  ['empty', ''],
  ['short', 'x'],
  ['over one packet', 'y'.repeat(200_000)],
] as const) {
  test(`echo of a body that is ${name}, with a length and chunked`, async t => {
    const served = await serve(t, [to('/...', echo)])
    assert.equal(
      (await ask(served, '/', {method: 'POST', body, headers: {'content-length': body.length}})).body,
      body,
    )
    assert.equal(
      (await ask(served, '/', {method: 'POST', body, headers: {'transfer-encoding': 'chunked'}})).body,
      body,
    )
  })
}

test('keep-alive: one connection serves many, pipelined requests are answered in order', async t => {
  let turn = 0
  const served = await serve(t, [
    to('/slow', async world => {
      await sleep(20)
      world.answer(200, `slow ${turn++}`)
    }),
    to('/quick', world => world.answer(200, `quick ${turn++}`)),
  ])
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`
  const got = await raw(
    served,
    get('/slow') + get('/quick') + get('/nothing') + get('/quick'),
    got => count(got, 'quick') === 2,
  )
  assert.deepEqual(got.match(/slow \d|quick \d|404/g), ['slow 2', 'quick 0', '404', 'quick 1'])
  assert.equal(count(got.toLowerCase(), 'connection:'), 0)
})

test('HTTP/1.0 without and with keep-alive', async t => {
  const served = await serve(t, [to('/...', world => world.answer(200, 'ten'))])
  const once = await raw(served, 'GET / HTTP/1.0\r\nHost: h\r\n\r\n')
  assert.match(once, /^HTTP\/1.1 200 [\s\S]*Connection: close\r\n[\s\S]*ten$/)
  const kept = await raw(served, 'GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n', got =>
    got.endsWith('ten'),
  )
  assert.match(kept, /Connection: keep-alive/)
})

test('HEAD, 204 and 304 have no body, whatever the guest writes', async t => {
  const served = await serve(t, [
    to('/body', world => world.answer(200, 'four')),
    to('/length', world => world.set(world.response(200, {'content-length': '1234'}))),
    to('/204', world => world.answer(204, 'none', {'content-length': '4'})),
    to('/304', world => world.answer(304, '', {etag: '"a"'})),
    to('/endless', async world => {
      const response = world.response()
      const out = world.stream(world.body(response))
      world.set(response)
      while ((await world.write(out, 'more')).tag === 'ok');
    }),
  ])
  const head = await ask(served, '/body', {method: 'HEAD'})
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '4'])
  assert.equal((await ask(served, '/length', {method: 'HEAD'})).headers['content-length'], '1234')
  assert.equal((await ask(served, '/endless', {method: 'HEAD'})).status, 200)
  const none = await ask(served, '/204')
  assert.deepEqual(
    [none.status, none.body, none.headers['content-length'], none.headers['transfer-encoding']],
    [204, '', undefined, undefined],
  )
  assert.deepEqual(
    [(await ask(served, '/304')).status, (await ask(served, '/304')).headers.etag],
    [304, '"a"'],
  )
  const after = await raw(
    served,
    'HEAD /body HTTP/1.1\r\nHost: h\r\n\r\nGET /body HTTP/1.1\r\nHost: h\r\n\r\n',
    got => got.endsWith('four'),
  )
  assert.equal(count(after, 'HTTP/1.1 200'), 2)
})

test('server-sent events arrive as they are written', async t => {
  let next: (() => void) | undefined
  const served = await serve(t, [
    to('/...', async world => {
      const response = world.response(200, {'content-type': 'text/event-stream'})
      const body = world.body(response)
      const out = world.stream(body)
      world.set(response)
      for (let i = 0; i < 3; i++) {
        unwrap(await world.write(out, `data: ${i}\n\n`))
        await new Promise<void>(resolve => (next = resolve))
      }
      unwrap(world.finish(body))
    }),
  ])
  const response = await new Promise<http.IncomingMessage>(resolve =>
    http.get(served.url, {agent: false}, resolve),
  )
  const events: string[] = []
  for await (const chunk of response) {
    events.push(String(chunk))
    next!()
  }
  assert.deepEqual(events, ['data: 0\n\n', 'data: 1\n\n', 'data: 2\n\n'])
})

test('the head goes out before the first byte of the body', async t => {
  let write: (() => void) | undefined
  const served = await serve(t, [
    to('/...', async world => {
      const response = world.response(200, {'content-length': '2'})
      const body = world.body(response)
      world.set(response)
      await new Promise<void>(resolve => (write = resolve))
      unwrap(await world.write(world.stream(body), 'ab'))
      unwrap(world.finish(body))
    }),
  ])
  const response = await new Promise<http.IncomingMessage>(resolve =>
    http.get(served.url, {agent: false}, resolve),
  )
  assert.equal(response.headers['content-length'], '2')
  write!()
  assert.equal(await readText(response), 'ab')
})

test('trailers in and out, after a body that was read and one that was not', async t => {
  const served = await serve(t, [
    to('/...', async world => {
      const body = world.consume()
      if (world.get('incoming-request.path-with-query') === '/read')
        assert.equal(await world.readAll(world.inputOf(body)), 'abc')
      const future = world.call('http/types', '[static]incoming-body.finish', body)
      await world.call(
        'io/poll',
        '[method]pollable.block',
        world.call('http/types', '[method]future-trailers.subscribe', future),
      )
      const trailers = unwrap(unwrap(world.call('http/types', '[method]future-trailers.get', future)))
      const sum = world.call('http/types', '[method]fields.get', trailers, 'x-sum')[0]
      const response = world.response()
      const out = world.body(response)
      world.set(response)
      unwrap(await world.write(world.stream(out), 'body'))
      unwrap(world.finish(out, world.fields({'x-out': Buffer.from(sum).toString()})))
    }),
  ])
  for (const path of ['/read', '/unread']) {
    const got = await raw(
      served,
      `POST ${path} HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n`,
    )
    assert.match(got, /\r\n4\r\nbody\r\n0\r\nx-out: 42\r\n\r\n$/)
  }
})

test('100-continue is sent when the guest first waits for the body, and not when it never reads', async t => {
  const served = await serve(t, [
    to('/read', async world => world.answer(200, await world.readAll(world.inputOf(world.consume())))),
    to('/refuse', world => world.answer(413, 'no')),
  ])
  const head = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`
  const got = await new Promise<string>((resolve, reject) => {
    let all = ''
    const socket = net.connect(served.address.port, '127.0.0.1', () => socket.write(head('/read')))
    socket.on('error', reject)
    socket.on('data', data => {
      all += data
      if (all === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('abc')
      if (all.endsWith('abc')) socket.destroy()
    })
    socket.on('close', () => resolve(all))
  })
  assert.match(got, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /)
  const refused = await raw(served, head('/refuse'))
  assert.match(refused, /^HTTP\/1.1 413 [\s\S]*Connection: close[\s\S]*no$/)
})

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

test('a body longer than its content-length: no byte of the excess goes out', async t => {
  const served = await serve(t, [
    to('/...', async world => {
      const response = world.response(200, {'content-length': '4'})
      const body = world.body(response)
      world.set(response)
      const out = world.stream(body)
      if (world.get('incoming-request.path-with-query') === '/streamed') {
        unwrap(await world.write(out, 'ab'))
        await sleep(5)
        assert.equal((await world.write(out, 'cdeHTTP/1.1 200 evil')).tag, 'err')
      } else {
        assert.equal(world.write(out, 'abcdeHTTP/1.1 200 evil').tag, 'err')
      }
      assert.equal(world.finish(body).tag, 'err')
    }),
  ])
  assert.equal((await ask(served, '/')).status, 500)
  const got = await raw(served, 'GET /streamed HTTP/1.1\r\nHost: h\r\n\r\n')
  assert.match(got, /\r\n\r\nab$/)
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
      world.event.onAbort = () => (aborted = true)
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
  const served = await serve(t, [
    to('/...', async world => {
      const gone = new Promise<void>(resolve => (world.event.onAbort = resolve))
      if (world.get('incoming-request.path-with-query') === '/streaming') {
        const response = world.response()
        const out = world.stream(world.body(response))
        world.set(response)
        unwrap(await world.write(out, 'some'))
        await gone
        assert.equal((await world.write(out, 'more')).val.tag, 'closed')
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

test('what the guest leaves unread does not harm the next request on the connection', async t => {
  const served = await serve(t, [
    to('/none', world => world.answer(200, 'none')),
    to('/some', async world => {
      const body = world.consume()
      await world.read(world.inputOf(body), 3n)
      world.answer(200, 'some')
    }),
  ])
  const post = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`
  const got = await raw(
    served,
    `${post('/none')}${post('/some')}${post('/none')}`,
    got => count(got, 'none') === 2,
  )
  assert.equal(count(got, 'HTTP/1.1 200'), 3)
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

const SMUGGLING: [name: string, bytes: string][] = [
  [
    'both lengths',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: h\r\n\r\n',
  ],
  [
    'two content-lengths',
    'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef',
  ],
  ['a signed length', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nabcde'],
  [
    'an unknown coding',
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n',
  ],
  ['a space before the colon', 'GET / HTTP/1.1\r\nHost : h\r\n\r\n'],
  ['a folded header', 'GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n'],
  ['a bare line feed', 'GET / HTTP/1.1\nHost: h\n\n'],
  ['a zero byte', 'GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n'],
  [
    'a chunk size that is none',
    'POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n',
  ],
  ['no host', 'GET / HTTP/1.1\r\n\r\n'],
  ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n'],
  ['a host unlike the target', 'GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n'],
  ['a target of another scheme', 'GET ftp://h/ HTTP/1.1\r\nHost: h\r\n\r\n'],
  ['a target that is no path', 'GET evil HTTP/1.1\r\nHost: h\r\n\r\n'],
]
for (const [name, bytes] of SMUGGLING) {
  test(`a request with ${name} is a 400 and the end of the connection`, async t => {
    let evil = 0
    const served = await serve(t, [
      to('/evil', world => {
        evil++
        world.answer(200, 'evil')
      }),
      to('/...', async world => world.answer(200, await world.readAll(world.inputOf(world.consume())))),
    ])
    const got = await raw(served, bytes)
    if (name === 'a chunk size that is none') assert.doesNotMatch(got, /HTTP\/1.1 200/)
    else assert.match(got, /^HTTP\/1.1 400 /)
    assert.equal(
      count(got, 'HTTP/1.1'),
      name === 'a chunk size that is none' ? count(got, 'HTTP/1.1 400') : 1,
    )
    assert.equal(evil, 0)
  })
}

test('an absolute target is its path', async t => {
  const served = await serve(t, [
    to('/a', world => world.answer(200, world.get('incoming-request.path-with-query'))),
  ])
  assert.match(
    await raw(served, 'GET http://h/a?b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'),
    /\/a\?b$/,
  )
})

test('100 MB of headers are a 431, and the next client is served', async t => {
  const served = await serve(t, [to('/...', world => world.answer(200, 'still here'))])
  const got = await new Promise<string>(resolve => {
    let all = ''
    let sent = 0
    const line = `x-bomb: ${'y'.repeat(65_000)}\r\n`
    const socket = net.connect(served.address.port, '127.0.0.1')
    socket.on('data', data => (all += String(data)))
    socket.on('error', () => {})
    socket.on('close', () => resolve(all))
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n')
    const more = () => {
      while (sent < 100_000_000 && !socket.destroyed) {
        sent += line.length
        if (!socket.write(line)) return socket.once('drain', more)
      }
    }
    more()
  })
  if (got !== '') assert.match(got, /^HTTP\/1.1 431 /)
  assert.match(
    await raw(served, `GET / HTTP/1.1\r\nHost: h\r\nx: ${'y'.repeat(70_000)}\r\n\r\n`).catch(
      () => 'HTTP/1.1 431 ',
    ),
    /^HTTP\/1.1 431 /,
  )
  assert.equal((await ask(served, '/')).body, 'still here')
})

test('a guest that writes without end to slow readers holds a bounded buffer', async t => {
  const TOTAL = 32 * 1024 * 1024
  const CLIENTS = 8
  let written = 0
  const served = await serve(t, [
    to('/...', async world => {
      const response = world.response()
      const body = world.body(response)
      const out = world.stream(body)
      world.set(response)
      const chunk = new Uint8Array(64 * 1024)
      for (let sent = 0; sent < TOTAL; sent += chunk.length) {
        unwrap(await world.write(out, chunk))
        written += chunk.length
      }
      unwrap(world.finish(body))
    }),
  ])
  const responses = await Promise.all(
    Array.from(
      {length: CLIENTS},
      () => new Promise<http.IncomingMessage>(resolve => http.get(served.url, {agent: false}, resolve)),
    ),
  )
  let before = -1
  while (written !== before) {
    before = written
    await sleep(50)
  }
  // Nobody reads: what is written sits in socket buffers of kernel and node, far from all of it.
  assert.ok(written < (CLIENTS * TOTAL) / 2, `${written} bytes written`)
  for (const response of responses.slice(1)) response.destroy()
  let got = 0
  for await (const chunk of responses[0]!) got += chunk.length
  assert.equal(got, TOTAL)
})

test('an upload waits for its guest: 32 MB through a guest that reads late, all of it', async t => {
  const TOTAL = 32 * 1024 * 1024
  let start: (() => void) | undefined
  const served = await serve(t, [
    to('/...', async world => {
      const input = world.inputOf(world.consume())
      await new Promise<void>(resolve => (start = resolve))
      let got = 0
      for (let bytes = await world.read(input); bytes !== undefined; bytes = await world.read(input))
        got += bytes.length
      world.answer(200, String(got))
    }),
  ])
  let sent = 0
  const answer = new Promise<string>((resolve, reject) => {
    const request = http.request(served.url, {method: 'POST', agent: false}, response =>
      readText(response).then(resolve, reject),
    )
    request.on('error', reject)
    const chunk = Buffer.alloc(64 * 1024)
    const more = () => {
      while (sent < TOTAL) {
        sent += chunk.length
        if (!request.write(chunk)) return void request.once('drain', more)
      }
      request.end()
    }
    more()
  })
  await until(() => start !== undefined)
  let before = -1
  while (sent !== before) {
    before = sent
    await sleep(50)
  }
  assert.ok(sent < TOTAL, 'the sender is held back')
  start!()
  assert.equal(await answer, String(TOTAL))
})

test('a failed start names the address and what to do', async t => {
  const served = await serve(t, [])
  const again = createHttpTrigger({
    host: '127.0.0.1',
    port: served.address.port,
    routes: [],
    app: {name: 'x'},
  })
  await assert.rejects(again, (error: MayflyError) => {
    assert.equal(error.code, 'HTTP_LISTEN')
    assert.match(error.message, new RegExp(`127.0.0.1:${served.address.port}.*EADDRINUSE`))
    assert.match(error.hint!, /--find-free-port/)
    return true
  })
  const tls = createHttpTrigger({
    host: '127.0.0.1',
    port: 0,
    routes: [],
    app: {name: 'x'},
    tls: {cert: 'no', key: 'no'},
  })
  await assert.rejects(tls, {code: 'HTTP_TLS'})
})

test('closing: what is under way finishes, idle connections go, new ones are refused', async t => {
  const served = await serve(t, [
    to('/...', async world => {
      await sleep(50)
      world.answer(200, 'finished')
    }),
  ])
  const idle = net.connect(served.address.port, '127.0.0.1')
  idle.on('error', () => {})
  await new Promise(resolve => idle.once('connect', resolve))
  const answer = ask(served, '/')
  await sleep(20)
  const closed = served.close(5000)
  assert.equal((await answer).body, 'finished')
  await closed
  await assert.rejects(ask(served, '/'), {code: 'ECONNREFUSED'})
  idle.destroy()
})

test('closing: when the grace is over the rest is aborted', async t => {
  let aborted = 0
  const served = await serve(t, [
    to('/...', world => {
      if (world.get('incoming-request.path-with-query') === '/after') world.answer(200, 'x')
      return new Promise<void>(resolve => {
        world.event.onAbort = () => {
          aborted++
          resolve()
        }
      })
    }),
  ])
  const hanging = assert.rejects(ask(served, '/'))
  await ask(served, '/after')
  await served.close(30)
  await hanging
  await until(() => served.records.length === 2)
  assert.equal(aborted, 2)
})

for (const secure of [false, true]) {
  const tls = secure ? {tls: {cert: CERT, key: KEY}} : {}
  const name = secure ? 'HTTP/2 over TLS' : 'HTTP/2 by prior knowledge'

  test(`${name}: requests, bodies, trailers, errors, beside HTTP/1 on the same port`, async t => {
    const served = await serve(
      t,
      [
        to('/hello/:x', world => world.answer(200, JSON.stringify(world.headers()), {'set-cookie': 'a=b'})),
        to('/echo', echo),
        to('/trap', () => {
          throw new Error('x')
        }),
        to('/late', async world => {
          const response = world.response()
          const out = world.stream(world.body(response))
          world.set(response)
          unwrap(await world.write(out, 'some'))
          await sleep(10)
          throw new Error('late')
        }),
        to('/trailers', async world => {
          const body = world.consume()
          const future = world.call('http/types', '[static]incoming-body.finish', body)
          await world.call('io/poll', '[method]pollable.block', future)
          const trailers = unwrap(unwrap(world.call('http/types', '[method]future-trailers.get', future)))
          const response = world.response()
          const out = world.body(response)
          world.set(response)
          unwrap(await world.write(world.stream(out), 'b'))
          unwrap(world.finish(out, world.call('http/types', '[method]fields.clone', trailers)))
        }),
      ],
      tls,
    )
    const session = http2.connect(served.url, {ca: CERT})
    t.after(() => session.destroy())
    type Reply = {
      status: number
      headers: http2.IncomingHttpHeaders
      body: string
      trailers: http2.IncomingHttpHeaders
    }
    const request = (
      headers: http2.OutgoingHttpHeaders,
      body?: Buffer,
      trailers?: http2.OutgoingHttpHeaders,
    ): Promise<Reply> =>
      new Promise((resolve, reject) => {
        const stream = session.request(headers, {
          endStream: body === undefined,
          waitForTrailers: trailers !== undefined,
        })
        let got: http2.IncomingHttpHeaders = {}
        let ending: http2.IncomingHttpHeaders = {}
        const chunks: Buffer[] = []
        stream.on('wantTrailers', () => stream.sendTrailers(trailers!))
        stream.on('response', headers => (got = headers))
        stream.on('trailers', headers => (ending = headers))
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('error', reject)
        stream.on('end', () =>
          resolve({
            status: Number(got[':status']),
            headers: got,
            body: Buffer.concat(chunks).toString(),
            trailers: ending,
          }),
        )
        if (body !== undefined) stream.end(body)
      })

    const hello = await request({':path': '/hello/you', 'x-a': 'b', 'spin-path-info': 'evil'})
    assert.equal(hello.status, 200)
    assert.deepEqual(hello.headers['set-cookie'], ['a=b'])
    const seen = new Map<string, string>(JSON.parse(hello.body))
    assert.equal(seen.get('spin-full-url'), `${served.url}/hello/you`)
    assert.equal(seen.get('spin-path-match-x'), 'you')
    assert.equal(seen.get('x-a'), 'b')
    assert.ok([...seen.keys()].every(key => !key.startsWith(':')))

    const big = Buffer.alloc(1_000_000, 'z')
    const echoes = await Promise.all([1, 2, 3].map(() => request({':path': '/echo', ':method': 'POST'}, big)))
    for (const {body} of echoes) assert.equal(body.length, big.length)
    assert.equal((await request({':path': '/none'})).status, 404)
    assert.equal((await request({':path': '/trap'})).status, 500)
    await assert.rejects(request({':path': '/late'}))
    const trailed = await request({':path': '/trailers', ':method': 'POST'}, Buffer.from('x'), {'x-sum': '7'})
    assert.deepEqual([trailed.body, trailed.trailers['x-sum']], ['b', '7'])
    const head = await request({':path': '/hello/a', ':method': 'HEAD'})
    assert.deepEqual([head.status, head.body], [200, ''])
    const mismatch = await request({':path': '/hello/a', ':authority': 'one', host: 'other'})
    assert.equal(mismatch.status, 400)

    const one = await ask(served, '/hello/one')
    assert.equal(one.status, 200)
    assert.match(one.body, /"spin-path-match-x","one"/)
  })

  test(`${name}: a client that cancels its stream aborts the guest, closing ends the session`, async t => {
    const served = await serve(
      t,
      [
        to('/...', world => new Promise<void>(resolve => (world.event.onAbort = resolve))),
        to('/ok', world => world.answer(200, 'ok')),
      ],
      tls,
    )
    const session = http2.connect(served.url, {ca: CERT})
    const stream = session.request({':path': '/wait'})
    stream.on('error', () => {})
    await sleep(30)
    stream.close(http2.constants.NGHTTP2_CANCEL)
    await until(() => served.records.length === 1)
    assert.equal(served.records[0]!.status, 499)
    const ended = new Promise(resolve => session.once('close', resolve))
    await served.close(1000)
    await ended
  })
}

test('the HTTP/2 preface may come byte by byte, and what only looks like it is HTTP/1', async t => {
  const served = await serve(t, [to('/...', world => world.answer(200, 'one'))])
  const socket = net.connect(served.address.port, '127.0.0.1')
  let got: Buffer = Buffer.alloc(0)
  socket.on('data', data => (got = Buffer.concat([got, data as Buffer])))
  for (const byte of Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')) {
    socket.write(Buffer.of(byte))
    await sleep(1)
  }
  socket.write(Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]))
  await until(() => got.length >= 9)
  // The first frame of an HTTP/2 server is SETTINGS.
  assert.equal(got[3], 4)
  socket.destroy()
  const parts = ['P', 'UT / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nConnection: close\r\n\r\n']
  const answer = await new Promise<string>(resolve => {
    let all = ''
    const slow = net.connect(served.address.port, '127.0.0.1', async () => {
      slow.write(parts[0]!)
      await sleep(10)
      slow.write(parts[1]!)
    })
    slow.on('data', data => (all += data))
    slow.on('close', () => resolve(all))
  })
  assert.match(answer, /^HTTP\/1.1 200 [\s\S]*one$/)
})
