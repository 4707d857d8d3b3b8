import assert from 'node:assert/strict'
import http2 from 'node:http2'
import net from 'node:net'
import {test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {unwrap} from '../../wasi/fixture.ts'
import {CERT, KEY} from '../../wasi/http/fixture-tls.ts'
import {ask, echo, serve, to, until} from './fixture.ts'

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
        to('/...', world => new Promise<void>(resolve => (world.event.runner = {clientGone: resolve}))),
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

test('an answer that HTTP/2 does not allow is a 500, and neither it nor such trailers end the process', async t => {
  const served = await serve(t, [
    to('/te', world => world.answer(200, 'x', {te: 'gzip'})),
    to('/two', world => {
      const fields = world.fields({'content-type': 'a/b', 'Content-Type': 'c/d'})
      const response = world.call('http/types', '[constructor]outgoing-response', fields)
      world.set(response)
    }),
    to('/trailers', world => {
      const response = world.response()
      const body = world.body(response)
      world.set(response)
      unwrap(world.write(world.stream(body), 'x'))
      unwrap(world.finish(body, world.fields({te: 'gzip'})))
    }),
  ])
  const session = http2.connect(served.url)
  t.after(() => session.destroy())
  const statusOf = (path: string) =>
    new Promise(resolve => {
      const stream = session.request({':path': path})
      let status: unknown
      stream.on('response', headers => (status = headers[':status']))
      stream.on('error', () => {})
      stream.on('close', () => resolve(status))
      stream.resume()
    })
  assert.equal(await statusOf('/te'), 500)
  assert.equal(await statusOf('/two'), 500)
  await statusOf('/trailers')
  assert.equal(await statusOf('/none'), 404)
  assert.deepEqual(
    served.records.filter(({status}) => status === 500).map(({error}) => error?.code),
    ['HTTP_RESPONSE_INVALID', 'HTTP_RESPONSE_INVALID'],
  )
})
