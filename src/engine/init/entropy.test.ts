import assert from 'node:assert/strict'
import {test} from 'node:test'
import {Entropy} from './entropy.ts'

const SECOND = 1_000_000_000n
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

function fakes() {
  let next = 1
  let now = 5n * SECOND + 7n
  const entropy = new Entropy(
    {fill: bytes => void bytes.fill(next++)},
    {wallNs: () => now, monotonicNs: () => now / 2n},
  )
  return {entropy, later: (ns: bigint) => void (now += ns)}
}

test('what is drawn while recording is recorded, and nothing else', () => {
  const {entropy} = fakes()
  const bytes = new Uint8Array(3)
  entropy.fill(bytes)
  const {result, draws} = entropy.record(() => {
    entropy.fill(bytes)
    assert.equal(entropy.wallNs(), 5n * SECOND + 7n)
    entropy.monotonicNs()
    return 'done'
  })
  entropy.fill(bytes)
  assert.equal(result, 'done')
  assert.deepEqual(
    draws.map(draw => hex(draw.bytes)),
    ['020202', '07f2052a01000000', '0500000000000000', '07000000', '03f9029500000000'],
    'random bytes; wall time in nanoseconds, seconds, and nanoseconds of the second; monotonic time',
  )
})

test('a draw can be made anew, of now', () => {
  const {entropy, later} = fakes()
  const {draws} = entropy.record(() => {
    entropy.fill(new Uint8Array(2))
    entropy.wallNs()
  })
  later(SECOND)
  assert.deepEqual(
    draws.map(draw => hex(draw.renew())),
    ['0202', '07bca06501000000', '0600000000000000', '07000000'],
  )
})

test('a recording ends when its body throws', () => {
  const {entropy} = fakes()
  assert.throws(() =>
    entropy.record(() => {
      throw new Error('x')
    }),
  )
  assert.equal(entropy.record(() => {}).draws.length, 0)
})
