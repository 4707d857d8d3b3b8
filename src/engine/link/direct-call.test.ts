import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {blockingFunction, hostFunction, type Imports} from './imports.ts'
import {link, rootImports, sandboxOf} from './link.fixtures.ts'

/** Two components: what the inner one exports as `f`, the outer one calls with what it is given. */
const pair = (inner: string, outer: string, more = '') => `(component
  ${more}
  (component $Inner ${inner})
  (instance $inner (instantiate $Inner ${more === '' ? '' : '(with "h" (func $h))'}))
  (component $Outer ${outer})
  (instance $outer (instantiate $Outer (with "f" (func $inner "f"))))
  (export "run" (func $outer "run")))`

/** `core` hands a raw 64-bit word over as its own type, and back. */
const CORES = {
  i32: {from: 'i32.wrap_i64', to: 'i64.extend_i32_u'},
  i64: {from: '', to: ''},
  f32: {from: 'i32.wrap_i64 f32.reinterpret_i32', to: 'i32.reinterpret_f32 i64.extend_i32_u'},
  f64: {from: 'f64.reinterpret_i64', to: 'i64.reinterpret_f64'},
}
type Core = keyof typeof CORES

/** The word that arrives when a component passes a word of a type to another, as a parameter. */
const asParameter = (type: string, core: Core) =>
  pair(
    `(core module $M (func (export "f") (param ${core}) (result i64) local.get 0 ${CORES[core].to}))
     (core instance $m (instantiate $M))
     (type $t' ${type}) (export $t "t" (type $t'))
     (func (export "f") (param "x" $t) (result u64) (canon lift (core func $m "f")))`,
    `(type $t' ${type}) (import "t" (type $t (eq $t')))
     (import "f" (func $f (param "x" $t) (result u64)))
     (core func $f' (canon lower (func $f)))
     (core module $M (import "" "f" (func $f (param ${core}) (result i64)))
       (func (export "run") (param i64) (result i64) local.get 0 ${CORES[core].from} call $f))
     (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
     (func (export "run") (param "x" u64) (result u64) (canon lift (core func $m "run")))`,
  ).replace('(with "f"', '(with "t" (type $inner "t")) (with "f"')

/** The same as a result. */
const asResult = (type: string, core: Core) =>
  pair(
    `(core module $M (func (export "f") (param i64) (result ${core}) local.get 0 ${CORES[core].from}))
     (core instance $m (instantiate $M))
     (type $t' ${type}) (export $t "t" (type $t'))
     (func (export "f") (param "x" u64) (result $t) (canon lift (core func $m "f")))`,
    `(type $t' ${type}) (import "t" (type $t (eq $t')))
     (import "f" (func $f (param "x" u64) (result $t)))
     (core func $f' (canon lower (func $f)))
     (core module $M (import "" "f" (func $f (param i64) (result ${core})))
       (func (export "run") (param i64) (result i64) local.get 0 call $f ${CORES[core].to}))
     (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
     (func (export "run") (param "x" u64) (result u64) (canon lift (core func $m "run")))`,
  ).replace('(with "f"', '(with "t" (type $inner "t")) (with "f"')

const enumOf = (count: number) => `(enum ${Array.from({length: count}, (_, i) => `"c${i}"`).join(' ')})`
const flagsOf = (count: number) => `(flags ${Array.from({length: count}, (_, i) => `"c${i}"`).join(' ')})`

/** CanonicalABI.md, Flat Lifting: what each core value stands for; undefined where it traps. */
const CROSSES: [type: string, core: Core, given: bigint, arrives: bigint | undefined][] = [
  ['bool', 'i32', 0n, 0n],
  ['bool', 'i32', 256n, 1n],
  ['u8', 'i32', 0xfffff1ffn, 0xffn],
  ['s8', 'i32', 0x80n, 0xffffff80n],
  ['s8', 'i32', 0xff7fn, 0x7fn],
  ['u16', 'i32', 0xfff12345n, 0x2345n],
  ['s16', 'i32', 0x18000n, 0xffff8000n],
  ['u32', 'i32', 0xffffffffn, 0xffffffffn],
  ['s32', 'i32', 0x80000000n, 0x80000000n],
  ['u64', 'i64', 0xffffffffffffffffn, 0xffffffffffffffffn],
  ['s64', 'i64', 1n << 63n, 1n << 63n],
  ['f32', 'f32', 0x3f800000n, 0x3f800000n],
  ['f32', 'f32', 0xff812345n, 0x7fc00000n],
  ['f32', 'f32', 0x80000000n, 0x80000000n],
  ['f64', 'f64', 0xfff8000000000123n, 0x7ff8000000000000n],
  ['f64', 'f64', 0xfff0000000000000n, 0xfff0000000000000n],
  ['char', 'i32', 0n, 0n],
  ['char', 'i32', 0xd7ffn, 0xd7ffn],
  ['char', 'i32', 0xd800n, undefined],
  ['char', 'i32', 0xdfffn, undefined],
  ['char', 'i32', 0xe000n, 0xe000n],
  ['char', 'i32', 0x10ffffn, 0x10ffffn],
  ['char', 'i32', 0x110000n, undefined],
  ['char', 'i32', 0xffffffffn, undefined],
  [enumOf(3), 'i32', 2n, 2n],
  [enumOf(3), 'i32', 3n, undefined],
  [enumOf(3), 'i32', 0xffffffffn, undefined],
  [flagsOf(3), 'i32', 0xffn, 7n],
  [flagsOf(31), 'i32', 0xffffffffn, 0x7fffffffn],
  [flagsOf(32), 'i32', 0xffffffffn, 0xffffffffn],
  ['(tuple u8)', 'i32', 0x1ffn, 0xffn],
  ['(record (field "x" (tuple char)))', 'i32', 0xd800n, undefined],
]

describe('a number that one component passes to another', () => {
  for (const [place, make] of [
    ['parameter', asParameter],
    ['result', asResult],
  ] as const)
    for (const [type, core, given, arrives] of CROSSES)
      test(`${place} ${type}: ${given.toString(16)} is ${arrives?.toString(16) ?? 'refused'}`, async () => {
        const {call, linked} = await sandboxOf(make(type, core))
        assert.match(linked.source, /directCall\(/)
        if (arrives === undefined) assert.throws(() => call('run', given), {code: 'TRAP_BAD_VALUE'})
        else assert.equal(call('run', given), arrives)
      })

  test('sixteen of them cross in their order, and seventeen by way of memory', async () => {
    const types = ['u8', 's64', 'f32', 'f64', 'char', 'bool', 's8', 'u16'].flatMap(type => [type, type])
    const cores = ['i32', 'i64', 'f32', 'f64', 'i32', 'i32', 'i32', 'i32'].flatMap(core => [core, core])
    const params = types.map((type, i) => `(param "p${i}" ${type})`).join(' ')
    const weigh = cores.map((core, i) => {
      const value =
        core === 'i32' || core === 'i64' ? '' : `${core === 'f32' ? 'i32' : 'i64'}.trunc_${core}_s`
      const wide = core === 'i32' || core === 'f32' ? 'i64.extend_i32_s' : ''
      return `local.get ${i} ${value} ${wide} i64.const ${i + 1} i64.mul i64.add`
    })
    const {call, linked} = await sandboxOf(
      pair(
        `(core module $M (func (export "f") (param ${cores.join(' ')}) (result i64) i64.const 0 ${weigh.join(' ')}))
         (core instance $m (instantiate $M))
         (func (export "f") ${params} (result s64) (canon lift (core func $m "f")))`,
        `(import "f" (func $f ${params} (result s64)))
         (core func $f' (canon lower (func $f)))
         (core module $M (import "" "f" (func $f (param ${cores.join(' ')}) (result i64)))
           (func (export "run") (result i64) ${cores.map((core, i) => `${core}.const ${i % 2}`).join(' ')} call $f))
         (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
         (func (export "run") (result s64) (canon lift (core func $m "run")))`,
      ),
    )
    assert.match(linked.source, /directCall\(/)
    assert.equal(call('run'), 2n + 4n + 6n + 8n + 10n + 12n + 14n + 16n)
  })
})

test('a function whose core type is more than a signature is called by way of JavaScript', async () => {
  for (const type of [
    '(type $t (sub (func (param i32) (result i32))))',
    '(rec (type $t (func (param i32) (result i32))) (type (func)))',
  ]) {
    const {call, linked} = await sandboxOf(
      asParameter('u8', 'i32').replace(
        '(core module $M (func (export "f") (param i32) (result i64)',
        `(core module $M ${type.replace('(result i32)', '(result i64)')} (func (export "f") (type $t)`,
      ),
    )
    assert.doesNotMatch(linked.source, /directCall\(/)
    assert.equal(call('run', 0x1ffn), 0xffn)
  }
})

const CALLEE = `(core module $M (func (export "f") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1))))
  (core instance $m (instantiate $M))
  (func (export "f") (param "x" u32) (result u32) (canon lift (core func $m "f")))`

/** Calls f from its own code, from realloc where $early is set, and from post-return where $late is. */
const CLOSING = pair(
  CALLEE,
  `(import "f" (func $f (param "x" u32) (result u32)))
   (core func $f' (canon lower (func $f)))
   (core module $M (import "" "f" (func $f (param i32) (result i32))) (memory (export "m") 1)
     (global $early (mut i32) (i32.const 0)) (global $late (mut i32) (i32.const 0))
     (func (export "realloc") (param i32 i32 i32 i32) (result i32)
       (if (global.get $early) (then (drop (call $f (i32.const 1))))) (i32.const 64))
     (func (export "post") (param i32) (if (global.get $late) (then (drop (call $f (i32.const 1))))))
     (func (export "run") (param i32 i32) (result i32)
       (global.set $early (i32.eq (local.get 1) (i32.const 2)))
       (global.set $late (i32.eq (local.get 1) (i32.const 3)))
       (call $f (local.get 1))))
   (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
   (func (export "run") (param "s" string) (result u32)
     (canon lift (core func $m "run") (memory (core memory $m "m")) (realloc (core func $m "realloc"))
       (post-return (core func $m "post"))))`,
)

describe('an instance that must not leave cannot call another', () => {
  test('from realloc', async () => {
    const {call} = await sandboxOf(CLOSING)
    assert.equal(call('run', 'a'), 2)
    assert.equal(call('run', 'ab'), 3, 'realloc of the next call calls f')
    assert.throws(() => call('run', 'a'), {code: 'TRAP_CANNOT_LEAVE'})
  })

  test('from post-return', async () => {
    const {call} = await sandboxOf(CLOSING)
    assert.throws(() => call('run', 'abc'), {code: 'TRAP_CANNOT_LEAVE'})
  })

  test('and one that may is not looked at where nothing could forbid it', async () => {
    const {linked} = await sandboxOf(
      pair(
        CALLEE,
        `(import "f" (func $f (param "x" u32) (result u32)))
         (core func $f' (canon lower (func $f)))
         (core module $M (import "" "f" (func $f (param i32) (result i32)))
           (func (export "run") (param i32) (result i32) (call $f (local.get 0))))
         (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
         (func (export "run") (param "x" u32) (result u32) (canon lift (core func $m "run")))`,
      ),
    )
    assert.doesNotMatch(linked.source, /mayLeaveGlobal\(\)/)
  })
})

test('an exception does not get from one component into another, with or without a check of the result', async () => {
  for (const type of ['u32', 'u8']) {
    const {call} = await sandboxOf(
      pair(
        `(core module $M (tag $e) (func (export "f") (param i32) (result i32)
           (if (local.get 0) (then (throw $e))) (i32.const 511)))
         (core instance $m (instantiate $M))
         (func (export "f") (param "x" u32) (result ${type}) (canon lift (core func $m "f")))`,
        `(import "f" (func $f (param "x" u32) (result ${type})))
         (core func $f' (canon lower (func $f)))
         (core module $M (import "" "f" (func $f (param i32) (result i32)))
           (func (export "run") (param i32) (result i32)
             (block $caught (return (try_table (result i32) (catch_all $caught) (call $f (local.get 0)))))
             (i32.const 99)))
         (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
         (func (export "run") (param "x" u32) (result u32) (canon lift (core func $m "run")))`,
      ),
    )
    assert.equal(call('run', 0), type === 'u32' ? 511 : 255)
    assert.throws(() => call('run', 1), {code: 'TRAP_CORE', message: /exception that nothing catches/})
  }
})

/** The inner component adds what the host answers; the outer one passes on what it is given. */
const WAITING = pair(
  `(import "h" (func $h (param "x" u32) (result u32)))
   (core func $h' (canon lower (func $h)))
   (core module $M (import "" "h" (func $h (param i32) (result i32)))
     (func (export "f") (param i32) (result i32) (i32.add (call $h (local.get 0)) (call $h (local.get 0)))))
   (core instance $m (instantiate $M (with "" (instance (export "h" (func $h'))))))
   (func (export "f") (param "x" u32) (result u8) (canon lift (core func $m "f")))`,
  `(import "f" (func $f (param "x" u32) (result u8)))
   (core func $f' (canon lower (func $f)))
   (core module $M (import "" "f" (func $f (param i32) (result i32)))
     (func (export "run") (param i32) (result i32) (call $f (local.get 0))))
   (core instance $m (instantiate $M (with "" (instance (export "f" (func $f'))))))
   (func (export "run") (param "x" u32) (result u32) (canon lift (core func $m "run")))`,
  '(import "h" (func $h (param "x" u32) (result u32)))',
)

test('a callee waits for the host with all its callers', async () => {
  let waits = true
  const h = blockingFunction((_, x: number) =>
    waits ? new Promise(resolve => setImmediate(resolve, x + 100)) : x,
  )
  const {call, linked, sandbox} = await sandboxOf(WAITING, rootImports({h}))
  assert.match(linked.source, /directCall\(/)
  const waiting = call('run', 50)
  assert.ok(waiting instanceof Promise)
  assert.throws(() => call('run', 1), {code: 'TRAP_REENTERED'})
  assert.equal(await waiting, 300 & 255)
  waits = false
  assert.equal(call('run', 4), 8)
  assert.ok(!sandbox.waiting)
})

test('a callee that may wait and whose core type is more than a signature is refused before it runs', async () => {
  const grouped = WAITING.replace(
    '(func (export "f") (param i32) (result i32) (i32.add',
    '(rec (type $t (func (param i32) (result i32))) (type (func))) (func (export "f") (type $t) (i32.add',
  )
  const refused = link(grouped, rootImports({h: blockingFunction(() => 0)}))
  await assert.rejects(refused, {code: 'LINK_UNSUPPORTED', message: /recursion group/})
})

/** Something of the asynchronous ABI beside `component`. */
const asynchronous = (component: string, imports: Imports) =>
  link(
    component.replace(
      /\)$/,
      `(core module $A (func (export "a") (result i32) (i32.const 0)) (func (export "c") (param i32 i32 i32) (result i32) (i32.const 0)))
       (core instance $a (instantiate $A))
       (func (export "wait") async (canon lift (core func $a "a") async (callback (core func $a "c")))))`,
    ),
    imports,
  )

describe('beside the asynchronous ABI', () => {
  test('a call into an instance that has nothing of it is direct', async () => {
    const component = WAITING
    const linked = await asynchronous(component, rootImports({h: hostFunction((_, x) => x)}))
    assert.match(linked.source, /directCall\(/)
  })

  test('one into an instance that may wait is a task', async () => {
    const linked = await asynchronous(WAITING, rootImports({h: blockingFunction((_, x) => x)}))
    assert.doesNotMatch(linked.source, /directCall\(/)
  })

  test('one into an instance that may ask whose task it is in is a task', async () => {
    const component = WAITING.replace(
      `(core func $h' (canon lower (func $h)))`,
      `(core func $h' (canon lower (func $h))) (core func (canon context.get i32 0))`,
    )
    const linked = await asynchronous(component, rootImports({h: hostFunction((_, x) => x)}))
    assert.doesNotMatch(linked.source, /directCall\(/)
  })
})
