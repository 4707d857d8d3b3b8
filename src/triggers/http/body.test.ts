import assert from 'node:assert/strict'
import http from 'node:http'
import net from 'node:net'
import {text as readText} from 'node:stream/consumers'
import {test} from 'node:test'
import {unwrap} from '../../wasi/fixture.ts'
import {ask, count, echo, raw, serve, to, until} from './fixture.ts'

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
  // Its guest, which writes for ever, sees that nobody reads and ends.
  await until(() => served.records.some(({path}) => path === '/endless'))
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
    to('/echo', async world => {
      const input = world.inputOf(world.consume())
      const response = world.response()
      const out = world.body(response)
      world.set(response)
      const stream = world.stream(out)
      // The head goes out now.
      await new Promise(resolve => setTimeout(resolve, 20))
      unwrap(await world.write(stream, await world.readAll(input)))
      unwrap(world.finish(out))
    }),
  ])
  const head = (path: string) =>
    `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`
  const talk = (path: string) =>
    new Promise<string>((resolve, reject) => {
      let all = ''
      const socket = net.connect(served.address.port, '127.0.0.1', () => socket.write(head(path)))
      socket.on('error', reject)
      socket.on('data', data => {
        const asked = all === ''
        all += data
        if (asked && all.startsWith('HTTP/1.1 100 Continue\r\n\r\n')) socket.write('abc')
        if (/abc(\r\n)?/.test(all)) socket.destroy()
      })
      socket.on('close', () => resolve(all))
    })
  // The second begins its answer before it reads.
  for (const path of ['/read', '/echo'])
    assert.match(await talk(path), /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 .*abc/s)
  const refused = await raw(served, head('/refuse'))
  assert.match(refused, /^HTTP\/1.1 413 [\s\S]*Connection: close[\s\S]*no$/)
})
