import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import fc from 'fast-check'
import {MayflyError} from '../../base/errors.ts'
import {decodeComponent} from './decode.ts'
import {check} from './validate.fixtures.ts'
import {validateComponent} from './validate.ts'

const repeat = (count: number, text: (index: number) => string): string =>
  Array.from({length: count}, (_, index) => text(index)).join('\n')

const libc = `(core module $L (memory (export "m") 1)
    (func (export "f"))
    (func (export "cb") (param i32 i32 i32) (result i32) unreachable)
    (func (export "re") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $l (instantiate $L))`

test('rules that the reference suite leaves out', async () => {
  const table: [string, string, RegExp | undefined][] = [
    ['a fixed list has elements', '(type (list u8 0))', /more than zero/],
    ['a key is simple', '(type (map f32 u8))', /keys of a map/],
    ['a key may be an alias of a simple type', '(type $k string) (type (map $k u8))', undefined],
    ['borrows do not stream', '(type $r (resource (rep i32))) (type (stream (borrow $r)))', /borrow/],
    ['nor hide in a future', '(type $r (resource (rep i32))) (type (future (list (borrow $r))))', /borrow/],
    [
      'async is part of a function type',
      '(import "f" (func $f)) (component $c (import "f" (func async))) (instance (instantiate $c (with "f" (func $f))))',
      /expected async function/,
    ],
    ['context slots', '(core func (canon context.get i32 2))', /zero or one/],
    ['context types', '(core func (canon context.set f32 0))', /`i32` or `i64`/],
    [
      'one component has one context type',
      '(core func (canon context.set i64 0)) (core func (canon context.get i32 1))',
      /previous context type/,
    ],
    [
      'each component has its own',
      '(core func (canon context.set i64 0)) (component (core func (canon context.get i32 1)))',
      undefined,
    ],
    [
      'streams are not futures',
      '(type $s (stream u8)) (core func (canon future.new $s))',
      /requires a future type/,
    ],
    [
      'reads need a memory',
      '(type $s (stream u8)) (core func (canon stream.read $s))',
      /`memory` is required/,
    ],
    ['reads of nothing do not', '(type $s (stream)) (core func (canon stream.read $s))', undefined],
    [
      'reads of strings need realloc',
      `${libc} (type $s (stream string)) (core func (canon stream.read $s (memory (core memory $l "m"))))`,
      /`realloc` is required/,
    ],
    [
      'writes of strings do not',
      `${libc} (type $s (stream string)) (core func (canon stream.write $s (memory (core memory $l "m"))))`,
      undefined,
    ],
    [
      'task.return takes no realloc',
      `${libc} (core func (canon task.return (memory (core memory $l "m")) (realloc (core func $l "re"))))`,
      /cannot be specified/,
    ],
    [
      'a callback goes with async',
      `${libc} (func (canon lift (core func $l "f") (callback (core func $l "cb"))))`,
      /requires `async`/,
    ],
    [
      'a post-return does not',
      `${libc} (type $t (func async)) (func (type $t) (canon lift (core func $l "f") async (post-return (core func $l "f"))))`,
      /together with `async`/,
    ],
    ['a versioned name', '(import "a:b/c@01.0.0" (instance))', /leading zero/],
    [
      'threads start with one i32',
      `(core type $t (func)) (core module $m (table (export "t") 1 funcref)) (core instance $i (instantiate $m)) (core func (canon thread.new-indirect $t (core table $i "t")))`,
      /start function/,
    ],
    ['a static needs its resource', '(import "[static]a.b" (func))', /not known/],
    [
      'nested components cannot use outer resources',
      '(type $r (resource (rep i32))) (component (alias outer 1 0 (type)))',
      /transitively refers/,
    ],
    [
      'component types bind their own resources',
      '(type $c (component (import "r" (type (sub resource))))) (component (alias outer 1 0 (type)))',
      undefined,
    ],
  ]
  for (const [rule, text, expected] of table) {
    const found = await check(text)
    if (expected === undefined) assert.equal(found, undefined, rule)
    else assert.match(found ?? 'accepted', expected, rule)
  }
})

test('functions of one shape flatten as the ABI says', async () => {
  const lifted = (params: string, core: string): Promise<string | undefined> =>
    check(`(core module $m (memory (export "m") 1) (func (export "f") (param ${core}))
      (func (export "re") (param i32 i32 i32 i32) (result i32) unreachable))
      (core instance $i (instantiate $m)) ${params}
      (func (param "p" $t) (canon lift (core func $i "f") (memory (core memory $i "m")) (realloc (core func $i "re"))))`)
  const table: [string, string][] = [
    ['(type $t (variant (case "a" u32) (case "b" f32)))', 'i32 i32'],
    ['(type $t (variant (case "a" u32) (case "b" f64)))', 'i32 i64'],
    ['(type $t (variant (case "a" f32) (case "b" f32)))', 'i32 f32'],
    ['(type $t (option string))', 'i32 i32 i32'],
    ['(type $t (result s64 (error string)))', 'i32 i64 i32'],
    ['(type $t (list u16 3))', 'i32 i32 i32'],
    ['(type $t (list u16 17))', 'i32'],
    ['(type $t (flags "a" "b"))', 'i32'],
    ['(type $t (map string u8))', 'i32 i32'],
    ['(type $t (enum "a" "b"))', 'i32'],
  ]
  for (const [type, core] of table) {
    assert.equal(await lifted(type, core), undefined, type)
    assert.match((await lifted(type, `${core} i64`)) ?? 'accepted', /do not match/, type)
  }
})

test('types nested by sharing are refused before they grow', async () => {
  const doubling = (of: string, by: (type: string) => string): string =>
    `(type $t0 ${of}) ${repeat(64, i => `(type $t${i + 1} ${by(`$t${i}`)})`)}`
  assert.match((await check(doubling('u8', t => `(tuple ${t} ${t})`))) ?? '', /exceeds/)
  assert.match(
    (await check(doubling('u8', t => `(result (list ${t}) (error (list ${t})))`))) ?? '',
    /effective type size/,
  )
  assert.match(
    (await check(`(type $t0 u8) ${repeat(200, i => `(type $t${i + 1} (list $t${i}))`)}`)) ?? '',
    /too deep/,
  )
  const instances = `(type $t0 (instance (export "r" (type (sub resource)))))
    ${repeat(64, i => `(type $t${i + 1} (instance (export "a" (instance (type $t${i}))) (export "b" (instance (type $t${i})))))`)}`
  assert.match((await check(instances)) ?? '', /effective type size|too complex/)
})

test('components that double inside one another are refused before they grow', async () => {
  const text = `(component $c0 (type $r (resource (rep i32))) (export "r" (type $r)))
    ${repeat(
      64,
      i => `(component $c${i + 1}
      (alias outer 1 ${i} (component $c))
      (instance $a (instantiate $c)) (instance $b (instantiate $c))
      (export "a" (instance $a)) (export "b" (instance $b)))`,
    )}`
  assert.match((await check(text)) ?? '', /effective type size|too complex/)
})

test('many uses of a big type are paid out of a budget', async () => {
  const text = `(type $i (instance (export "r" (type $r (sub resource)))
    ${repeat(2000, i => `(export "f${i}" (func (param "r" (borrow $r))))`)}))
    ${repeat(2000, i => `(import "i${i}" (instance (type $i)))`)}`
  assert.match((await check(text)) ?? 'accepted', /too complex/)
})

test('values: bytes are of their type, and each is used once', () => {
  const preamble = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00]
  const types = [7, 9, 3, 0x6f, 2, 0x7f, 0x7b, 0x70, 0x00, 0x6b, 0x74]
  // The value's type and bytes, exported as often as `uses` says.
  const validate = (type: number, bytes: number[], uses: number): void => {
    const value = [1, type, bytes.length, ...bytes]
    const exports = Array.from({length: uses}, (_, i) => [0x00, 1, 0x61 + i, 0x02, 0, 0]).flat()
    const sections = [...types, 12, value.length, ...value, 11, exports.length + 1, uses, ...exports]
    validateComponent(decodeComponent(Uint8Array.from([...preamble, ...sections])))
  }
  validate(1, [2, 1, 0xff, 0xff, 0x03, 0, 1], 1)
  validate(2, [1, 0xe2, 0x98, 0x83], 1)
  validate(0x75, [0, 0, 0, 0, 0, 0, 0xf8, 0x7f], 1)
  const table: [number, number[], number, RegExp][] = [
    [0x7f, [1], 0, /not used/],
    [0x7f, [1], 2, /more than once/],
    [0x7f, [2], 1, /not a bool/],
    [0x7b, [0x80, 0x80, 0x04], 1, /not a u16/],
    [0x7f, [1, 0], 1, /longer/],
    [0x79, [], 1, /unexpected end/],
    [0x76, [1, 0, 0xc0, 0x7f], 1, /NaN/],
    [0x74, [0xed, 0xa0, 0x80], 1, /UTF-8/],
    [2, [2], 1, /case/],
  ]
  for (const [type, bytes, uses, reason] of table) assert.throws(() => validate(type, bytes, uses), reason)
})

test('long chains of aliases and long names take no time', async () => {
  const text = `(type $t u8) ${repeat(20_000, i => `(alias outer 0 ${i} (type))`)} (import "a${'-1'.repeat(20_000)}" (func))`
  assert.equal(await check(text), undefined)
  assert.match((await check(`(import "a${'-1'.repeat(20_000)}_" (func))`)) ?? '', /kebab case/)
  assert.match((await check(`(import "a:b/c@${'1'.repeat(20_000)}.0.0" (func))`)) ?? '', /exceeds/)
})

test('a mutated component ends in success or a MayflyError', async () => {
  const seeds = [
    `${libc} (import "i" (instance $i (export "r" (type $r (sub resource))) (export "f" (func (param "x" (borrow $r)) (result string)))))
     (alias export $i "f" (func $f)) (core func (canon lower (func $f) (memory (core memory $l "m")) (realloc (core func $l "re"))))`,
    `(component $c (import "a" (type $a (sub resource))) (import "f" (func (result (own $a)))) (export "b" (type $a)))
     (type $r (resource (rep i32))) (export $x "x" (type $r)) (core module (import "a" "b" (memory 1)))
     (type (component (import "c" (component (export "d" (instance))))))`,
    `(type $v (variant (case "a" (list u8)) (case "b" (result string (error u64))))) (export $w "v" (type $v))
     (type $s (stream u8)) (core func (canon stream.new $s)) (core type (module (import "a" "b" (func)) (export "c" (table 1 funcref))))`,
  ]
  for (const seed of seeds) {
    const bytes = await parse(`(component ${seed})`)
    validateComponent(decodeComponent(bytes))
    const edits = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), {minLength: 1, maxLength: 4})
    fc.assert(
      fc.property(edits, list => {
        const mutant = Uint8Array.from(bytes)
        for (const [at, value] of list) mutant[at] = value
        try {
          validateComponent(decodeComponent(mutant))
        } catch (error) {
          if (!(error instanceof MayflyError)) throw error
        }
      }),
      {numRuns: 3000},
    )
  }
})
