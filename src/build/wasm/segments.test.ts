import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {Reader} from '../../engine/core/reader.ts'
import {encodeDataSection, nonZeroRuns} from './segments.ts'

/** A memory with some bytes set here and there, as many as `writes` names. */
const memories = fc
  .array(fc.tuple(fc.nat(4095), fc.uint8Array({minLength: 1, maxLength: 40})), {maxLength: 60})
  .map(writes => {
    const memory = new Uint8Array(4096)
    for (const [at, bytes] of writes) memory.set(bytes.subarray(0, 4096 - at), at)
    return memory
  })

/** What an engine does with a data section. */
function apply(section: Uint8Array, length: number): Uint8Array {
  const memory = new Uint8Array(length)
  const reader = new Reader(section)
  for (let count = reader.u32(); count > 0; count--) {
    assert.equal(reader.byte(), 0)
    assert.equal(reader.byte(), 0x41)
    const offset = Number(BigInt.asUintN(32, reader.signed(32)))
    assert.equal(reader.byte(), 0x0b)
    const size = reader.u32()
    memory.set(section.subarray(reader.position, reader.position + size), offset)
    reader.position += size
  }
  assert.ok(reader.done)
  return memory
}

test('the segments write exactly the memory, however few they may be', () => {
  fc.assert(
    fc.property(memories, fc.integer({min: 1, max: 50}), (memory, most) => {
      const runs = nonZeroRuns(memory, most)
      assert.ok(runs.length <= most)
      for (const {start, end} of runs) assert.ok(memory[start] !== 0 && memory[end - 1] !== 0)
      assert.deepEqual(apply(encodeDataSection(memory, runs), memory.length), memory)
    }),
  )
})

const runs: [name: string, set: number[], expected: {start: number; end: number}[]][] = [
  ['no byte set', [], []],
  [
    'the first and the last byte',
    [0, 4095],
    [
      {start: 0, end: 1},
      {start: 4095, end: 4096},
    ],
  ],
  ['bytes near each other are one run', [100, 110], [{start: 100, end: 111}]],
  [
    'bytes far from each other are two',
    [100, 200],
    [
      {start: 100, end: 101},
      {start: 200, end: 201},
    ],
  ],
]

for (const [name, set, expected] of runs) {
  test(`runs: ${name}`, () => {
    const memory = new Uint8Array(4096)
    for (const at of set) memory[at] = 7
    assert.deepEqual(nonZeroRuns(memory), expected)
  })
}

test('an offset beyond 2 GiB is written as the signed number it is', () => {
  const start = 2 ** 31 + 5
  const section = encodeDataSection({subarray: () => Uint8Array.of(9)} as unknown as Uint8Array, [
    {start, end: start + 1},
  ])
  const reader = new Reader(section, {start: 3})
  assert.equal(BigInt.asUintN(32, reader.signed(32)), BigInt(start))
})
