import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {text, unwrap, utf8} from '../fixture.ts'
import {FIELDS_MAX_BYTES, Fields, latin1} from './fields.ts'

const list = (fields: Fields) => fields.entries().map(([name, value]) => [name, latin1(value)])

const SYNTAX: [name: string, value: string, outcome: string][] = [
  ['content-type', 'text/plain', 'ok'],
  ['X-Custom', 'a\tb', 'ok'],
  ['x', '', 'ok'],
  ["!#$%&'*+-.^_`|~09", 'x', 'ok'],
  ['', 'x', 'invalid-syntax'],
  ['a b', 'x', 'invalid-syntax'],
  ['a:', 'x', 'invalid-syntax'],
  ['a\r\nb', 'x', 'invalid-syntax'],
  [':path', '/', 'invalid-syntax'],
  ['é', 'x', 'invalid-syntax'],
  ['x', 'a\r\nset-cookie: evil', 'invalid-syntax'],
  ['x', 'a\nb', 'invalid-syntax'],
  ['x', 'a\0b', 'invalid-syntax'],
  ['x', 'a\x7fb', 'invalid-syntax'],
  ['content-length', '12', 'ok'],
  ['content-length', '+12', 'invalid-syntax'],
  ['content-length', '12, 12', 'invalid-syntax'],
  ['Content-Length', '-1', 'invalid-syntax'],
  ['content-length', '99999999999999999999', 'invalid-syntax'],
  ['Host', 'x', 'forbidden'],
  ['transfer-encoding', 'chunked', 'forbidden'],
  ['CONNECTION', 'close', 'forbidden'],
  ['keep-alive', '1', 'forbidden'],
  ['upgrade', 'h2c', 'forbidden'],
  ['proxy-connection', 'x', 'forbidden'],
  ['proxy-authenticate', 'x', 'forbidden'],
  ['proxy-authorization', 'x', 'forbidden'],
  ['http2-settings', 'x', 'forbidden'],
]

for (const [name, value, outcome] of SYNTAX) {
  test(`append ${JSON.stringify(name)}: ${JSON.stringify(value)} is ${outcome}, and so are set and from-list`, () => {
    const tag = (result: any) => (result.tag === 'ok' ? 'ok' : result.val.tag)
    assert.equal(tag(new Fields().append(name, utf8(value))), outcome)
    assert.equal(tag(new Fields().set(name, [utf8(value)])), outcome)
    assert.equal(tag(Fields.fromList([[name, utf8(value)]])), outcome)
  })
}

test('names are found in any case, values keep their order', () => {
  const fields = new Fields()
  fields.append('Set-Cookie', utf8('a=1'))
  fields.append('x', utf8('y'))
  fields.append('SET-COOKIE', utf8('b=2'))
  assert.deepEqual(fields.get('sEt-cookie').map(text), ['a=1', 'b=2'])
  assert.equal(fields.has('SET-cookie'), true)
  assert.equal(fields.has('nothing'), false)
  assert.deepEqual(fields.get('nothing'), [])
  assert.deepEqual(fields.get('not a name'), [])
  unwrap(fields.set('set-Cookie', [utf8('c=3')]))
  assert.deepEqual(list(fields), [
    ['x', 'y'],
    ['set-cookie', 'c=3'],
  ])
  unwrap(fields.delete('X'))
  unwrap(fields.delete('absent'))
  unwrap(fields.set('set-cookie', []))
  assert.deepEqual(list(fields), [])
})

test('immutable fields refuse every change, their clone takes it', () => {
  const fields = new Fields(() => ['Accept', 'a/b'])
  const refused = {tag: 'err', val: {tag: 'immutable'}}
  assert.deepEqual(fields.append('x', utf8('y')), refused)
  assert.deepEqual(fields.set('x', [utf8('y')]), refused)
  assert.deepEqual(fields.delete('accept'), refused)
  const clone = fields.clone()
  unwrap(clone.append('x', utf8('y')))
  unwrap(clone.delete('accept'))
  assert.deepEqual(list(clone), [['x', 'y']])
  assert.deepEqual(list(fields), [['accept', 'a/b']])
})

test('what was received is read only when asked for, in lower case, without the headers of the connection', () => {
  let reads = 0
  const fields = new Fields(() => {
    reads++
    return [
      'Host',
      'h',
      'X-A',
      'caf\xe9',
      'Connection',
      'close',
      ':path',
      '/',
      'x-a',
      '2',
      'Transfer-Encoding',
      'chunked',
    ]
  })
  assert.equal(reads, 0)
  assert.deepEqual(list(fields), [
    ['x-a', 'caf\xe9'],
    ['x-a', '2'],
  ])
  assert.equal(fields.has('host'), false)
  assert.equal(reads, 1)
})

test('too many bytes are refused, in one field or in many, also empty ones, and removing makes room', () => {
  const refused = {tag: 'err', val: {tag: 'size-exceeded'}}
  const huge = new Uint8Array(FIELDS_MAX_BYTES).fill(65)
  assert.deepEqual(new Fields().append('x', huge), refused)
  assert.deepEqual(new Fields().set('x', [huge]), refused)
  assert.deepEqual(Fields.fromList([['x', huge]]), refused)
  const bomb = new Fields()
  let count = 0
  while (bomb.append('x', utf8('')).tag === 'ok') count++
  assert.ok(count > 0 && count < FIELDS_MAX_BYTES)
  assert.equal(bomb.entries().length, count)
  const fields = new Fields()
  for (let i = 0; i < 100; i++) unwrap(fields.set('x', [new Uint8Array(FIELDS_MAX_BYTES - 100).fill(65)]))
  const clone = fields.clone()
  assert.deepEqual(clone.append('y', new Uint8Array(200).fill(65)), refused)
  assert.equal(clone.has('y'), false)
})

const LENGTHS: [string[], number | undefined][] = [
  [[], undefined],
  [['5'], 5],
  [['5', '5'], 5],
  [['5', '6'], -1],
  [['0'], 0],
]
for (const [values, expected] of LENGTHS) {
  test(`content-length ${JSON.stringify(values)} means ${expected}, and never reaches the wire by itself`, () => {
    const fields = new Fields()
    for (const value of values) unwrap(fields.append('content-length', utf8(value)))
    assert.equal(fields.contentLength(), expected)
    assert.deepEqual(fields.writeTo([]), [])
  })
}

test('whatever is accepted survives being written and read', () => {
  const name = fc.stringMatching(/^[a-zA-Z0-9_-]{1,12}$/).filter(n => !/^(host|upgrade|connection)$/i.test(n))
  const value = fc.uint8Array({maxLength: 20})
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), entries => {
      const accepted = new Fields()
      for (const [n, v] of entries) accepted.append(n, v)
      const flat = accepted.writeTo([])
      assert.ok(flat.every(part => !/[\r\n\0]/.test(part)))
      const back = new Fields(() => flat)
      assert.deepEqual(
        list(back),
        list(accepted).filter(([n]) => n !== 'content-length'),
      )
    }),
  )
})

test('bytes become the string with the same code units, however many they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 150}), bytes => {
      assert.equal(latin1(bytes), Buffer.from(bytes).toString('latin1'))
    }),
  )
})
