// engine/link/blocking.test.ts: guests that wait, and guests that could have.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {MayflyError} from '../../base/errors.ts'
import {blockingFunction, hostFunction, hostResource} from './imports.ts'
import {rootImports, sandboxOf} from './link.fixtures.ts'

/** Calls import h with what it is given, and returns what h returns. */
const passing = (type: string, core: string) => `(component
  (import "h" (func $h (param "x" ${type}) (result ${type})))
  (canon lower (func $h) (core func $h'))
  (core module $M (import "" "h" (func $h (param ${core}) (result ${core})))
    (func (export "f") (param ${core}) (result ${core}) (call $h (local.get 0))))
  (core instance $m (instantiate $M (with "" (instance (export "h" (func $h'))))))
  (func (export "f") (param "x" ${type}) (result ${type}) (canon lift (core func $m "f"))))`

const TYPES: [type: string, core: string, value: unknown, answer: unknown][] = [
  ['u32', 'i32', 5, 4_000_000_000],
  ['s64', 'i64', -5n, 2n ** 62n],
  ['f32', 'f32', 0.5, -0.25],
  ['f64', 'f64', 0.1, Number.NaN],
]

test('an import that answers at once does not suspend, whatever its type', async () => {
  for (const [type, core, value, answer] of TYPES) {
    const seen: unknown[] = []
    const h = blockingFunction((_, x) => {
      seen.push(x)
      return answer
    })
    const {call} = await sandboxOf(passing(type, core), rootImports({h}))
    assert.deepEqual([call('f', value), call('f', value)], [answer, answer], type)
    assert.deepEqual(seen, [value, value])
  }
})

test('an import that answers later suspends, whatever its type, and both ways can follow each other', async () => {
  for (const [type, core, value, answer] of TYPES) {
    let later = false
    const h = blockingFunction((_, x) => {
      later = !later
      return later ? Promise.resolve(answer) : x
    })
    const {call, sandbox} = await sandboxOf(passing(type, core), rootImports({h}))
    for (let i = 0; i < 3; i++) {
      const waiting = call('f', value)
      assert.ok(waiting instanceof Promise, type)
      assert.ok(sandbox.waiting)
      assert.deepEqual(await waiting, answer, type)
      assert.ok(!sandbox.waiting)
      assert.deepEqual(call('f', value), value, type)
    }
  }
})

const NOTHING = `(component
  (import "h" (func $h))
  (canon lower (func $h) (core func $h'))
  (core module $M (import "" "h" (func $h))
    (global $n (mut i32) (i32.const 0))
    (func (export "f") (call $h) (global.set $n (i32.add (global.get $n) (i32.const 1))) (call $h))
    (func (export "n") (result i32) (global.get $n))
    (func (export "trap") (call $h) unreachable))
  (core instance $m (instantiate $M (with "" (instance (export "h" (func $h'))))))
  (func (export "f") (canon lift (core func $m "f")))
  (func (export "n") (result u32) (canon lift (core func $m "n")))
  (func (export "trap") (canon lift (core func $m "trap"))))`

test('a function without result waits twice in one call', async () => {
  const {call} = await sandboxOf(NOTHING, rootImports({h: blockingFunction(() => Promise.resolve())}))
  assert.equal(await call('f'), undefined)
  assert.equal(call('n'), 1)
})

test('while a call waits, its instance cannot be entered', async () => {
  const {call} = await sandboxOf(NOTHING, rootImports({h: blockingFunction(() => new Promise(() => {}))}))
  call('f')
  assert.throws(() => call('n'), {code: 'TRAP_REENTERED'})
})

test('a trap after the wait rejects, and poisons', async () => {
  const {call, sandbox} = await sandboxOf(
    NOTHING,
    rootImports({h: blockingFunction(() => Promise.resolve())}),
  )
  await assert.rejects(call('trap'), {code: 'TRAP_CORE'})
  assert.ok(sandbox.spent)
  assert.throws(() => call('n'), {code: 'TRAP_REENTERED'})
})

test('a trap before the wait rejects too', async () => {
  const {call} = await sandboxOf(
    NOTHING,
    rootImports({
      h: blockingFunction(() => {
        throw new MayflyError('TRAP_HOST', {reason: 'no'})
      }),
    }),
  )
  await assert.rejects(call('f'), {code: 'TRAP_HOST'})
})

test('a promise that is rejected traps, with what it is rejected with', async () => {
  const refusal = new MayflyError('TRAP_HOST', {reason: 'a reason of its own'})
  const {call} = await sandboxOf(NOTHING, rootImports({h: blockingFunction(() => Promise.reject(refusal))}))
  await assert.rejects(call('f'), {code: 'TRAP_HOST', message: refusal.message})
})

test('an aborted call rejects with the reason, and what the host answers later is ignored', async () => {
  let answer!: () => void
  const h = blockingFunction(
    () =>
      new Promise<void>(resolve => {
        answer = resolve
      }),
  )
  const {call, sandbox} = await sandboxOf(NOTHING, rootImports({h}))
  const waiting = call('f')
  sandbox.abort(new MayflyError('LIMIT_IDLE', {limit: 5, component: 'test'}))
  answer()
  await assert.rejects(waiting, {code: 'LIMIT_IDLE'})
  assert.ok(!sandbox.waiting)
  await new Promise(setImmediate)
  assert.ok(sandbox.spent)
})

test('a host function that may not wait but answers with a promise gets no suspended guest', async () => {
  const {call} = await sandboxOf(
    passing('u32', 'i32'),
    rootImports({h: hostFunction(() => Promise.resolve(1))}),
  )
  assert.equal(call('f', 1), 0, 'it is a value that is no number')
})

/** Outer calls inner, inner calls h; both return a string, so that results are lowered after the wait. */
const string = (name: string, text: string) => `
  (component $${name}
    (import "next" (func $next (param "s" string) (result string)))
    (core module $L (memory (export "m") 1) (global $h (mut i32) (i32.const 1024))
      (func (export "r") (param i32 i32 i32 i32) (result i32)
        (global.get $h) (global.set $h (i32.add (global.get $h) (local.get 3)))))
    (core instance $l (instantiate $L))
    (canon lower (func $next) (memory (core memory $l "m")) (realloc (core func $l "r")) ${text} (core func $next'))
    (core module $M (import "" "next" (func $next (param i32 i32 i32)))
      (func (export "f") (param i32 i32) (result i32)
        (call $next (local.get 0) (local.get 1) (i32.const 8)) (i32.const 8)))
    (core instance $m (instantiate $M (with "" (instance (export "next" (func $next'))))))
    (func (export "f") (param "s" string) (result string)
      (canon lift (core func $m "f") (memory (core memory $l "m")) (realloc (core func $l "r")) ${text})))`

const NESTED = `(component
  (import "h" (func $h (param "s" string) (result string)))
  ${string('Inner', 'string-encoding=utf8')}
  ${string('Outer', 'string-encoding=utf8')}
  (instance $inner (instantiate $Inner (with "next" (func $h))))
  (instance $outer (instantiate $Outer (with "next" (func $inner "f"))))
  (export "f" (func $outer "f")))`

test('components that call each other wait together', async () => {
  let later = true
  const h = blockingFunction((_, text: string) =>
    later ? Promise.resolve(`${text} later`) : `${text} at once`,
  )
  const {call} = await sandboxOf(NESTED, rootImports({h}))
  assert.equal(await call('f', 'a'), 'a later')
  later = false
  assert.equal(call('f', 'b'), 'b at once')
  later = true
  assert.equal(await call('f', 'c'), 'c later')
})

test('aborting ends all components that wait for each other', async () => {
  const {call, sandbox} = await sandboxOf(
    NESTED,
    rootImports({h: blockingFunction(() => new Promise(() => {}))}),
  )
  const waiting = call('f', 'a')
  sandbox.abort(new MayflyError('LIMIT_IDLE', {limit: 5, component: 'test'}))
  await assert.rejects(waiting, {code: 'LIMIT_IDLE'})
})

test('a result that is no string traps when the guest is about to go on', async () => {
  const {call} = await sandboxOf(NESTED, rootImports({h: blockingFunction(() => Promise.resolve(undefined))}))
  await assert.rejects(call('f', 'a'), {code: 'TRAP_HOST'})
})

test('a lowered function that is lifted as it is may wait too', async () => {
  const {call} = await sandboxOf(
    `(component
      (import "h" (func $h (param "x" u32) (result u32)))
      (canon lower (func $h) (core func $h'))
      (func (export "f") (param "x" u32) (result u32) (canon lift (core func $h'))))`,
    rootImports({h: blockingFunction((_, x) => Promise.resolve(x + 1))}),
  )
  assert.equal(await call('f', 1), 2)
})

test('a destructor may wait when another component drops the resource', async () => {
  const log: string[] = []
  const {call} = await sandboxOf(
    `(component
      (import "h" (func $h (param "x" u32)))
      (component $Owner
        (import "h" (func $h (param "x" u32)))
        (canon lower (func $h) (core func $h'))
        (core module $D (import "" "h" (func $h (param i32))) (func (export "dtor") (param i32) (call $h (local.get 0))))
        (core instance $d (instantiate $D (with "" (instance (export "h" (func $h'))))))
        (type $r (resource (rep i32) (dtor (core func $d "dtor"))))
        (export $r' "r" (type $r))
        (core func $new (canon resource.new $r))
        (core module $M (import "" "new" (func $new (param i32) (result i32)))
          (func (export "make") (result i32) (call $new (i32.const 42))))
        (core instance $m (instantiate $M (with "" (instance (export "new" (func $new))))))
        (func (export "make") (result (own $r')) (canon lift (core func $m "make"))))
      (instance $owner (instantiate $Owner (with "h" (func $h))))
      (component $User
        (import "o" (instance $o (export "r" (type $r (sub resource))) (export "make" (func (result (own $r))))))
        (alias export $o "r" (type $r))
        (core func $drop (canon resource.drop $r))
        (canon lower (func $o "make") (core func $make))
        (core module $M (import "" "make" (func $make (result i32))) (import "" "drop" (func $drop (param i32)))
          (func (export "f") (call $drop (call $make))))
        (core instance $m (instantiate $M (with "" (instance (export "make" (func $make)) (export "drop" (func $drop))))))
        (func (export "f") (canon lift (core func $m "f"))))
      (instance $user (instantiate $User (with "o" (instance $owner))))
      (export "f" (func $user "f")))`,
    rootImports({
      r: hostResource(),
      h: blockingFunction(async (_, x) => {
        await new Promise(setImmediate)
        log.push(`dropped ${x}`)
      }),
    }),
  )
  await call('f')
  assert.deepEqual(log, ['dropped 42'])
})
