import assert from 'node:assert/strict'
import {test} from 'node:test'
import {MayflyError} from '../../base/errors.ts'
import {errorReply, isReserved, type StaticResponse, staticReply, wellKnownReply} from './replies.ts'

const WRONG: [response: StaticResponse, reason: RegExp][] = [
  [{status: 99}, /status 99/],
  [{status: 101}, /status 101/],
  [{status: 200.5}, /status 200.5/],
  [{headers: {'a b': 'c'}}, /"a b"/],
  [{headers: {a: 'b\r\nset-cookie: c'}}, /control character/],
  [{headers: {Connection: 'close'}}, /connection/],
]
for (const [response, reason] of WRONG) {
  test(`the static response ${JSON.stringify(response)} is refused at the start`, () => {
    assert.throws(
      () => staticReply('/a', response),
      (error: MayflyError) => {
        assert.equal(error.code, 'HTTP_STATIC_INVALID')
        assert.match(error.message, reason)
        return true
      },
    )
  })
}

test('what is reserved', () => {
  for (const path of ['/.well-known/spin', '/.well-known/spin/x', '/.well-known/spin/*'])
    assert.equal(isReserved(path), true, path)
  for (const path of ['/.well-known/spindle', '/.well-known', '/'])
    assert.equal(isReserved(path), false, path)
  assert.equal(wellKnownReply('/.well-known/spin', {name: 'a'}), undefined)
  assert.equal(wellKnownReply('/.well-known/spin/', {name: 'a'})?.status, 404)
})

test('an error page shows place, hint and cause, escaped; production shows nothing', () => {
  const cause = new Error('<cause>')
  const error = new MayflyError(
    'LIMIT_CPU',
    {limit: 5, component: '<c>'},
    {at: {file: 'a<b>.ts', line: 3, column: 7}, cause},
  )
  const page = errorReply(error, true)
  const text = page.body.toString()
  assert.equal(page.status, 504)
  for (const part of ['LIMIT_CPU', 'a&lt;b&gt;.ts:3:7', 'hint: raise', '&lt;c&gt;', '&lt;cause&gt;'])
    assert.ok(text.includes(part), part)
  for (const part of ['<c>', '<cause>', '<b>']) assert.ok(!text.includes(part), part)
  assert.deepEqual(errorReply(error, false), {status: 504, headers: [], body: Buffer.alloc(0)})
})
