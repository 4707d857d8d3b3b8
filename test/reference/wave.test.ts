// test/reference/wave.test.ts: values as WAVE and back.
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import fc from 'fast-check'
import {types, values} from './arbitrary.ts'
import {edge} from './edge.ts'
import {explained, limits} from './runs.ts'
import type {Prim, Type} from './type.ts'
import {writeWave} from './wave.ts'
import {readWave} from './wave-reader.ts'

const of = (kind: Prim): Type => ({kind})
const list = (of: Type): Type => ({kind: 'list', of, length: undefined})
const option = (of: Type): Type => ({kind: 'option', of})
const record = (...fields: [string, Type][]): Type => ({kind: 'record', fields})
const variant = (...cases: [string, Type | undefined][]): Type => ({kind: 'variant', cases})

const BOTH_WAYS: readonly [type: Type, value: unknown, text: string][] = [
  [of('bool'), true, 'true'],
  [of('s8'), -128, '-128'],
  [of('u32'), 4_294_967_295, '4294967295'],
  [of('s64'), -(2n ** 63n), '-9223372036854775808'],
  [of('u64'), 2n ** 64n - 1n, '18446744073709551615'],
  [of('f64'), Number.NaN, 'nan'],
  [of('f32'), Number.NEGATIVE_INFINITY, '-inf'],
  [of('f32'), Number.POSITIVE_INFINITY, 'inf'],
  [of('f64'), -0, '-0'],
  [of('f64'), 1e300, '1e+300'],
  [of('f64'), 5e-324, '5e-324'],
  [of('f32'), Math.fround(0.1), '0.10000000149011612'],
  [of('char'), "'", "'\\''"],
  [of('char'), '\\', "'\\\\'"],
  [of('char'), '\u{1f600}', "'\u{1f600}'"],
  [of('string'), '', '""'],
  [of('string'), 'a "b"\\\'\t\r\n\0\u{7f}é', '"a \\"b\\"\\\\\\\'\\t\\r\\n\\u{0}\\u{7f}é"'],
  [list(of('u8')), Uint8Array.of(1, 255), '[1, 255]'],
  [list(list(of('bool'))), [[], [true]], '[[], [true]]'],
  [{kind: 'tuple', of: [of('u8'), of('string')]}, [1, ','], '(1, ",")'],
  [
    record(['c-d', of('u8')], ['to-string', option(of('u8'))]),
    {cD: 1, toString: 2},
    '{c-d: 1, to-string: some(2)}',
  ],
  [{kind: 'flags', labels: ['a', 'x1-y2']}, {a: false, x1Y2: true}, '{x1-y2}'],
  [{kind: 'flags', labels: ['a', 'b']}, {a: false, b: false}, '{}'],
  [{kind: 'flags', labels: ['a', 'b']}, {a: true, b: true}, '{a, b}'],
  [{kind: 'enum', labels: ['none', 'info']}, 'none', '%none'],
  [{kind: 'enum', labels: ['none', 'info']}, 'info', 'info'],
  [variant(['ok', undefined], ['some', of('u8')]), {tag: 'ok'}, '%ok'],
  [variant(['ok', undefined], ['some', of('u8')]), {tag: 'some', val: 1}, '%some(1)'],
  [option(of('string')), undefined, 'none'],
  [option(of('string')), 'none', 'some("none")'],
  [option(option(of('u8'))), {tag: 'none'}, 'none'],
  [option(option(of('u8'))), {tag: 'some', val: undefined}, 'some(none)'],
  [option(option(of('u8'))), {tag: 'some', val: 3}, 'some(some(3))'],
  [{kind: 'result', ok: undefined, err: of('u8')}, {tag: 'ok', val: undefined}, 'ok'],
  [{kind: 'result', ok: undefined, err: of('u8')}, {tag: 'err', val: 9}, 'err(9)'],
]

/** What wasmtime prints otherwise than it is written here. */
const READ: readonly [type: Type, text: string, value: unknown][] = [
  [of('f64'), '10000000000000000000000', 1e22],
  [of('f32'), '0.1', Math.fround(0.1)],
  [of('f32'), '340282350000000000000000000000000000000', 3.4028234663852886e38],
  [record(['a', option(of('u8'))], ['b', of('u8')]), '{b: 1}', {a: undefined, b: 1}],
  [record(['a', option(option(of('u8')))]), '{:}', {a: {tag: 'none'}}],
  [of('string'), '"\\u{301}\\u{10FFFF}"\n', '\u0301\u{10ffff}'],
]

const WRONG: readonly [type: Type, text: string][] = [
  [of('u8'), '1.5'],
  [of('u8'), '1 2'],
  [of('s64'), 'nan'],
  [of('f64'), '"1"'],
  [of('string'), '"'],
  [list(of('u8')), '[1 2]'],
  [record(['a', of('u8')]), '{:}'],
  [{kind: 'enum', labels: ['a']}, 'b'],
  [variant(['a', of('u8')]), 'a'],
]

describe('WAVE', () => {
  for (const [type, value, text] of BOTH_WAYS)
    test(`${type.kind} ${text}`, () => {
      assert.equal(writeWave(type, value), text)
      assert.deepStrictEqual(readWave(type, text), value)
    })

  for (const [type, text, value] of READ)
    test(`${type.kind} from ${text}`, () => assert.deepStrictEqual(readWave(type, text), value))

  for (const [type, text] of WRONG)
    test(`no ${type.kind} from ${text}`, () => assert.throws(() => readWave(type, text), /expected/))

  test('what is written is read', async () => {
    const typed = types(undefined)
      .map(edge)
      .chain(type => fc.tuple(fc.constant(type), values(type)))
    await fc.assert(
      fc.asyncProperty(typed, ([type, value]) => {
        const text = writeWave(type, value)
        return explained(text, type, value, async () => assert.deepStrictEqual(readWave(type, text), value))
      }),
      limits,
    )
  })
})
