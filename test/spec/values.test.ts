import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type Const, matches, readConst, toValue} from './values.ts'
import {readWast} from './wast.ts'

const read = (text: string): Const => readConst(readWast(text)[0]!)

test('constants become the values that cross the border, and match them', () => {
  const table: [string, unknown, unknown[]][] = [
    ['(u32.const 0x1_0)', 16, [17, 16n]],
    ['(s64.const -5)', -5n, [-5]],
    ['(f32.const 0.1)', Math.fround(0.1), [0.1]],
    ['(f64.const nan:canonical)', Number.NaN, [0]],
    ['(f64.const -inf)', Number.NEGATIVE_INFINITY, [0]],
    ['(bool.const true)', true, [1]],
    ['(str.const "\\u{2603}\\n\\e2\\98\\83")', '☃\n☃', ['']],
    ['(list.const (u8.const 1) (u8.const 2))', Uint8Array.of(1, 2), [[1]]],
    ['(list.const (str.const "a"))', ['a'], [['b'], []]],
    [
      '(record.const (field "a-b" u8.const 1) (field "c" (str.const "x")))',
      {aB: 1, c: 'x'},
      [{aB: 2, c: 'x'}],
    ],
    ['(flags.const "f-1" "b")', {f1: true, b: true}, [{f1: true}, {f1: true, b: true, c: true}]],
    ['(variant.const "a" (u8.const 1))', {tag: 'a', val: 1}, [{tag: 'b', val: 1}]],
    ['(enum.const "red")', 'red', ['blue']],
    ['(option.some (u8.const 1))', 1, [undefined]],
    ['(option.none)', undefined, [0]],
    ['(option.some (option.none))', {tag: 'some', val: undefined}, [undefined, {tag: 'none'}]],
    ['(result.err (str.const "e"))', {tag: 'err', val: 'e'}, [{tag: 'ok'}]],
  ]
  for (const [text, value, others] of table) {
    const constant = read(text)
    assert.deepEqual(toValue(constant), value, text)
    assert.ok(matches(constant, value), text)
    for (const other of others) assert.ok(!matches(constant, other), text)
  }
  assert.ok(matches(read('(flags.const "a")'), {a: true, b: false}))
})

test('comments nest, and an open list is an error with its line', () => {
  assert.equal(readWast('(a (; x (; y ;) ) ;) b) ;; )\n(c)').length, 2)
  assert.throws(() => readWast('(a)\n(b'), /line 2/)
  assert.throws(() => readWast('\n)'), /line 2/)
})
