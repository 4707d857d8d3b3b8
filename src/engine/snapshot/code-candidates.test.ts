// engine/snapshot/code-candidates.test.ts
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import fc from 'fast-check'
import {findCandidates} from './code-candidates.ts'

/** As the comment says it, slowly. */
function reference(
  bytes: Uint8Array,
  start: number,
  end: number,
  wanted: Parameters<typeof findCandidates>[3],
) {
  const found: number[] = []
  for (let at = start; at + 1 < end; at++) if (wanted.get(bytes[at]!)?.(bytes[at + 1]! & 0x7f)) found.push(at)
  return found
}

/** Few values, so that pairs are common; those at the edges of character classes among them. */
const value = fc.constantFrom(
  0,
  1,
  0x0a,
  0x0d,
  0x26,
  0x2d,
  0x40,
  0x5d,
  0x5e,
  0x7f,
  0x80,
  0xa6,
  0xc0,
  0xfc,
  0xff,
)

describe('candidates', () => {
  test('are all pairs that are wanted, also those that begin in others', () => {
    fc.assert(
      fc.property(
        fc
          .uint8Array({maxLength: 60})
          .chain(noise =>
            fc.array(value, {maxLength: 60}).map(common => Uint8Array.from([...noise, ...common])),
          ),
        fc.array(fc.tuple(value, fc.uniqueArray(fc.nat(127), {maxLength: 20})), {maxLength: 4}),
        fc.nat(10),
        fc.nat(10),
        (bytes, accepted, before, after) => {
          const wanted = new Map(
            accepted.map(([first, lows]) => [first, (low: number) => lows.includes(low)]),
          )
          const start = Math.min(before, bytes.length)
          const end = Math.max(start, bytes.length - after)
          assert.deepEqual(
            findCandidates(bytes.subarray(), start, end, wanted),
            reference(bytes, start, end, wanted),
          )
        },
      ),
    )
  })

  test('are found wherever the text is cut', () => {
    const bytes = new Uint8Array(3 * (1 << 20) + 17)
    const places = [0, 5, (1 << 20) - 1, 1 << 20, (2 << 20) + 3, (2 << 20) + 4, bytes.length - 2]
    for (const at of places) bytes[at] = 0x40
    const wanted = new Map([[0x40, () => true]])
    for (const start of [0, 1, 5, 6])
      assert.deepEqual(
        findCandidates(bytes, start, bytes.length, wanted),
        places.filter(at => at >= start),
      )
  })

  test('never reach beyond the end', () => {
    const wanted = new Map([[0x40, () => true]])
    assert.deepEqual(findCandidates(Uint8Array.of(0x40, 0x40, 0x40), 0, 2, wanted), [0])
  })
})
