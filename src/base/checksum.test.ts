import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {checksum} from './checksum.ts'

test('other bytes have another sum, wherever they lie', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({minLength: 1, maxLength: 40}),
      fc.nat(),
      fc.integer({min: 1, max: 255}),
      (bytes, at, by) => {
        const other = bytes.slice()
        other[at % bytes.length]! ^= by
        assert.notEqual(checksum(other), checksum(bytes))
      },
    ),
  )
})

test('one byte more or less has another sum', () => {
  for (let length = 0; length < 20; length++)
    assert.notEqual(checksum(new Uint8Array(length)), checksum(new Uint8Array(length + 1)))
})

test('does not depend on where the bytes lie in memory', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 40}), fc.nat(7), (bytes, before) => {
      const buffer = Buffer.alloc(before + bytes.length)
      buffer.set(bytes, before)
      assert.equal(checksum(buffer.subarray(before)), checksum(bytes))
    }),
  )
})
