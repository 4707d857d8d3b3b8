import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {Reader} from '../../engine/core/reader.ts'
import {concat, name, signed, unsigned} from '../../engine/core/writer.ts'
import {joinSections, mapSections, splitSections} from './sections.ts'

const PREAMBLE = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

test('unsigned numbers are read back', () => {
  fc.assert(
    fc.property(fc.integer({min: 0, max: 2 ** 32 - 1}), value => {
      const reader = new Reader(Uint8Array.from(unsigned(value)))
      assert.equal(reader.u32(), value)
      assert.ok(reader.done)
    }),
  )
})

test('signed numbers are read back', () => {
  fc.assert(
    fc.property(fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n - 1n}), value => {
      const reader = new Reader(Uint8Array.from(signed(value)))
      assert.equal(reader.signed(64), value)
      assert.ok(reader.done)
    }),
  )
})

const sections = fc.array(
  fc.record({id: fc.integer({min: 0, max: 13}), body: fc.uint8Array({maxLength: 300})}),
)

test('what is joined is split into the same sections', () => {
  fc.assert(
    fc.property(sections, given => {
      const bytes = joinSections({preamble: Uint8Array.from(PREAMBLE), sections: given})
      const binary = splitSections(bytes)
      assert.deepEqual(
        binary.sections.map(({id, body}) => [id, [...body]]),
        given.map(({id, body}) => [id, [...body]]),
      )
      assert.deepEqual(joinSections(mapSections(binary, ({body}) => body)), bytes)
    }),
  )
})

test('anything else is refused as malformed, whatever the bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({maxLength: 40}), tail => {
      try {
        splitSections(concat([Uint8Array.from(PREAMBLE), tail]))
      } catch (error) {
        assert.equal((error as {code?: string}).code, 'DECODE_MALFORMED')
      }
    }),
  )
  for (const bytes of [[], PREAMBLE.slice(0, 5), [...PREAMBLE, 1, 2, 0]]) {
    assert.throws(() => splitSections(Uint8Array.from(bytes)), {code: 'DECODE_MALFORMED'})
  }
})

test('a name is its length in bytes and its UTF-8', () => {
  assert.deepEqual(name('aé'), [3, 0x61, 0xc3, 0xa9])
})
