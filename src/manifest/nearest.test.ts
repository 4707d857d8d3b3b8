import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {editDistance, nearest} from './nearest.ts'

const NAMES = ['source', 'description', 'files', 'allowed_outbound_hosts', 'cpu_ms']
const CASES: [name: string, meant: string | undefined][] = [
  ['sorce', 'source'],
  ['souce', 'source'],
  ['soruce', 'source'],
  ['SOURCE', 'source'],
  ['file', 'files'],
  ['allowed-outbound-host', 'allowed_outbound_hosts'],
  ['cpu', 'cpu_ms'],
  ['color', undefined],
  ['x', undefined],
  ['', undefined],
  ['s'.repeat(100), undefined],
]
for (const [name, meant] of CASES)
  test(`${name.slice(0, 30)} -> ${meant}`, () => assert.equal(nearest(name, NAMES), meant))

test('edit distance: none to itself, the same both ways, one for one edit', () => {
  const word = fc.string({unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8})
  fc.assert(
    fc.property(word, word, fc.nat(), (a, b, seed) => {
      assert.equal(editDistance(a, b), editDistance(b, a))
      assert.equal(editDistance(a, b) === 0, a === b)
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length))
      const at = seed % (a.length + 1)
      assert.equal(editDistance(a, `${a.slice(0, at)}x${a.slice(at)}`), 1)
    }),
  )
  assert.equal(editDistance('abcd', 'abdc'), 1)
})
