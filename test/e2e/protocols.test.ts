import assert from 'node:assert/strict'
import http2 from 'node:http2'
import net from 'node:net'
import {buffer} from 'node:stream/consumers'
import {test} from 'node:test'
import {CERT, KEY} from '../../src/wasi/http/fixture-tls.ts'
import {guest} from '../guests/guests.ts'
import {folder} from './harness/app.ts'
import {ask, times} from './harness/client.ts'
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
  const socket = net.connect(served.port, '127.0.0.1')
  t.after(async () => {
    socket.destroy()
  })
  let text = ''
  const has = (part: RegExp): Promise<void> =>
    new Promise(resolve => {
      const look = (): void => {
        if (!part.test(text)) return
        socket.off('data', look)
        resolve()
      }
      socket.on('data', look)
      look()
    })
  socket.setEncoding('latin1').on('data', data => (text += data))
  socket.write('POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n')
  await has(/^HTTP\/1\.1 100 /)
  socket.write('hello')
  await has(/hello/)
  const post = (body: string): string =>
    `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`
  socket.write(post('first') + post('second') + post('third'))
  await has(/first.*second.*third/s)
})
