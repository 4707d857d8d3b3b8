import assert from 'node:assert/strict'
import {test} from 'node:test'
import {testMemory} from './abi.fixtures.ts'
import {
  checkLength,
  checkList,
  loadBytes,
  loadFloats,
  loadNumbers,
  MAX_LIST_BYTE_LENGTH,
  storeBytes,
  storeFloats,
  storeNumbers,
  toIndex,
} from './lists.ts'

test('lists of numbers are copied in and out, at their alignment', () => {
  const {memory, allocate, asked} = testMemory()
  const bytes = storeBytes(memory, allocate, Uint8Array.of(1, 2, 3))
  const shorts = storeNumbers(memory, allocate, Int16Array, 2, [-1, 2] as never)
  const longs = storeNumbers(memory, allocate, BigUint64Array, 8, BigUint64Array.of(2n ** 64n - 1n) as never)
  assert.deepEqual(asked, [
    [1, 3],
    [2, 4],
    [8, 8],
  ])
  const copy = loadBytes(memory, bytes, 3)
  assert.deepEqual(copy, Uint8Array.of(1, 2, 3))
  memory.u8.fill(0, bytes, bytes + 3)
  assert.deepEqual(copy, Uint8Array.of(1, 2, 3), 'it is no view')
  assert.deepEqual(loadNumbers(memory, Int16Array, 2, shorts, 2), Int16Array.of(-1, 2))
  assert.deepEqual(loadNumbers(memory, BigUint64Array, 8, longs, 1), BigUint64Array.of(2n ** 64n - 1n))
})

test('NaNs become the canonical one both ways', () => {
  const {memory, allocate} = testMemory()
  memory.view.setUint32(0, 0x7fa00001, true)
  const loaded = loadFloats(memory, Float32Array, 4, 0, 1)
  assert.equal(new Uint32Array(loaded.buffer)[0], 0x7fc00000)
  const odd = new Float64Array(BigUint64Array.of(0xfff8dead00000001n).buffer)
  const at = storeFloats(memory, allocate, Float64Array, 8, odd)
  assert.equal(memory.view.getBigUint64(at, true), 0x7ff8000000000000n)
})

test('hostile pointers and counts trap', () => {
  const {memory} = testMemory()
  const table: [() => unknown, string][] = [
    [() => loadBytes(memory, 65_536, 1), 'TRAP_OUT_OF_BOUNDS'],
    [() => loadBytes(memory, 0xffffffff, 0xffffffff), 'TRAP_OUT_OF_BOUNDS'],
    [() => loadNumbers(memory, Uint32Array, 4, 2, 0), 'TRAP_MISALIGNED'],
    [() => loadNumbers(memory, Uint32Array, 4, 65_532, 2), 'TRAP_OUT_OF_BOUNDS'],
    [() => loadFloats(memory, Float64Array, 8, 0, 2 ** 32 - 1), 'TRAP_OUT_OF_BOUNDS'],
    [() => checkList(memory, 0, MAX_LIST_BYTE_LENGTH + 1, 1, 1), 'TRAP_OUT_OF_BOUNDS'],
    [() => checkList(memory, 0, toIndex(2n ** 64n - 1n), 16, 8), 'TRAP_OUT_OF_BOUNDS'],
    [() => checkList(memory, toIndex(2n ** 64n - 8n), 0, 16, 8), 'TRAP_OUT_OF_BOUNDS'],
    [() => storeNumbers(memory, () => 0, Uint32Array, 4, {length: 2 ** 31} as never), 'TRAP_TOO_MUCH'],
    [() => checkLength([1], 2), 'TRAP_BAD_VALUE'],
  ]
  for (const [act, code] of table) assert.throws(act, {code}, String(act))
})

test('what one call copies out is counted, and a new call begins anew', () => {
  const {memory} = testMemory()
  memory.begin()
  memory.spend(100 * 2 ** 20)
  assert.throws(() => memory.spend(100 * 2 ** 20), {code: 'TRAP_TOO_MUCH'})
  memory.begin()
  memory.spend(100 * 2 ** 20)
  assert.throws(
    () => {
      for (let i = 0; i < 2000; i++) loadBytes(memory, 0, 65_536)
    },
    {code: 'TRAP_TOO_MUCH'},
  )
})
