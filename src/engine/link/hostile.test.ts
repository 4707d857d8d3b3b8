// engine/link/hostile.test.ts: components that try to break out of what emitted code allows them.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {blockingFunction, type HostItem, hostFunction, hostResource} from './imports.ts'
import {link, rootImports, sandboxOf} from './link.fixtures.ts'

/** A core function $f that calls import $h and returns 2 if it could catch what came out of it. */
const CATCHING = `(component
  (import "h" (func $h (param "c" char)))
  (canon lower (func $h) (core func $h'))
  (core module $M
    (import "" "h" (func $h (param i32)))
    (func (export "f") (param i32) (result i32)
      (block $caught
        (try_table (catch_all $caught) (call $h (local.get 0)) (return (i32.const 1))))
      (i32.const 2)))
  (core instance $m (instantiate $M (with "" (instance (export "h" (func $h'))))))
  (func (export "f") (param "x" u32) (result u32) (canon lift (core func $m "f"))))`

test('a guest cannot catch what ends it: a trap of the ABI, what the host throws, a rejected promise', async () => {
  const refuse = (): never => {
    throw new RangeError('no')
  }
  const table = [
    [hostFunction(refuse), 0x41, 'TRAP_CORE'],
    [hostFunction(() => {}), 0xd800, 'TRAP_BAD_VALUE'],
    [blockingFunction(refuse), 0x41, 'TRAP_CORE'],
    [blockingFunction(async () => refuse()), 0x41, 'TRAP_CORE'],
    [blockingFunction(async () => 'no char'), 0xd800, 'TRAP_BAD_VALUE'],
  ] as const
  for (const [h, char, code] of table) {
    const {call} = await sandboxOf(CATCHING, rootImports({h}))
    await assert.rejects(async () => call('f', char), {code})
  }
})

test('a guest cannot catch the end of its event while it waits', async () => {
  const {MayflyError} = await import('../../base/errors.ts')
  const {call, sandbox} = await sandboxOf(
    CATCHING,
    rootImports({h: blockingFunction(() => new Promise(() => {}))}),
  )
  const waiting = call('f', 0x41)
  sandbox.abort(new MayflyError('LIMIT_IDLE', {limit: 1, component: 'test'}))
  await assert.rejects(waiting, {code: 'LIMIT_IDLE'})
})

test('a guest cannot catch an exception of another component: it is a trap', async () => {
  const {call} = await sandboxOf(`(component
    (component $Thrower
      (core module $M (tag $t) (func (export "f") (param i32) (throw $t)))
      (core instance $m (instantiate $M))
      (func (export "h") (param "c" char) (canon lift (core func $m "f"))))
    (instance $t (instantiate $Thrower))
    ${CATCHING.replace('(component', '(component $Catcher')}
    (instance $c (instantiate $Catcher (with "h" (func $t "h"))))
    (export "f" (func $c "f")))`)
  assert.throws(() => call('f', 0x41), {code: 'TRAP_CORE'})
})

test('after a trap nothing enters the instance again, until it is restored', async () => {
  const {call} = await sandboxOf(CATCHING, rootImports({h: hostFunction(() => {})}))
  assert.equal(call('f', 0x41), 1)
  assert.throws(() => call('f', 0xd800), {code: 'TRAP_BAD_VALUE'})
  assert.throws(() => call('f', 0x41), {code: 'TRAP_REENTERED'})
})

test('names of core imports and exports are data in the emitted program', async () => {
  const names = ['__proto__', 'constructor', 'a\\22]}); throw 1; //', '\\u{2028}`$', "'\\\\", 'mayfly size 0']
  for (const name of names) {
    const {call} = await sandboxOf(`(component
      (core module $A (func (export "${name}") (result i32) (i32.const 7)))
      (core instance $a (instantiate $A))
      (core module $B
        (import "${name}" "${name}" (func $f (result i32)))
        (func (export "${name}") (result i32) (call $f)))
      (core instance $b (instantiate $B (with "${name}" (instance $a))))
      (func (export "f") (result u32) (canon lift (core func $b "${name}"))))`)
    assert.equal(call('f'), 7, name)
  }
})

test('a guest has no way to what lean modules export under reserved names', async () => {
  const memory = '(core module $A (memory (export "m") 1) (global $g (mut i32) (i32.const 1)))'
  const {linked} = await sandboxOf(`(component ${memory} (core instance $a (instantiate $A)))`)
  const reserved = linked.leanModules.flatMap(lean => [
    ...lean.globals.map(each => each.exportName),
    ...lean.memories.flatMap(each => [each.sizeFunction, each.growFunction]),
  ])
  assert.ok(reserved.length > 0)
  for (const name of reserved)
    await assert.rejects(
      link(`(component ${memory} (core instance $a (instantiate $A))
        (alias core export $a "${name}" (core func $f)))`),
      {code: 'VALIDATE_INVALID'},
      name,
    )
})

test('flags and fields that every object inherits are those of the value alone', async () => {
  let flags: unknown
  let record: unknown
  const {call} = await sandboxOf(
    `(component
      (type $fl (flags "to-string" "constructor" "value-of")) (import "fl" (type $flags (eq $fl)))
      (type $re (record (field "to-string" (option u8)) (field "has-own-property" (option u8))))
      (import "re" (type $record (eq $re)))
      (import "h" (func $h (param "f" $flags) (param "r" $record)))
      (canon lower (func $h) (core func $h'))
      (core module $M (import "" "h" (func $h (param i32 i32 i32 i32 i32)))
        (func (export "f") (param i32 i32 i32 i32 i32)
          (call $h (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4))))
      (core instance $m (instantiate $M (with "" (instance (export "h" (func $h'))))))
      (func (export "f") (param "f" $flags) (param "r" $record) (canon lift (core func $m "f"))))`,
    rootImports({
      h: hostFunction((_, ...args) => {
        flags = args[0]
        record = args[1]
      }),
    }),
  )
  call('f', {}, {})
  assert.deepEqual(flags, {toString: false, constructor: false, valueOf: false})
  assert.deepEqual(record, {toString: undefined, hasOwnProperty: undefined})
})

test('fields whose names become the same in JavaScript stay two', async () => {
  const {call} = await sandboxOf(`(component
    (type $re (record (field "a-1" u8) (field "a1" u8))) (import "re" (type $record (eq $re)))
    (core module $M (memory (export "m") 1)
      (func (export "f") (param i32 i32) (result i32)
        (i32.store8 (i32.const 8) (local.get 0)) (i32.store8 (i32.const 9) (local.get 1)) (i32.const 8)))
    (core instance $m (instantiate $M))
    (func (export "f") (param "r" $record) (result $record)
      (canon lift (core func $m "f") (memory (core memory $m "m")))))`)
  assert.deepEqual(call('f', {'a-1': 1, a1: 2}), {'a-1': 1, a1: 2})
})

test('components and types that multiply are refused, not instantiated', async () => {
  const nest = (depth: number): string =>
    depth === 0
      ? '(component (core module $M) (core instance (instantiate $M)))'
      : `(component ${nest(depth - 1).replace('(component', '(component $c')}
          (instance (instantiate $c)) (instance (instantiate $c)) (instance (instantiate $c)))`
  await assert.rejects(link(nest(14)), {code: 'LINK_UNSUPPORTED'})
})

test('lists that share their bytes cannot fill the host: what one call passes is bounded', async () => {
  let calls = 0
  const {call} = await sandboxOf(
    `(component
      (import "h" (func $h (param "x" (list (list u8)))))
      (core module $L (memory (export "m") 2))
      (core instance $l (instantiate $L))
      (canon lower (func $h) (memory (core memory $l "m")) (core func $h'))
      (core module $M (import "" "h" (func $h (param i32 i32))) (import "" "m" (memory 2))
        (func (export "f") (param $count i32)
          (local $i i32)
          (loop $more
            (i32.store (i32.shl (local.get $i) (i32.const 3)) (i32.const 0))
            (i32.store (i32.add (i32.const 4) (i32.shl (local.get $i) (i32.const 3))) (i32.const 65536))
            (br_if $more (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
          (call $h (i32.const 0) (local.get $count))))
      (core instance $m (instantiate $M (with "" (instance
        (export "h" (func $h')) (export "m" (memory $l "m"))))))
      (func (export "f") (param "count" u32) (canon lift (core func $m "f"))))`,
    rootImports({h: hostFunction(() => calls++)}),
  )
  for (let i = 0; i < 2; i++) call('f', 1200)
  assert.equal(calls, 2, 'each call counts anew')
  assert.throws(() => call('f', 4000), {code: 'TRAP_TOO_MUCH'})
})

const HANDLES = `(component
  (import "r" (type $r (sub resource)))
  (import "take" (func $take (param "x" (own $r))))
  (import "look" (func $look (param "x" (borrow $r))))
  (type $mine (resource (rep i32)))
  (canon lower (func $take) (core func $take'))
  (canon lower (func $look) (core func $look'))
  (core func $drop (canon resource.drop $r))
  (core func $new (canon resource.new $mine))
  (core func $drop-mine (canon resource.drop $mine))
  (core module $M
    (import "" "take" (func $take (param i32)))
    (import "" "look" (func $look (param i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "drop-mine" (func $drop-mine (param i32)))
    (func (export "take") (param i32) (call $take (local.get 0)))
    (func (export "look") (param i32) (call $look (local.get 0)))
    (func (export "drop") (param i32) (call $drop (local.get 0)))
    (func (export "drop-mine") (param i32) (call $drop-mine (local.get 0)))
    (func (export "hoard") (loop $more (drop (call $new (i32.const 0))) (br $more)))
    (func (export "keep") (param i32) (drop (call $new (i32.const 9))))
    (func (export "borrow") (param i32)))
  (core instance $m (instantiate $M (with "" (instance
    (export "take" (func $take')) (export "look" (func $look')) (export "drop" (func $drop))
    (export "new" (func $new)) (export "drop-mine" (func $drop-mine))))))
  (func (export "take") (param "x" u32) (canon lift (core func $m "take")))
  (func (export "look") (param "x" u32) (canon lift (core func $m "look")))
  (func (export "drop") (param "x" u32) (canon lift (core func $m "drop")))
  (func (export "drop-mine") (param "x" u32) (canon lift (core func $m "drop-mine")))
  (func (export "hoard") (canon lift (core func $m "hoard")))
  (func (export "keep") (param "x" (own $r)) (canon lift (core func $m "keep")))
  (func (export "borrow") (param "x" (borrow $r)) (canon lift (core func $m "borrow"))))`

test('handles cannot be guessed, reused, taken for another type, or hoarded', async () => {
  const dropped: unknown[] = []
  const taken: unknown[] = []
  const imports = rootImports({
    r: hostResource<string>((_, resource) => dropped.push(resource)),
    take: hostFunction((_, resource) => taken.push(resource)),
    look: hostFunction(() => {}),
  })
  const fresh = async () => (await sandboxOf(HANDLES, imports)).call
  for (const name of ['take', 'look', 'drop', 'drop-mine'])
    for (const index of [0, 1, 2, 0x7fffffff, 0xffffffff]) {
      const call = await fresh()
      assert.throws(() => call(name, index), {code: 'TRAP_BAD_HANDLE'}, `${name} ${index}`)
    }
  for (const [name, index] of [
    ['drop-mine', 1],
    ['drop', 2],
    ['take', 2],
    ['look', 2],
  ] as const) {
    const call = await fresh()
    call('keep', 'a host resource')
    assert.throws(() => call(name, index), {code: 'TRAP_BAD_HANDLE'}, `${name} ${index} is of another type`)
  }
  for (const again of ['take', 'drop', 'look']) {
    const call = await fresh()
    call('keep', 'a host resource')
    call('take', 1)
    assert.throws(() => call(again, 1), {code: 'TRAP_BAD_HANDLE'}, `${again} after take`)
  }
  assert.equal(taken.length, 3)
  assert.deepEqual(dropped, [])
  const borrowing = await fresh()
  assert.throws(() => borrowing('borrow', 'x'), {code: 'TRAP_BAD_HANDLE'}, 'a borrow must be dropped')
  const hoarding = await fresh()
  assert.throws(() => hoarding('hoard'), {code: 'TRAP_TOO_MUCH'})
})

test('components that contain one another do not call one another', async () => {
  const inner = `(component $Child
      (import "back" (func $back))
      (canon lower (func $back) (core func $back'))
      (core module $M (import "" "back" (func $back)) (func (export "use") (param i32) (call $back)))
      (core instance $m (instantiate $M (with "" (instance (export "back" (func $back'))))))
      (func (export "use") (param "x" u32) (canon lift (core func $m "use"))))`
  const text = `(component
    (core module $Early (func (export "back")))
    (core instance $early (instantiate $Early))
    (func $back (canon lift (core func $early "back")))
    ${inner}
    (instance $child (instantiate $Child (with "back" (func $back))))
    (canon lower (func $child "use") (core func $use))
    (canon lower (func $back) (core func $own))
    (core module $M (import "" "use" (func $use (param i32))) (import "" "own" (func $own))
      (func (export "down") (call $use (i32.const 1))) (func (export "self") (call $own)))
    (core instance $m (instantiate $M (with "" (instance (export "use" (func $use)) (export "own" (func $own))))))
    (func (export "down") (canon lift (core func $m "down")))
    (func (export "self") (canon lift (core func $m "self")))
    (func (export "up") (alias export $child "use")))`
  for (const [name, ...args] of [['down'], ['self'], ['up', 1]] as const) {
    const {call} = await sandboxOf(text)
    assert.throws(() => call(name, ...args), {
      code: 'TRAP_REENTERED',
      message: /calls itself, one that contains/,
    })
  }
})

test('a component may lift what it has lowered: a function of the host, by another name', async () => {
  for (const mayBlock of [false, true]) {
    const seen: unknown[] = []
    const host: HostItem = {
      kind: 'function',
      mayBlock,
      call: (_, value) => {
        seen.push(value)
        return 7n
      },
    }
    const {call} = await sandboxOf(
      `(component
        (import "f" (func $f (param "x" u32) (result u64)))
        (import "wait" (func $wait))
        (core func $f' (canon lower (func $f)))
        (core func $wait' (canon lower (func $wait)))
        (core module $M (import "" "wait" (func $wait)) (func (export "wait") (call $wait)))
        (core instance $m (instantiate $M (with "" (instance (export "wait" (func $wait'))))))
        (func (export "wait") (canon lift (core func $m "wait")))
        (func (export "g") (param "x" u32) (result u64) (canon lift (core func $f'))))`,
      rootImports({f: host, wait: {kind: 'function', mayBlock: true, call: () => undefined}}),
    )
    assert.equal(await call('g', 5), 7n)
    assert.deepEqual(seen, [5])
  }
})
