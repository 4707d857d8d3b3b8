import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type} from './abi.fixtures.ts'
import {type FlatType, flattenFunc, flattenType, join} from './flatten.ts'

test('types as core types', () => {
  const table: [string, string][] = [
    ['bool', 'i32'],
    ['u64', 'i64'],
    ['f32', 'f32'],
    ['f64', 'f64'],
    ['char', 'i32'],
    ['string', 'ptr ptr'],
    ['list(u64)', 'ptr ptr'],
    ['map(u8,u8)', 'ptr ptr'],
    ['list(u64,3)', 'i64 i64 i64'],
    ['tuple(u8,f32,string)', 'i32 f32 ptr ptr'],
    ['flags(32)', 'i32'],
    ['enum(3)', 'i32'],
    ['option(u64)', 'i32 i64'],
    ['result(_,_)', 'i32'],
    ['result(u32,f32)', 'i32 i32'],
    ['result(f32,f32)', 'i32 f32'],
    ['result(f32,f64)', 'i32 i64'],
    ['result(u32,u64)', 'i32 i64'],
    ['variant(_,tuple(u8,f64),string)', 'i32 ptr i64'],
    ['own', 'i32'],
  ]
  for (const [text, expected] of table)
    assert.equal(flattenType(type(text), 'i32').join(' '), expected.replaceAll('ptr', 'i32'), text)
  assert.deepEqual(flattenType(type('tuple(string,u8)'), 'i64'), ['i64', 'i64', 'i32'])
})

test('the join carries either', () => {
  const all: FlatType[] = ['i32', 'i64', 'f32', 'f64']
  assert.deepEqual(
    all.map(a => all.map(b => join(a, b)).join(' ')),
    ['i32 i64 i32 i64', 'i64 i64 i64 i64', 'i32 i64 f32 i64', 'i64 i64 i64 f64'],
  )
})

test('the seventeenth parameter and the second result go through memory', () => {
  const func = (params: number, result: string | undefined) =>
    flattenFunc(
      {
        async: false,
        params: Array.from({length: params}, (_, i) => ({label: `p${i}`, type: type('u8')})),
        result: result === undefined ? undefined : type(result),
      },
      'i32',
    )
  assert.deepEqual(
    [16, 17].map(count => func(count, undefined).paramsSpilled),
    [false, true],
  )
  assert.deepEqual(
    [undefined, 'u8', 'tuple(u8)', 'string', 'option(u8)'].map(result => func(0, result).resultSpilled),
    [false, false, false, true, true],
  )
})

test('huge types are cut, not written out', () => {
  assert.equal(flattenType(type('list(u8,268435455)'), 'i32').length, 17)
  assert.equal(flattenType(type('list(list(u8,65536),4096)'), 'i32').length, 17)
})
