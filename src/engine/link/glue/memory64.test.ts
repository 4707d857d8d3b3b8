// Guests whose memory has 64-bit addresses: what crosses, and what is refused as from any other.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import type {StringEncoding} from '../../component/component.ts'
import {blockingFunction, hostFunction} from '../imports.ts'
import {caller, prepare, rootImports, sandboxOf} from '../link.fixtures.ts'
import {type Address, chain, options, type Side} from './memory64.fixtures.ts'

const ENCODINGS: readonly StringEncoding[] = ['utf8', 'utf16', 'latin1+utf16']
const ADDRESSES: readonly (readonly Address[])[] = [['i64'], ['i32', 'i64'], ['i64', 'i32'], ['i64', 'i64']]

const text = fc.oneof(
  fc.string({unit: 'binary', maxLength: 40}),
  fc.string({unit: fc.integer({min: 0, max: 255}).map(code => String.fromCharCode(code)), maxLength: 40}),
)
const u8s = fc.array(fc.integer({min: 0, max: 255}), {maxLength: 40}).map(each => Uint8Array.from(each))
const u32 = fc.integer({min: 0, max: 2 ** 32 - 1})
const u64 = fc.bigInt({min: 0n, max: 2n ** 64n - 1n})
const f64 = fc.double()
const ok = <T>(value: fc.Arbitrary<T>) => value.map(val => ({tag: 'ok', val}))
const err = <T>(value: fc.Arbitrary<T>) => value.map(val => ({tag: 'err', val}))
const option = <T>(value: fc.Arbitrary<T>) => fc.option(value, {nil: undefined})

/** A type, its flat form with `p` for pointers and lengths, and values of it. */
const TYPES: readonly [type: string, flat: string, values: fc.Arbitrary<unknown>][] = [
  ['string', 'p p', text],
  ['(list u8)', 'p p', u8s],
  ['(list f64)', 'p p', fc.array(f64, {maxLength: 20}).map(each => Float64Array.from(each))],
  ['(list string)', 'p p', fc.array(text, {maxLength: 10})],
  [
    '(list (tuple u8 string u64))',
    'p p',
    fc.array(fc.tuple(fc.integer({min: 0, max: 255}), text, u64), {maxLength: 10}),
  ],
  ['(list (list (list u8)))', 'p p', fc.array(fc.array(u8s, {maxLength: 5}), {maxLength: 5})],
  ['(tuple u8 string)', 'i32 p p', fc.tuple(fc.integer({min: 0, max: 255}), text)],
  ['(option string)', 'i32 p p', option(text)],
  // The pointer shares its place with a number, which is an i32 beside one of 32 bits and an i64 beside one of 64.
  ['(result string (error u32))', 'i32 p p', fc.oneof(ok(text), err(u32))],
  ['(result string (error f32))', 'i32 p p', fc.oneof(ok(text), err(fc.float()))],
  [
    '(result (tuple u64 u8) (error string))',
    'i32 i64 p',
    fc.oneof(ok(fc.tuple(u64, fc.integer({min: 0, max: 255}))), err(text)),
  ],
  [
    '(result (tuple f64 u8) (error string))',
    'i32 i64 p',
    fc.oneof(ok(fc.tuple(f64, fc.integer({min: 0, max: 255}))), err(text)),
  ],
  ['(map string u64)', 'p p', fc.array(fc.tuple(text, u64), {maxLength: 8})],
  // Spilled in both directions.
  [`(tuple ${'string '.repeat(9)})`, 'p', fc.tuple(...Array(9).fill(text))],
  [
    '(list (option (list string)) 6)',
    'p',
    fc.tuple(...Array(6).fill(option(fc.array(text, {maxLength: 3})))),
  ],
]

const wellFormed = (value: unknown): unknown =>
  typeof value === 'string'
    ? value.toWellFormed()
    : Array.isArray(value)
      ? value.map(wellFormed)
      : typeof value === 'object' && value !== null && 'val' in value
        ? {...value, val: wellFormed(value.val)}
        : value

const name = (sides: readonly Side[]) =>
  sides.map(({address, encoding}) => `${address} ${encoding}`).join(' → ')

/** Hosts that answer at once, that could let the guest wait, and that do. */
const HOSTS = [
  (answer: (value: unknown) => unknown) => hostFunction((_, value) => answer(value)),
  (answer: (value: unknown) => unknown) => blockingFunction((_, value) => answer(value)),
  (answer: (value: unknown) => unknown) => blockingFunction(async (_, value) => answer(value)),
]

for (const [type, flat, values] of TYPES)
  test(`${type} passes between the host and guests of either address type, there and back`, async () => {
    for (const [turn, addresses] of ADDRESSES.entries())
      for (const [shift, host] of HOSTS.entries()) {
        const sides = addresses.map((address, i) => ({
          address,
          encoding: ENCODINGS[(shift + i * (turn + 1)) % 3]!,
        }))
        const seen: unknown[] = []
        const f = host(value => {
          seen.push(value)
          return value
        })
        const {call, sandbox} = await sandboxOf(chain(type, flat, sides), rootImports({f}))
        await fc.assert(
          fc.asyncProperty(values, async value => {
            seen.length = 0
            assert.deepEqual(await call('run', value), wellFormed(value), name(sides))
            assert.deepEqual(seen, [wellFormed(value)], name(sides))
            sandbox.restore()
            assert.ok(!sandbox.spent)
          }),
          {numRuns: 15},
        )
      }
  })

/** Guests that hand over whatever pointers and lengths they are told to. */
const hostile = (a: Address): string => {
  const number = a === 'i32' ? 'u32' : 'u64'
  const words = `(param "p" ${number}) (param "n" ${number})`
  const give = (encoding: string) =>
    `(canon lift (core func $m "give") (memory (core memory $libc "m")) string-encoding=${encoding})`
  return `(component
    (import "f" (func $f (param "a" string) (result string)))
    (core module $Libc
      (memory (export "m") ${a} 1)
      (global $answer (mut ${a}) (${a}.const 0))
      (func (export "answer") (param ${a}) (global.set $answer (local.get 0)))
      (func (export "realloc") (param ${a} ${a} ${a} ${a}) (result ${a}) (global.get $answer)))
    (core instance $libc (instantiate $Libc))
    (core func $f' (canon lower (func $f) ${options()}))
    (core module $M
      (import "libc" "m" (memory ${a} 1))
      (import "" "f" (func $f (param ${a} ${a} ${a})))
      (func (export "give") (param ${a} ${a}) (result ${a})
        (${a}.store (${a}.const 16) (local.get 0))
        (${a}.store (${a}.add (${a}.const 16) (${a}.const ${a === 'i32' ? 4 : 8})) (local.get 1))
        (${a}.const 16))
      (func (export "at") (param ${a}) (result ${a}) (local.get 0))
      (func (export "ask") (param ${a} ${a} ${a}) (call $f (local.get 0) (local.get 1) (local.get 2)))
      (func (export "take") (param ${a} ${a})))
    (core instance $m (instantiate $M (with "libc" (instance $libc)) (with "" (instance (export "f" (func $f'))))))
    (func (export "utf8") ${words} (result string) ${give('utf8')})
    (func (export "utf16") ${words} (result string) ${give('utf16')})
    (func (export "compact") ${words} (result string) ${give('latin1+utf16')})
    (func (export "bytes") ${words} (result (list u8)) ${give('utf8')})
    (func (export "longs") ${words} (result (list u64)) ${give('utf8')})
    (func (export "strings") ${words} (result (list string)) ${give('utf8')})
    (func (export "at") (param "p" ${number}) (result (tuple u32 u32)) (canon lift (core func $m "at") ${options()}))
    (func (export "ask") ${words} (param "r" ${number}) (canon lift (core func $m "ask")))
    (func (export "answer") (param "p" ${number}) (canon lift (core func $libc "answer")))
    (func (export "take") (param "a" (list u64)) (canon lift (core func $m "take") ${options()})))`
}

const OUT = 'TRAP_OUT_OF_BOUNDS'
const BIG = 2n ** 32n
const HUGE = 2n ** 53n + 8n
const MOST = 2n ** 64n
const TAG = 2n ** 63n

/** What each is told, with memories of either kind; those of 32 bits cannot even say most of it. */
const HOSTILE: readonly [
  func: string,
  wide: readonly bigint[],
  narrow: readonly number[] | undefined,
  code: string,
][] = [
  ['utf8', [65_536n, 1n], [65_536, 1], OUT],
  ['utf8', [65_537n, 0n], [65_537, 0], OUT],
  ['utf8', [MOST - 1n, 2n], [2 ** 32 - 1, 2], OUT],
  ['utf8', [0n, 2n ** 28n], [0, 2 ** 28], OUT],
  ['utf8', [BIG, 1n], undefined, OUT],
  ['utf8', [BIG + 16n, 0n], undefined, OUT],
  ['utf8', [0n, BIG], undefined, OUT],
  ['utf8', [0n, BIG + 1n], undefined, OUT],
  ['utf8', [HUGE, 0n], undefined, OUT],
  ['utf8', [TAG, 0n], undefined, OUT],
  ['utf8', [0n, TAG], undefined, OUT],
  ['utf8', [MOST - 1n, MOST - 1n], undefined, OUT],
  ['utf16', [1n, 0n], [1, 0], 'TRAP_MISALIGNED'],
  ['utf16', [0n, TAG], [0, 2 ** 31], OUT],
  ['utf16', [0n, TAG + 1n], undefined, OUT],
  ['compact', [1n, 0n], [1, 0], 'TRAP_MISALIGNED'],
  ['compact', [0n, TAG + 32_769n], [0, 2 ** 31 + 32_769], OUT],
  ['compact', [0n, 2n ** 31n + 1n], undefined, OUT],
  ['compact', [0n, TAG + BIG], undefined, OUT],
  ['compact', [0n, MOST - 1n], [0, 2 ** 32 - 1], OUT],
  ['bytes', [0n, 65_537n], [0, 65_537], OUT],
  ['bytes', [BIG + 1n, 1n], undefined, OUT],
  ['longs', [4n, 1n], [4, 1], 'TRAP_MISALIGNED'],
  // The length times the size of an element overflows the address type.
  ['longs', [0n, 2n ** 61n], [0, 2 ** 29], OUT],
  ['longs', [8n, 2n ** 61n + 1n], [8, 2 ** 29 + 1], OUT],
  ['strings', [0n, 2n ** 60n], [0, 2 ** 29], OUT],
  ['strings', [MOST - 8n, 1n], [2 ** 32 - 8, 1], OUT],
  ['at', [65_532n], [65_532], OUT],
  ['at', [6n], [6], 'TRAP_MISALIGNED'],
  ['at', [BIG], undefined, OUT],
  ['at', [MOST - 8n], [2 ** 32 - 8], OUT],
  ['ask', [65_536n, 1n, 64n], [65_536, 1, 64], OUT],
  ['ask', [0n, 1n, 65_528n], [0, 1, 65_532], OUT],
  ['ask', [0n, 1n, 66n], [0, 1, 66], 'TRAP_MISALIGNED'],
  ['ask', [BIG, 1n, 64n], undefined, OUT],
  ['ask', [0n, BIG, 64n], undefined, OUT],
  ['ask', [0n, 1n, BIG + 64n], undefined, OUT],
  ['ask', [0n, 1n, MOST - 16n], [0, 1, 2 ** 32 - 8], OUT],
]

/** What realloc answers when it is asked for a place for two numbers of eight bytes. */
const ANSWERS: readonly [wide: bigint, narrow: number | undefined, code: string][] = [
  [65_528n, 65_528, OUT],
  [12n, 12, 'TRAP_MISALIGNED'],
  [MOST - 16n, 2 ** 32 - 16, OUT],
  [MOST - 8n, 2 ** 32 - 8, OUT],
  [BIG + 16n, undefined, OUT],
  [HUGE, undefined, OUT],
  [TAG, undefined, OUT],
]

test('pointers and lengths beyond the memory trap as those of 32 bits do, however great', async () => {
  const imports = rootImports({f: hostFunction(() => '')})
  for (const address of ['i32', 'i64'] as const) {
    const {linked} = await sandboxOf(hostile(address), imports)
    const failing = (code: string, calls: readonly (readonly [string, ...unknown[]])[]): void => {
      const sandbox = prepare(linked).make()
      const call = caller(linked, sandbox)
      const [last, ...before] = calls.toReversed()
      for (const [func, ...args] of before) call(func, ...args)
      assert.throws(() => call(...last!), {code}, `${address} ${calls.join(' ')}`)
    }
    for (const [func, wide, narrow, code] of HOSTILE)
      if (address === 'i64') failing(code, [[func, ...wide]])
      else if (narrow !== undefined) failing(code, [[func, ...narrow]])
    for (const [wide, narrow, code] of ANSWERS)
      if (address === 'i64' || narrow !== undefined)
        failing(code, [
          ['answer', address === 'i64' ? wide : narrow],
          ['take', BigUint64Array.of(1n, 2n)],
        ])
  }
})
