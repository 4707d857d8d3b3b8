import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import fc from 'fast-check'
import {type DataSegment, makeLean} from './lean.ts'
import {joinData} from './lean-join.ts'

const LEAN = makeLean(await parse('(module (memory 1) (memory 1))'))
const IMPORTED = makeLean(await parse('(module (import "a" "b" (memory 1)))'))
const segment = (offset: number, length: number, memory = 0): DataSegment => ({
  memory,
  offset,
  bytes: new Uint8Array(length).fill(1 + (offset % 255)),
})
const written = (data: readonly DataSegment[]): Uint8Array[] => {
  const memories = [new Uint8Array(65_536), new Uint8Array(65_536)]
  for (const {memory, offset, bytes} of data) memories[memory]!.set(bytes, offset as number)
  return memories
}

test('the memories are the same, whatever the segments', () => {
  const data = fc.array(
    fc.record({memory: fc.nat(1), gap: fc.nat(3000), length: fc.nat(300), back: fc.boolean()}),
    {maxLength: 12},
  )
  fc.assert(
    fc.property(data, fc.boolean(), (parts, inOrder) => {
      let at = 0
      const segments = parts.map(({memory, gap, length, back}) => {
        const offset = back && !inOrder ? Math.max(0, at - gap) : at + gap
        at = offset + length
        return segment(offset, length, memory)
      })
      const joined = joinData({...LEAN, data: segments})
      assert.deepEqual(written(joined.data), written(segments))
      assert(joined.data.length <= segments.length)
    }),
  )
})

test('segments that lie close together become one', () => {
  const {data} = joinData({
    ...LEAN,
    data: [segment(10, 5), segment(15, 1), segment(100, 4), segment(9000, 1)],
  })
  assert.deepEqual(
    data.map(({offset, bytes}) => [offset, bytes.length]),
    [
      [10, 94],
      [9000, 1],
    ],
  )
})

test('what lies between them is not touched where it may not be zero, or the order is not known', () => {
  const close = [segment(10, 5), segment(20, 1)]
  for (const [lean, data] of [
    [IMPORTED, close],
    [LEAN, close.toReversed()],
    [LEAN, [...close, segment(8, 40)]],
    [LEAN, [...close, {...segment(50, 1), offset: [50n]}]],
  ] as const)
    assert.equal(joinData({...lean, data}).data, data)
})
