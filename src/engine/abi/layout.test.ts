import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type} from './abi.fixtures.ts'
import {alignTo, discriminantSize, layoutOf, recordLayout} from './layout.ts'

test('sizes and alignments, with 32-bit and with 64-bit pointers', () => {
  const table: [string, [size: number, align: number], [size: number, align: number]][] = [
    ['bool', [1, 1], [1, 1]],
    ['u16', [2, 2], [2, 2]],
    ['char', [4, 4], [4, 4]],
    ['s64', [8, 8], [8, 8]],
    ['f32', [4, 4], [4, 4]],
    ['string', [8, 4], [16, 8]],
    ['list(u8)', [8, 4], [16, 8]],
    ['map(u8,u8)', [8, 4], [16, 8]],
    ['list(u16,3)', [6, 2], [6, 2]],
    ['list(tuple(u8,u32),3)', [24, 4], [24, 4]],
    ['own', [4, 4], [4, 4]],
    ['borrow', [4, 4], [4, 4]],
    ['tuple(u8,u32)', [8, 4], [8, 4]],
    ['record(u8,u16,u8,u64,u8)', [24, 8], [24, 8]],
    ['record(u8,string)', [12, 4], [24, 8]],
    ['flags(1)', [1, 1], [1, 1]],
    ['flags(8)', [1, 1], [1, 1]],
    ['flags(9)', [2, 2], [2, 2]],
    ['flags(17)', [4, 4], [4, 4]],
    ['flags(32)', [4, 4], [4, 4]],
    ['enum(256)', [1, 1], [1, 1]],
    ['enum(257)', [2, 2], [2, 2]],
    ['enum(65537)', [4, 4], [4, 4]],
    ['option(u8)', [2, 1], [2, 1]],
    ['option(u64)', [16, 8], [16, 8]],
    ['option(string)', [12, 4], [24, 8]],
    ['result(_,_)', [1, 1], [1, 1]],
    ['result(u8,u32)', [8, 4], [8, 4]],
    ['variant(_,u64,tuple(u8,u8))', [16, 8], [16, 8]],
  ]
  for (const [text, narrow, wide] of table) {
    assert.deepEqual(Object.values(layoutOf(type(text), 'i32')), narrow, text)
    assert.deepEqual(Object.values(layoutOf(type(text), 'i64')), wide, `${text}, 64 bits`)
  }
})

test('fields lie one after the other, each at its alignment', () => {
  const elements = ['u8', 'u64', 'u8', 'u16'].map(type)
  assert.deepEqual(recordLayout(elements, 'i32').offsets, [0, 8, 16, 18])
  assert.deepEqual(
    [0, 1, 8, 9].map(offset => alignTo(offset, 8)),
    [0, 8, 8, 16],
  )
})

test('discriminants widen where cases run out', () => {
  assert.deepEqual([1, 256, 257, 65_536, 65_537].map(discriminantSize), [1, 1, 2, 2, 4])
})
