// Resources whose component has an i64 for each, and contexts of that type.
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import type {GuestResource} from '../guest-resource.ts'
import {blockingFunction} from '../imports.ts'
import {rootImports, sandboxOf} from '../link.fixtures.ts'

/** What its component may do beside: `waits` lets it wait for the host, `async` makes it one of the asynchronous ABI. */
type Form = Readonly<{waits: boolean; async: boolean}>

/** Makes resources, tells their representations, and counts those that ended. */
const OWNER = ({waits, async}: Form) => `
  ${waits ? `(import "wait" (func $wait)) (core func $wait' (canon lower (func $wait)))` : ''}
  (core module $D
    (global $ended (mut i64) (i64.const 0))
    (func (export "dtor") (param i64) (global.set $ended (i64.add (global.get $ended) (local.get 0))))
    (func (export "ended") (result i64) (global.get $ended)))
  (core instance $d (instantiate $D))
  (type $r' (resource (rep i64) (dtor (core func $d "dtor"))))
  (export $r "r" (type $r'))
  (core func $new (canon resource.new $r'))
  (core func $rep (canon resource.rep $r'))
  (core func $drop (canon resource.drop $r'))
  (core module $M
    (import "" "new" (func $new (param i64) (result i32)))
    (import "" "rep" (func $rep (param i32) (result i64)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "make") (param i64) (result i32) (call $new (local.get 0)))
    (func (export "take") (param i32) (result i64) (call $rep (local.get 0)) (call $drop (local.get 0)))
    (func (export "see") (param i32) (result i32) (local.get 0))
    (func (export "idle")))
  (core instance $m (instantiate $M (with "" (instance
    (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
  (func (export "make") (param "rep" u64) (result (own $r)) (canon lift (core func $m "make")))
  (func (export "take") (param "r" (own $r)) (result u64) (canon lift (core func $m "take")))
  (func (export "see") (param "r" (borrow $r)) (result u32) (canon lift (core func $m "see")))
  (func (export "ended") (result u64) (canon lift (core func $d "ended")))
  ${async ? '(func (export "idle") async (canon lift (core func $m "idle") async))' : ''}`

/** Has the owner's resources in its own table for a while. */
const USER = (form: Form) => `(component
  ${form.waits ? '(import "wait" (func $wait))' : ''}
  (component $Owner ${OWNER(form)})
  (instance $o (instantiate $Owner ${form.waits ? '(with "wait" (func $wait))' : ''}))
  (component $User
  (import "o" (instance $o
    (export "r" (type $r (sub resource)))
    (export "make" (func (param "rep" u64) (result (own $r))))
    (export "take" (func (param "r" (own $r)) (result u64)))
    (export "see" (func (param "r" (borrow $r)) (result u32)))))
  (alias export $o "r" (type $r))
  (core func $make (canon lower (func $o "make")))
  (core func $take (canon lower (func $o "take")))
  (core func $see (canon lower (func $o "see")))
  (core func $drop (canon resource.drop $r))
  (core module $U
    (import "" "make" (func $make (param i64) (result i32)))
    (import "" "take" (func $take (param i32) (result i64)))
    (import "" "see" (func $see (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "round") (param i64) (result i64) (call $take (call $make (local.get 0))))
    (func (export "see") (param i64) (result i32) (call $see (call $make (local.get 0))))
    (func (export "end") (param i64) (call $drop (call $make (local.get 0)))))
  (core instance $u (instantiate $U (with "" (instance
    (export "make" (func $make)) (export "take" (func $take)) (export "see" (func $see)) (export "drop" (func $drop))))))
  (func (export "round") (param "rep" u64) (result u64) (canon lift (core func $u "round")))
  (func (export "see") (param "rep" u64) (result u32) (canon lift (core func $u "see")))
  (func (export "end") (param "rep" u64) (canon lift (core func $u "end"))))
  (instance $u (instantiate $User (with "o" (instance $o))))
  (export "round" (func $u "round"))
  (export "see" (func $u "see"))
  (export "end" (func $u "end"))
  (export "ended" (func $o "ended")))`

const MOST = 2n ** 64n - 1n

const FORMS: readonly [string, Form][] = [
  ['that answer at once', {waits: false, async: false}],
  ['that may wait', {waits: true, async: false}],
  ['of the asynchronous ABI', {waits: false, async: true}],
  ['of that, which may wait', {waits: true, async: true}],
]

for (const [what, form] of FORMS)
  describe(`a representation of 64 bits, in components ${what}`, () => {
    const guest = (text: string) => sandboxOf(text, rootImports({wait: blockingFunction(() => {})}))

    test('is the same to the component whoever has the resource meanwhile', async () => {
      const {call, sandbox} = await guest(`(component ${OWNER(form)})`)
      for (let event = 0; event < 2; event++) {
        const resource = (await call('make', MOST)) as GuestResource
        assert.equal(await call('take', resource), MOST)
        const other = (await call('make', 2n ** 40n)) as GuestResource
        assert.equal(await call('ended'), MOST)
        other.drop()
        assert.equal(await call('ended'), 2n ** 40n - 1n, 'both have ended')
        sandbox.restore()
      }
      const nested = await guest(USER(form))
      assert.equal(await nested.call('round', MOST), MOST)
      await nested.call('end', 2n ** 33n)
      assert.equal(await nested.call('ended'), 2n ** 33n - 1n)
    })

    test('is what a borrow is to its own component, if it is an i32', async () => {
      for (const text of [`(component ${OWNER(form)})`, USER(form)]) {
        const see = async (rep: bigint) => {
          const {call} = await guest(text)
          return await call('see', text.includes('"round"') ? rep : await call('make', rep))
        }
        assert.equal(await see(2n ** 32n - 1n), 2 ** 32 - 1)
        await assert.rejects(see(2n ** 32n), {code: 'TRAP_BAD_HANDLE'})
      }
    })
  })

test("a context of 64 bits is the thread's own, and empty in a new one", async () => {
  const {call} = await sandboxOf(`(component
    (core func $get (canon context.get i64 1))
    (core func $set (canon context.set i64 1))
    (core module $M
      (import "" "get" (func $get (result i64)))
      (import "" "set" (func $set (param i64)))
      (func (export "run") (param i64) (result i64)
        (if (i64.ne (call $get) (i64.const 0)) (then unreachable))
        (call $set (local.get 0))
        (call $get)))
    (core instance $m (instantiate $M (with "" (instance (export "get" (func $get)) (export "set" (func $set))))))
    (func (export "run") (param "a" u64) (result u64) (canon lift (core func $m "run"))))`)
  for (const value of [1n, 2n ** 32n, MOST]) assert.equal(await call('run', value), value)
})
