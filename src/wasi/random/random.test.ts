import assert from 'node:assert/strict'
import {test} from 'node:test'
import {caller, fakeRandom} from '../fixture.ts'
import {randomInterfaces} from './random.ts'

const bytesOf = (poolBytes?: number) => {
  const random = fakeRandom()
  const guest = caller(randomInterfaces(poolBytes === undefined ? {random} : {random, poolBytes}))
  return {
    random,
    guest,
    bytes: (length: bigint) => guest.call('random/random', 'get-random-bytes', length) as Uint8Array,
  }
}

test('gives as many bytes as asked, each once, whatever the pool', () => {
  for (const pool of [0, 8, 64, 4096]) {
    const {bytes} = bytesOf(pool)
    const seen = new Set<number>()
    for (const length of [0n, 1n, 7n, 16n, 100n]) {
      const given = bytes(length)
      assert.equal(given.length, Number(length))
      for (const byte of given) {
        assert.ok(!seen.has(byte), `byte ${byte} given twice`)
        seen.add(byte)
      }
    }
  }
})

test('small draws come from the pool, and each its own buffer', () => {
  const {random, bytes} = bytesOf(1024)
  const [a, b] = [bytes(16n), bytes(16n)]
  for (let i = 0; i < 60; i++) bytes(16n)
  assert.equal(random.draws, 1)
  assert.notEqual(a.buffer, b.buffer)
  assert.equal(a.buffer.byteLength, 16)
})

test('what was given is erased', () => {
  const drawn: Uint8Array[] = []
  const random = {
    fill: (bytes: Uint8Array) => {
      drawn.push(bytes.fill(0xff))
    },
  }
  const guest = caller(randomInterfaces({random, poolBytes: 64}))
  guest.call('random/random', 'get-random-bytes', 16n)
  guest.call('random/random', 'get-random-u64')
  assert.deepEqual(drawn[0]!.subarray(0, 25), new Uint8Array(25).fill(0xff, 24))
})

test('without a pool draws are exact', () => {
  const {random, guest} = bytesOf(0)
  guest.call('random/random', 'get-random-u64')
  guest.call('random/insecure', 'get-insecure-random-bytes', 3n)
  assert.equal(random.draws, 2)
})

test('numbers and seeds are whole and all different', () => {
  const {guest} = bytesOf()
  const [low, high] = guest.call('random/insecure-seed', 'insecure-seed')
  const a = guest.call('random/random', 'get-random-u64')
  const b = guest.call('random/insecure', 'get-insecure-random-u64')
  assert.equal(new Set([low, high, a, b]).size, 4)
  for (const value of [low, high, a, b]) assert.ok(typeof value === 'bigint' && value < 1n << 64n)
})

test('a length bomb traps', () => {
  const {bytes} = bytesOf()
  for (const length of [64n * 1024n * 1024n + 1n, 1n << 63n, (1n << 64n) - 1n])
    assert.throws(() => bytes(length), {code: 'TRAP_HOST'})
})
