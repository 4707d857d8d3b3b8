import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {compareImages} from './compare.ts'
import type {Image} from './snapshot.ts'

const image = (memories: Uint8Array[], globals: unknown[] = []): Image => ({
  tier: 'copy',
  byteLength: 0,
  memories,
  globals,
  dispose() {},
})

test('equal images have no differences', () => {
  const bytes = new Uint8Array(10_000).fill(3)
  assert.deepEqual(
    compareImages(image([bytes], [1, 2n, Number.NaN]), image([bytes.slice()], [1, 2n, Number.NaN])),
    [],
  )
})

test('differences are told by kind', () => {
  const before = new Uint8Array(65_536)
  const after = new Uint8Array(2 * 65_536)
  after.fill(1, 4090, 4100)
  after[9000] = 1
  assert.deepEqual(compareImages(image([before], [1, 5n]), image([after], [1, 6n])), [
    {kind: 'size', memory: 0, before: 65_536, after: 131_072},
    {kind: 'bytes', memory: 0, start: 4090, end: 4100},
    {kind: 'bytes', memory: 0, start: 9000, end: 9001},
    {kind: 'global', index: 1, before: 5n, after: 6n},
  ])
})

test('every differing byte is in a range, and no other', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(19_999), {maxLength: 30}), places => {
      const after = new Uint8Array(20_000)
      for (const place of places) after[place] = 1
      const found: number[] = []
      for (const one of compareImages(image([new Uint8Array(20_000)]), image([after])))
        if (one.kind === 'bytes') for (let at = one.start; at < one.end; at++) found.push(at)
      assert.deepEqual(
        found,
        places.sort((a, b) => a - b),
      )
    }),
  )
})
