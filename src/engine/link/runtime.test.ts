import assert from 'node:assert/strict'
import {test} from 'node:test'
import {GUARD_STATE, GUARD_STRETCH, Guard, HOST, IN_GUEST} from './guard.ts'
import {GuestResource} from './guest-resource.ts'
import {blockingFunction, hostFunction, hostResource} from './imports.ts'
import {rootImports, sandboxOf} from './link.fixtures.ts'

/** A resource type of the guest's with a destructor, whose representations the host sees. */
const OWNER = `(component
  (import "log" (func $log (param "rep" u32)))
  (core func $log' (canon lower (func $log)))
  (core module $D (import "" "log" (func $log (param i32)))
    (func (export "dtor") (param i32) (call $log (local.get 0))))
  (core instance $d (instantiate $D (with "" (instance (export "log" (func $log'))))))
  (type $r' (resource (rep i32) (dtor (core func $d "dtor"))))
  (export $r "r" (type $r'))
  (type $q' (resource (rep i32)))
  (export $q "q" (type $q'))
  (core func $new (canon resource.new $r))
  (core func $new-q (canon resource.new $q))
  (core func $rep (canon resource.rep $r))
  (core module $M
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "new-q" (func $new-q (param i32) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i32)))
    (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
    (func (export "make-q") (result i32) (call $new-q (i32.const 0)))
    (func (export "look") (param i32) (result i32) (local.get 0))
    (func (export "take") (param i32) (result i32) (call $rep (local.get 0))))
  (core instance $m (instantiate $M (with "" (instance
    (export "new" (func $new)) (export "new-q" (func $new-q)) (export "rep" (func $rep))))))
  (func (export "make") (param "rep" u32) (result (own $r)) (canon lift (core func $m "make")))
  (func (export "make-q") (result (own $q)) (canon lift (core func $m "make-q")))
  (func (export "look") (param "x" (borrow $r)) (result u32) (canon lift (core func $m "look")))
  (func (export "take") (param "x" (own $r)) (result u32) (canon lift (core func $m "take"))))`

test('a resource of the guest is held by the host: lent, given back, or dropped', async () => {
  const dropped: unknown[] = []
  const {call} = await sandboxOf(OWNER, rootImports({log: hostFunction((_, rep) => dropped.push(rep))}))
  const [one, two] = [call('make', 11), call('make', 22)]
  assert.ok(one instanceof GuestResource)
  assert.equal(call('look', one), 11)
  assert.equal(call('look', one), 11, 'a borrow leaves it where it is')
  assert.equal(call('take', one), 11)
  assert.deepEqual(dropped, [])
  two.drop()
  assert.deepEqual(dropped, [22])
})

test('a host that gives what it has not, or something else, is told', async () => {
  const imports = rootImports({log: hostFunction(() => {})})
  const misuses: [string, (call: (name: string, ...args: unknown[]) => any) => unknown, string][] = [
    [
      'given away',
      call => {
        const resource = call('make', 1)
        call('take', resource)
        return call('look', resource)
      },
      'TRAP_BAD_HANDLE',
    ],
    [
      'dropped',
      call => {
        const resource = call('make', 1)
        resource.drop()
        return call('take', resource)
      },
      'TRAP_BAD_HANDLE',
    ],
    [
      'dropped twice',
      call => {
        const resource = call('make', 1)
        resource.drop()
        return resource.drop()
      },
      'TRAP_BAD_HANDLE',
    ],
    ['of another type', call => call('look', call('make-q')), 'TRAP_BAD_HANDLE'],
    ['a number', call => call('look', 1), 'TRAP_BAD_VALUE'],
    ['nothing', call => call('take', undefined), 'TRAP_BAD_VALUE'],
  ]
  for (const [name, act, code] of misuses) {
    const {call} = await sandboxOf(OWNER, imports)
    assert.throws(() => act(call), {code}, name)
  }
})

test('a resource of another sandbox is of another type', async () => {
  const imports = rootImports({log: hostFunction(() => {})})
  const [one, other] = [await sandboxOf(OWNER, imports), await sandboxOf(OWNER, imports)]
  assert.throws(() => one.call('look', other.call('make', 1)), {code: 'TRAP_BAD_HANDLE'})
})

const KEEPER = `(component
  (import "r" (type $r (sub resource)))
  (import "wait" (func $wait))
  (core func $wait' (canon lower (func $wait)))
  (core module $M (import "" "wait" (func $wait))
    (memory (export "m") 1)
    (func (export "keep") (param i32))
    (func (export "wait") (call $wait) (i32.store (i32.const 0) (i32.const 1)))
    (func (export "read") (result i32) (i32.load (i32.const 0))))
  (core instance $m (instantiate $M (with "" (instance (export "wait" (func $wait'))))))
  (func (export "keep") (param "x" (own $r)) (canon lift (core func $m "keep")))
  (func (export "wait") (canon lift (core func $m "wait")))
  (func (export "read") (result u32) (canon lift (core func $m "read"))))`

test('at the end of an event everything is dropped, though the host fails to drop one', async () => {
  const dropped: unknown[] = []
  const {call, sandbox} = await sandboxOf(
    KEEPER,
    rootImports({
      wait: hostFunction(() => {}),
      r: hostResource((_, resource) => {
        if (resource === 'bad') throw new Error('no')
        dropped.push(resource)
      }),
    }),
  )
  for (const resource of ['a', 'bad', 'b']) call('keep', resource)
  sandbox.restore()
  assert.deepEqual(dropped, ['a', 'b'])
})

test('a call that still waits when its event ends does not go on in the next', async () => {
  let answer!: () => void
  const wait = blockingFunction(
    () =>
      new Promise<void>(resolve => {
        answer = resolve
      }),
  )
  const {call, sandbox} = await sandboxOf(KEEPER, rootImports({r: hostResource(), wait}))
  const waiting = call('wait')
  sandbox.restore()
  answer()
  await assert.rejects(waiting, {code: 'TRAP_HOST'})
  for (let i = 0; i < 3; i++) await new Promise(setImmediate)
  assert.equal(call('read'), 0)
})

test('the guard says when a guest runs, also after it trapped or waited', async () => {
  const guard = new Guard()
  const seen: number[] = []
  const look = () => void seen.push(guard.word[GUARD_STATE]!)
  let stretches = guard.word[GUARD_STRETCH]!
  const {call} = await sandboxOf(OWNER, rootImports({log: hostFunction(look)}), {guard})
  call('make', 1).drop()
  assert.deepEqual(seen, [HOST])
  assert.equal(guard.word[GUARD_STATE], HOST)
  assert.ok(guard.word[GUARD_STRETCH]! > stretches)
  stretches = guard.word[GUARD_STRETCH]!
  assert.throws(() => call('take', 5))
  assert.equal(guard.word[GUARD_STATE], HOST)
  guard.enter()
  assert.equal(guard.word[GUARD_STATE], IN_GUEST)
  guard.leave()
  assert.equal(guard.word[GUARD_STATE], HOST)
})

test('who was stopped is told, once', () => {
  const guard = new Guard()
  let stopped = 0
  guard.begin({stopped: () => void stopped++}, 5)
  guard.recover('time')
  guard.recover('time')
  assert.equal(stopped, 1)
})
