import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {Reader} from './reader.ts'
import {signed, unsigned} from './writer.ts'

test('numbers are read as they were written, in as few bytes as they need', () => {
  fc.assert(
    fc.property(fc.bigInt({min: 0n, max: 2n ** 64n - 1n}), fc.nat(63), (large, shift) => {
      const value = large >> BigInt(shift)
      const bytes = unsigned(value)
      assert.equal(new Reader(Uint8Array.from(bytes)).u64(), value)
      assert.equal(bytes.length, Math.max(1, Math.ceil(value.toString(2).length / 7)))
      if (value <= Number.MAX_SAFE_INTEGER) assert.deepEqual(unsigned(Number(value)), bytes)
      const both = [value >> 1n, -(value >> 1n)]
      for (const one of both) assert.equal(new Reader(Uint8Array.from(signed(one))).signed(64), one)
    }),
  )
})
