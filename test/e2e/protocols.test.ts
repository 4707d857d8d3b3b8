import assert from 'node:assert/strict'
import http2 from 'node:http2'
import {buffer} from 'node:stream/consumers'
import {test} from 'node:test'
import {CERT, KEY} from '../../src/wasi/http/fixture-tls.ts'
import {guest} from '../guests/guests.ts'
import {folder} from './harness/app.ts'
import {ask, times} from './harness/client.ts'
import {converse, post} from './harness/conversation.ts'
import {up} from './harness/mayfly.ts'

const source = async (name: string): Promise<string> => ((await guest(`wat/${name}`)) as {path: string}).path

async function over2(
  url: string,
  headers: http2.OutgoingHttpHeaders,
  body?: Buffer,
): Promise<{status: unknown; body: Buffer}> {
  const session = http2.connect(url, {ca: CERT})
  try {
    const stream = session.request(headers, {endStream: body === undefined})
    let status: unknown
    stream.on('response', got => (status = got[':status']))
    stream.end(body)
    const bytes = await buffer(stream)
    return {status, body: bytes}
  } finally {
    session.close()
  }
}

test('HTTP/2 without TLS, many streams at once, and a body both ways', async t => {
  const served = await up(t, [await source('echo')])
  const body = Buffer.alloc(1_000_000, 'abcdefg')
  const answers = await times(10, 10, () => over2(served.url, {':path': '/', ':method': 'POST'}, body))
  for (const answer of answers) {
    assert.equal(answer.status, 200)
    assert.ok(answer.body.equals(body))
  }
})

test('TLS carries HTTP/1.1 and HTTP/2', async t => {
  const dir = folder(t, {'cert.pem': CERT, 'key.pem': KEY})
  const tls = ['--tls-cert', `${dir}/cert.pem`, '--tls-key', `${dir}/key.pem`]
  const served = await up(t, [await source('hello'), ...tls])
  assert.match(served.url, /^https:/)
  assert.equal((await ask(served.url, {ca: CERT})).body, 'hello world\n')
  const second = await over2(served.url, {':path': '/'})
  assert.deepEqual([second.status, second.body.toString()], [200, 'hello world\n'])
})

test('HEAD has no body', async t => {
  const served = await up(t, [await source('hello')])
  const {status, body} = await ask(served.url, {method: 'HEAD'})
  assert.deepEqual([status, body], [200, ''])
})

test('Expect: 100-continue is answered before the body is sent; requests may be pipelined', async t => {
  const served = await up(t, [await source('echo')])
  const {say, hear} = converse(t, served.port)
  say('POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n')
  await hear(/^HTTP\/1\.1 100 /)
  say('hello')
  await hear(/hello/)
  say(post('/', 'first') + post('/', 'second') + post('/', 'third'))
  await hear(/first.*second.*third/s)
})

test('trailers go to the guest, and come from it, over HTTP/1.1', async t => {
  const served = await up(t, [await source('trailers')])
  const {say, hear} = converse(t, served.port)
  say('POST / HTTP/1.1\r\nhost: a\r\nte: trailers\r\ntransfer-encoding: chunked\r\ntrailer: x-sum\r\n\r\n')
  say('5\r\nhello\r\n0\r\nx-sum: 42\r\nx-two: b\r\n\r\n')
  await hear(/5\r\nhello\r\n0\r\nx-sum: 42\r\nx-two: b\r\n\r\n$/)
  say(post('/', 'none'))
  await hear(/\r\n\r\nnone$/)
})

test('trailers go to the guest, and come from it, over HTTP/2', async t => {
  const served = await up(t, [await source('trailers')])
  const session = http2.connect(served.url)
  try {
    const stream = session.request({':path': '/', ':method': 'POST', te: 'trailers'}, {waitForTrailers: true})
    stream.on('wantTrailers', () => stream.sendTrailers({'x-sum': '42'}))
    const trailers = new Promise<http2.IncomingHttpHeaders>(resolve => stream.on('trailers', resolve))
    stream.end('hello')
    assert.equal((await buffer(stream)).toString(), 'hello')
    assert.equal((await trailers)['x-sum'], '42')
  } finally {
    session.close()
  }
})

const WAITING = `export default {
  async fetch() {
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise(resolve => setTimeout(resolve, 50))
        controller.enqueue(new TextEncoder().encode('tick\\n'))
      },
    })
    return new Response(body)
  },
}`

test('a client that goes away ends a guest in JavaScript, over HTTP/1.1 and HTTP/2', async t => {
  const served = await up(t, [`${folder(t, {'app.js': WAITING})}/app.js`])
  const {say, hear, hangUp} = converse(t, served.port)
  say('GET /one HTTP/1.1\r\nhost: a\r\n\r\n')
  await hear(/tick/)
  hangUp()
  assert.equal((await served.untilLogged(({path}) => path === '/one')).error?.code, 'CLIENT_GONE')

  const session = http2.connect(served.url)
  const stream = session.request({':path': '/two'})
  stream.on('error', () => {})
  await new Promise(resolve => stream.once('data', resolve))
  stream.close(http2.constants.NGHTTP2_CANCEL)
  assert.equal((await served.untilLogged(({path}) => path === '/two')).error?.code, 'CLIENT_GONE')
  session.destroy()
})
