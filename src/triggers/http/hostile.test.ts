import assert from 'node:assert/strict'
import http from 'node:http'
import net from 'node:net'
import {text as readText} from 'node:stream/consumers'
import {test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {unwrap} from '../../wasi/fixture.ts'
import {ask, count, raw, serve, to, until} from './fixture.ts'

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

test('of many small headers none is left out', async t => {
  const served = await serve(t, [
    to('/...', world => world.answer(200, `${world.headers().filter(([name]) => name === 'x').length} of x`)),
  ])
  const got = await raw(
    served,
    `GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${'x: 1\r\n'.repeat(5000)}\r\n`,
  )
  assert.match(got, /5000 of x$/)
})
