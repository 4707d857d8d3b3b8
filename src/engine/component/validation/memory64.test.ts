import assert from 'node:assert/strict'
import {test} from 'node:test'
import {check} from '../validate.fixtures.ts'

const LIBC = `(core module $L
    (memory (export "m32") 1) (memory (export "m64") i64 1)
    (table (export "t32") 1 funcref) (table (export "t64") i64 1 funcref)
    (func (export "re32") (param i32 i32 i32 i32) (result i32) unreachable)
    (func (export "re64") (param i64 i64 i64 i64) (result i64) unreachable))
  (core instance $l (instantiate $L))`

const memory = (bits: number) => `(memory (core memory $l "m${bits}"))`
const realloc = (bits: number) => `(realloc (core func $l "re${bits}"))`

/** Whether a definition of the core function $f makes one with the signature. */
const makes = (definition: string, signature: string) =>
  check(`${LIBC} ${definition}
    (core module $M (import "" "f" (func ${signature})))
    (core instance (instantiate $M (with "" (instance (export "f" (func $f))))))`)

test('pointers and lengths have the address type of the memory', async () => {
  const wide = `${memory(64)} ${realloc(64)}`
  const lower = (type: string, options: string) =>
    `(import "f" (func $g ${type})) (core func $f (canon lower (func $g) ${options}))`
  const many = '(param "a" (list u8 17))'
  const table: [definition: string, signature: string][] = [
    [lower('(param "a" string)', wide), '(param i64 i64)'],
    [lower('(param "a" (option string))', wide), '(param i32 i64 i64)'],
    [lower('(param "a" (result u32 (error (list u8))))', wide), '(param i32 i64 i64)'],
    [lower('(param "a" (result f32 (error u32)))', wide), '(param i32 i32)'],
    [lower('(param "a" (map string u8))', wide), '(param i64 i64)'],
    [lower('(result string)', wide), '(param i64)'],
    [lower(many, wide), '(param i64)'],
    [lower(many, memory(32)), '(param i32)'],
    [lower(`async ${many} (result u8)`, `async ${wide}`), '(param i64 i64) (result i32)'],
    [lower('async (result u8)', `async ${memory(64)}`), '(param i64) (result i32)'],
    [`(core func $f (canon task.return (result string) ${memory(64)}))`, '(param i64 i64)'],
    [`(core func $f (canon task.return (result (list u8 17)) ${memory(64)}))`, '(param i64)'],
    [`(core func $f (canon waitable-set.wait ${memory(64)}))`, '(param i32 i64) (result i32)'],
    [`(core func $f (canon waitable-set.poll ${memory(64)}))`, '(param i32 i64) (result i32)'],
    [`(core func $f (canon error-context.new ${memory(64)}))`, '(param i64 i64) (result i32)'],
    [`(core func $f (canon error-context.debug-message ${wide}))`, '(param i32 i64)'],
    ...['read', 'write'].flatMap((verb): [string, string][] => [
      [
        `(type $s (stream u8)) (core func $f (canon stream.${verb} $s ${memory(64)} async))`,
        '(param i32 i64 i64) (result i64)',
      ],
      [
        `(type $s (stream)) (core func $f (canon stream.${verb} $s async))`,
        '(param i32 i32 i32) (result i32)',
      ],
      [
        `(type $s (future u8)) (core func $f (canon future.${verb} $s ${memory(64)} async))`,
        '(param i32 i64) (result i32)',
      ],
    ]),
    ['(type $s (stream u8)) (core func $f (canon stream.cancel-read $s))', '(param i32) (result i32)'],
    ['(core func $f (canon context.get i64 0))', '(result i64)'],
    ['(core func $f (canon context.set i64 1))', '(param i64)'],
    ['(type $r (resource (rep i64))) (core func $f (canon resource.new $r))', '(param i64) (result i32)'],
    ['(type $r (resource (rep i64))) (core func $f (canon resource.rep $r))', '(param i32) (result i64)'],
    ['(type $r (resource (rep i64))) (core func $f (canon resource.drop $r))', '(param i32)'],
    [
      '(core type $t (func (param i64))) (core func $f (canon thread.new-indirect $t (core table $l "t64")))',
      '(param i64 i64) (result i32)',
    ],
    [
      '(core type $t (func (param i64))) (core func $f (canon thread.new-indirect $t (core table $l "t32")))',
      '(param i32 i64) (result i32)',
    ],
  ]
  for (const [definition, signature] of table) {
    assert.equal(await makes(definition, signature), undefined, definition)
    const other = signature.includes('i64')
      ? signature.replace('i64', 'i32')
      : signature.replace('i32', 'i64')
    assert.match((await makes(definition, other)) ?? 'accepted', /type mismatch/, definition)
  }
})

test('lifted functions too', async () => {
  const lifted = (type: string, signature: string, options = '') =>
    check(`${LIBC} (core module $M (func (export "f") ${signature} unreachable) (func (export "p") (param i64)))
      (core instance $m (instantiate $M))
      (func ${type} (canon lift (core func $m "f") ${memory(64)} ${realloc(64)} ${options}))`)
  const table: [type: string, signature: string][] = [
    ['(param "a" string)', '(param i64 i64)'],
    ['(param "a" (list u8 17))', '(param i64)'],
    ['(result (tuple u8 u8))', '(result i64)'],
  ]
  for (const [type, signature] of table) {
    assert.equal(await lifted(type, signature), undefined, type)
    assert.match((await lifted(type, signature.replaceAll('i64', 'i32'))) ?? 'accepted', /do not match/, type)
  }
  assert.equal(await lifted('(result string)', '(result i64)', '(post-return (core func $m "p"))'), undefined)
})

test('what does not fit the memory is refused', async () => {
  const table: [rule: string, text: string, RegExp][] = [
    [
      'realloc has its type',
      `(import "f" (func $g (result string))) (core func (canon lower (func $g) ${memory(64)} ${realloc(32)}))`,
      /`realloc` uses a core function with an incorrect signature/,
    ],
    [
      'and the other way round',
      `(import "f" (func $g (result string))) (core func (canon lower (func $g) ${memory(32)} ${realloc(64)}))`,
      /`realloc` uses a core function with an incorrect signature/,
    ],
    [
      'a memory is not shared',
      `(core module $S (memory (export "m") i64 1 1 shared)) (core instance $s (instantiate $S))
       (import "f" (func $g (param "a" string))) (core func (canon lower (func $g) (memory (core memory $s "m"))))`,
      /shared/,
    ],
    [
      'a destructor takes the representation',
      `(core module $D (func (export "d") (param i32))) (core instance $d (instantiate $D))
       (type (resource (rep i64) (dtor (core func $d "d"))))`,
      /wrong signature for a destructor/,
    ],
    [
      'a thread starts with one number of an address type',
      `(core type $t (func (param f64))) (core func (canon thread.new-indirect $t (core table $l "t64")))`,
      /start function/,
    ],
  ]
  for (const [rule, text, expected] of table)
    assert.match((await check(`${LIBC} ${text}`)) ?? 'accepted', expected, rule)
})
