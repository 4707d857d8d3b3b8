// base/short-text.test.ts: short texts are what a decoder makes of the same bytes, known or not.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {knowTexts, textAt, textOf} from './short-text.ts'

test('texts of bytes have their codes, wherever they lie', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 80}), fc.nat(8), (content, start) => {
      const bytes = new Uint8Array(start + content.length + 8)
      bytes.set(content, start)
      assert.equal(textOf(bytes, start, content.length), Buffer.from(content).toString('latin1'))
    }),
  )
})

test('a known text is found by all of its bytes, and by nothing else', () => {
  const texts = ['x-first', 'x-second', 'x']
  knowTexts(texts)
  const at = (text: string) => textAt(Buffer.from(`..${text}..`, 'latin1'), 2, text.length)
  for (const text of texts) assert.equal(at(text), text)
  for (const text of ['x-firsu', 'x-firs', 'X-first', 'y', '\xf8', 'x-f2rst'])
    assert.equal(at(text), undefined)
  assert.equal(at(''), '')
  fc.assert(
    fc.property(
      fc.string({unit: fc.constantFrom('x', '-', 'f', 'i', 'r', 's', 't', '1'), maxLength: 8}),
      text => {
        const found = at(text)
        assert.ok(found === undefined || found === text)
      },
    ),
  )
})

test('of texts that fall together the first stays known', () => {
  // Length, first, a late and the last character are all that tells them apart at first.
  knowTexts(['a1cde', 'a2cde'])
  const at = (text: string) => textAt(Buffer.from(text), 0, text.length)
  assert.deepEqual([at('a1cde'), at('a2cde')], ['a1cde', undefined])
})
