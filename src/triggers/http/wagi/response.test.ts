import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {unwrap} from '../../../wasi/fixture.ts'
import {responseOf} from './response.ts'

type Seen = {status: number; headers: string[]; body: string | undefined}

function seen(output: string, method = 'GET'): Seen {
  const response = unwrap(responseOf(Buffer.from(output), method))
  const body = response.body?.takeChunks()
  return {
    status: response.statusCode,
    headers: response.headers.writeTo([]),
    body: body === undefined ? undefined : Buffer.concat(body).toString(),
  }
}

const ANSWERS: readonly (readonly [
  output: string,
  status: number,
  headers: string[],
  body: string | undefined,
])[] = [
  ['Content-Type: text/plain\n\nhello\n', 200, ['content-type', 'text/plain'], 'hello\n'],
  ['content-type:text/plain\r\n\r\nhello\r\n\r\n', 200, ['content-type', 'text/plain'], 'hello\r\n\r\n'],
  ['Content-Type: a/b\n\n\n\nx', 200, ['content-type', 'a/b'], '\n\nx'],
  ['Content-Type: a/b\n\n', 200, ['content-type', 'a/b'], undefined],
  ['Status: 404 Not Found\n\n', 404, [], undefined],
  ['Status: 201\nX-A: 1\nX-A: 2\n\n', 201, ['x-a', '1', 'x-a', '2'], undefined],
  ['Status: never\n\n', 502, [], undefined],
  ['Status: 100 Continue\n\n', 502, [], undefined],
  ['Location: /there\n\n', 302, ['location', '/there'], undefined],
  ['Location: /there\nStatus: 307\n\n', 307, ['location', '/there'], undefined],
  ['Status: 307\nLocation: /there\n\n', 307, ['location', '/there'], undefined],
  // What belongs to the connection, and what is no header at all, does not get there.
  [
    'Content-Type: a/b\nTransfer-Encoding: chunked\nConnection: close\nContent-Length: 99\nbad name: x\nno colon\n\nx',
    200,
    ['content-type', 'a/b'],
    'x',
  ],
  ['Content-Type: a/b\nContent-Type: c/d\n\n', 200, ['content-type', 'c/d'], undefined],
]
for (const [output, status, headers, body] of ANSWERS)
  test(`${JSON.stringify(output)} is an answer`, () => {
    assert.deepEqual(seen(output), {status, headers, body})
  })

test('what answers HEAD may say its length', () => {
  const head = 'Content-Type: a/b\nContent-Length: 5\n\n'
  assert.equal(unwrap(responseOf(Buffer.from(head), 'HEAD')).headers.contentLength(), 5)
  assert.equal(unwrap(responseOf(Buffer.from(head), 'GET')).headers.contentLength(), undefined)
})

for (const output of ['', 'hello', 'hello\n', 'Content-Type: a/b\n', '\n\nhello', 'X: 1\n\nhello'])
  test(`${JSON.stringify(output)} is none`, () => {
    assert.equal(responseOf(Buffer.from(output), 'GET').tag, 'err')
  })

test('any output is an answer or none, and its body is what comes after the first empty line', () => {
  const line = fc.stringMatching(/^[ -~]{0,20}$/)
  fc.assert(
    fc.property(fc.array(line), fc.uint8Array(), (lines, body) => {
      const head = ['Content-Type: a/b', ...lines.filter(each => each !== '' && !/status/i.test(each))]
      const output = Buffer.concat([Buffer.from(`${head.join('\n')}\n\n`), body])
      const response = unwrap(responseOf(output, 'GET'))
      assert.deepEqual(Buffer.concat(response.body?.takeChunks() ?? []), Buffer.from(body))
      assert.ok(response.headers.writeTo([]).every((part: string) => !/[\r\n\0]/.test(part)))
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array(), bytes => {
      assert.match(responseOf(Buffer.from(bytes), 'GET').tag, /^(ok|err)$/)
    }),
  )
})
