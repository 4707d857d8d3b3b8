import assert from 'node:assert/strict'
import {after, describe, test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import {MayflyError} from '../base/errors.ts'
import type {Component} from './component.ts'
import {Engine} from './engine.ts'

const engine = new Engine()
after(() => engine.close())

/**
 * `give` takes a value of each type and hands it to the host's `take`; `get` gives what the host's `make` does. So each
 * value goes in and comes out again in both directions.
 */
const TYPES = {
  bool: {type: 'bool', core: 'i32'},
  u8: {type: 'u8', core: 'i32'},
  s8: {type: 's8', core: 'i32'},
  u16: {type: 'u16', core: 'i32'},
  s16: {type: 's16', core: 'i32'},
  u32: {type: 'u32', core: 'i32'},
  s32: {type: 's32', core: 'i32'},
  u64: {type: 'u64', core: 'i64'},
  s64: {type: 's64', core: 'i64'},
  f32: {type: 'f32', core: 'f32'},
  f64: {type: 'f64', core: 'f64'},
  char: {type: 'char', core: 'i32'},
  string: {type: 'string', core: 'i32 i32'},
  bytes: {type: '(list u8)', core: 'i32 i32'},
  longs: {type: '(list s64)', core: 'i32 i32'},
  strings: {type: '(list string)', core: 'i32 i32'},
  pair: {type: '(tuple u8 string)', core: 'i32 i32 i32'},
  maybe: {type: '(option u8)', core: 'i32 i32'},
  twice: {type: '(option (option u8))', core: 'i32 i32 i32'},
  outcome: {type: '(result u8 (error string))', core: 'i32 i32 i32'},
  done: {type: '(result)', core: 'i32'},
  level: {type: '(enum "low" "very-high")', core: 'i32'},
  rights: {type: '(flags "read" "write-all" "constructor")', core: 'i32'},
  point: {type: '(record (field "x" u8) (field "to-string" (option string)))', core: 'i32 i32 i32 i32'},
  shape: {type: '(variant (case "dot") (case "line" (list u8)))', core: 'i32 i32 i32'},
} as const
type Name = keyof typeof TYPES

function component(): string {
  const names = Object.keys(TYPES) as Name[]
  const each = (line: (name: Name) => string) => names.map(line).join('\n')
  return `(component
    (import "t:t/values" (instance $host
      ${each(n => `(type $${n}' ${TYPES[n].type}) (export "${n}" (type $${n} (eq $${n}')))`)}
      ${each(n => `(export "take-${n}" (func (param "v" $${n}) (result $${n})))`)}))
    ${each(n => `(alias export $host "${n}" (type $${n}))`)}
    (core module $L (memory (export "m") 4) (global $next (mut i32) (i32.const 1024))
      (func (export "r") (param i32 i32 i32 i32) (result i32) (local i32)
        (local.set 4 (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
        (global.set $next (i32.add (local.get 4) (local.get 3)))
        (local.get 4)))
    (core instance $l (instantiate $L))
    ${each(n => `(core func $take-${n} (canon lower (func $host "take-${n}") (memory (core memory $l "m")) (realloc (core func $l "r"))))`)}
    (core module $M (import "l" "m" (memory 4))
      ${each(n => {
        const flat = TYPES[n].core.split(' ')
        const isFlat = flat.length === 1
        const signature = isFlat ? `(param ${flat[0]}) (result ${flat[0]})` : `(param ${TYPES[n].core} i32)`
        return `(import "" "take-${n}" (func $take-${n} ${signature}))`
      })}
      ${each(n => {
        const flat = TYPES[n].core.split(' ')
        const args = flat.map((_, i) => `(local.get ${i})`).join(' ')
        return flat.length === 1
          ? `(func (export "${n}") (param ${flat[0]}) (result ${flat[0]}) (call $take-${n} ${args}))`
          : `(func (export "${n}") (param ${TYPES[n].core}) (result i32) (call $take-${n} ${args} (i32.const 64)) (i32.const 64))`
      })})
    (core instance $m (instantiate $M (with "l" (instance $l)) (with "" (instance
      ${each(n => `(export "take-${n}" (func $take-${n}))`)}))))
    ${each(
      n => `(func (export "give-${n}") (param "value" $${n}) (result $${n})
        (canon lift (core func $m "${n}") (memory (core memory $l "m")) (realloc (core func $l "r"))))`,
    )})`
}

const camel = (name: string) => name.charAt(0).toUpperCase() + name.slice(1)
let answer: (value: unknown) => unknown = value => value
const imports = Object.fromEntries(
  Object.keys(TYPES).map(name => [`take${camel(name)}`, (value: unknown) => answer(value)]),
)
const bytes = await parse(component())
const loaded: Component = await engine.load(bytes, {name: 'values', imports: {'t:t/values': imports}})

/** What arrives with the host, and what the call gives: the same for all of these. */
const RIGHT: [name: Name, value: unknown, arrives?: unknown][] = [
  ['bool', true],
  ['u8', 255],
  ['s8', -128],
  ['u16', 65535],
  ['s16', -32768],
  ['u32', 4294967295],
  ['s32', -2147483648],
  ['u64', 2n ** 64n - 1n],
  ['s64', -(2n ** 63n)],
  ['f32', 0.5],
  ['f64', Number.NaN],
  ['f64', Number.NEGATIVE_INFINITY],
  ['char', '🦋'],
  ['string', 'naïve'],
  ['string', '\ud800', '\ufffd'],
  ['bytes', Uint8Array.of(1, 2)],
  ['bytes', Buffer.from('ab'), Uint8Array.of(97, 98)],
  ['bytes', [1, 255], Uint8Array.of(1, 255)],
  ['bytes', [], new Uint8Array()],
  ['longs', [1n, -1n], BigInt64Array.of(1n, -1n)],
  ['strings', ['a', '']],
  ['pair', [7, 'x']],
  ['maybe', undefined],
  ['maybe', null, undefined],
  ['maybe', 0],
  ['twice', {tag: 'some', val: undefined}],
  ['twice', {tag: 'some', val: 3}],
  ['twice', {tag: 'none'}, {tag: 'none'}],
  ['outcome', {tag: 'ok', val: 1}],
  ['outcome', {tag: 'err', val: 'no'}],
  ['done', {tag: 'ok'}, {tag: 'ok', val: undefined}],
  ['level', 'very-high'],
  ['rights', {writeAll: true}, {read: false, writeAll: true, constructor: false}],
  ['rights', {}, {read: false, writeAll: false, constructor: false}],
  ['point', {x: 1, toString: 'p'}],
  ['point', {x: 1}, {x: 1, toString: undefined}],
  ['shape', {tag: 'dot'}],
  ['shape', {tag: 'line', val: Uint8Array.of(9)}],
]

const WRONG: [name: Name, value: unknown, says: RegExp][] = [
  ['bool', 1, /expected a boolean, found the number 1$/],
  ['bool', undefined, /expected a boolean, found undefined$/],
  ['u8', 256, /expected an integer from 0 to 255, found the number 256$/],
  ['u8', 1.5, /found the number 1\.5$/],
  ['u8', '5', /found the string "5"$/],
  ['u32', -1, /from 0 to 4294967295, found the number -1$/],
  ['s32', Number.NaN, /found the number NaN$/],
  ['u32', 5n, /found the bigint 5n$/],
  ['u64', 5, /expected a bigint from 0n to 18446744073709551615n, found the number 5$/],
  ['u64', 2n ** 70n, /found a larger bigint$/],
  ['f64', '1', /expected a number, found the string "1"$/],
  ['char', 'ab', /expected a string of one character, found the string "ab"$/],
  ['char', '\udc00', /one character/],
  ['char', '', /one character/],
  ['string', undefined, /expected a string, found undefined$/],
  ['string', Symbol('s'), /found a symbol$/],
  ['string', Promise.resolve('x'), /found a promise, which nobody has awaited$/],
  ['string', 'x'.repeat(3).split(''), /found an array$/],
  ['bytes', 'ab', /expected an array, found the string "ab"$/],
  ['bytes', new Uint16Array(2), /expected an array, found a Uint16Array$/],
  ['bytes', [1, 256], /\(at \[1\]\): expected an integer from 0 to 255, found the number 256$/],
  ['bytes', {length: 3}, /found an object$/],
  ['longs', [1], /\(at \[0\]\): expected a bigint/],
  ['strings', ['a', 5], /\(at \[1\]\): expected a string, found the number 5$/],
  ['strings', Array(2), /\(at \[0\]\): expected a string, found undefined$/],
  ['pair', [1], /expected an array of 2, found an array$/],
  ['pair', ['x', 1], /\(at \[0\]\): expected an integer/],
  ['maybe', 'x', /expected an integer/],
  ['twice', 3, /expected an object whose tag is one of "some", "none", found the number 3$/],
  ['outcome', 1, /tag is one of "ok", "err", found the number 1$/],
  ['outcome', {tag: 'error'}, /found an object with the string "error"$/],
  ['outcome', {tag: 'ok'}, /\(at val\): expected an integer from 0 to 255, found undefined$/],
  ['outcome', {tag: 'err', val: new Error('x')}, /\(at val\): expected a string, found an object$/],
  ['level', 'veryHigh', /expected one of "low", "very-high", found the string "veryHigh"$/],
  [
    'rights',
    ['read'],
    /expected an object of booleans: read, writeAll, constructor, found an array with the string "0"$/,
  ],
  ['rights', {write: true}, /with the string "write"$/],
  ['rights', {read: 1}, /\(at read\): expected a boolean, found the number 1$/],
  ['point', null, /expected an object with x, toString, found null$/],
  ['point', {x: 1, toString: 3}, /\(at toString\): expected a string, found the number 3$/],
  ['point', {X: 1}, /\(at x\): expected an integer from 0 to 255, found undefined$/],
  ['shape', {tag: 'line', val: [300]}, /\(at val\[0\]\): expected an integer/],
  ['shape', 'dot', /whose tag is one of "dot", "line", found the string "dot"$/],
]

const call = (name: Name, value: unknown): Promise<unknown> => loaded.exports[`give${camel(name)}`](value)

describe('a value of its type arrives, and comes back', () => {
  for (const [i, row] of RIGHT.entries())
    test(`${i} ${row[0]}`, async () => {
      const [name, value] = row
      const arrives = row.length === 3 ? row[2] : value
      const seen: unknown[] = []
      answer = given => {
        seen.push(given)
        return value
      }
      const back = await call(name, value)
      assert.deepEqual([seen[0], back], [arrives, arrives])
    })
})

describe('a value that is not of its type is named before the guest sees it', () => {
  for (const [i, [name, value, says]] of WRONG.entries())
    test(`${i} ${name}`, async () => {
      let asked = false
      answer = given => {
        asked = true
        return given
      }
      const refused = (what: RegExp) => (error: unknown) => {
        assert.ok(error instanceof MayflyError)
        assert.equal(error.code, 'EMBED_BAD_VALUE')
        assert.equal(error.fault, 'user')
        assert.match(error.message, says)
        assert.match(error.message, what)
        return true
      }
      await assert.rejects(call(name, value), refused(/^the argument "value" of give-/))
      assert.equal(asked, false)
      const [, right] = RIGHT.find(each => each[0] === name)!
      for (const later of [false, true]) {
        answer = () => (later ? Promise.resolve(value) : value)
        // A promise is what an async function gives.
        if (value instanceof Promise) continue
        await assert.rejects(call(name, right), refused(/^the result of t:t\/values#take-/))
      }
    })
})

describe('a value that is not what it seems', () => {
  test('is read once: what was checked is what arrives', async () => {
    let reads = 0
    const changing = {
      get x() {
        return reads++ === 0 ? 7 : 'seven'
      },
    }
    answer = value => value
    assert.deepEqual(await call('point', changing), {x: 7, toString: undefined})
    const growing = new Proxy(['a'], {
      get: (target, key) => (key === 'length' ? (reads++ % 2 === 0 ? 1 : 1e6) : Reflect.get(target, key)),
    })
    assert.ok((await call('strings', growing).catch(error => error.code)) !== undefined)
    assert.deepEqual(await call('strings', ['fine']), ['fine'])
  })

  test('that throws while it is read fails the call, with its error as the cause', async () => {
    const mine = new RangeError('not today')
    const throws: PropertyDescriptor = {
      get() {
        throw mine
      },
    }
    const throwing = Object.defineProperty({}, 'x', throws)
    const refused = (error: MayflyError) =>
      error.code === 'EMBED_BAD_VALUE' && /one that throws: not today/.test(error.message)
    await assert.rejects(
      call('point', throwing),
      error => refused(error as MayflyError) && (error as MayflyError).cause === mine,
    )
    answer = () => throwing
    await assert.rejects(call('point', {x: 1}), error => refused(error as MayflyError))
    answer = () => Object.defineProperty({}, 'then', throws)
    await assert.rejects(call('point', {x: 1}), {code: 'TRAP_HOST'})
    answer = () => Object.defineProperty({}, 'x', {get: () => 1})
    assert.deepEqual(await call('point', {x: 1}), {x: 1, toString: undefined})
  })

  test('that is larger than the guest’s memory fails its call only', async () => {
    await assert.rejects(call('string', 'x'.repeat(2 ** 20)), MayflyError)
    answer = () => new Uint8Array(2 ** 24)
    await assert.rejects(call('bytes', []), MayflyError)
    answer = value => value
    assert.equal(await call('string', 'fine'), 'fine')
  })

  test('a typed array whose memory is gone is refused', async () => {
    const array = new Uint8Array(8)
    structuredClone(array, {transfer: [array.buffer]})
    await assert.rejects(call('bytes', array), {code: 'EMBED_BAD_VALUE', message: /transferred/})
  })
})
