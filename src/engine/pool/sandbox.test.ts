import assert from 'node:assert/strict'
import {test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {MayflyError} from '../../base/errors.ts'
import {blockingFunction, hostFunction, hostResource} from '../link/imports.ts'
import {caller, link, prepare, rootImports, sandboxOf} from '../link/link.fixtures.ts'
import {StateKey} from '../store.ts'
import {asTrap} from './sandbox.ts'

/** A counter in a global, one in memory, a resource of the host that it keeps, and ways to fail. */
const COUNTER = `(component
  (import "r" (type $r (sub resource)))
  (import "wait" (func $wait))
  (core func $wait' (canon lower (func $wait)))
  (core module $M
    (import "" "wait" (func $wait))
    (memory (export "m") 1)
    (global $n (mut i32) (i32.const 0))
    (func (export "count") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (i32.store (i32.const 100) (i32.add (i32.load (i32.const 100)) (i32.const 10)))
      (i32.add (global.get $n) (i32.load (i32.const 100))))
    (func (export "keep") (param i32) (result i32) (local.get 0))
    (func (export "wait") (call $wait))
    (func (export "grow") (param i32) (if (i32.eq (memory.grow (local.get 0)) (i32.const -1)) (then unreachable)))
    (func (export "trap") unreachable))
  (core instance $m (instantiate $M (with "" (instance (export "wait" (func $wait'))))))
  (func (export "count") (result u32) (canon lift (core func $m "count")))
  (func (export "keep") (param "x" (own $r)) (result u32) (canon lift (core func $m "keep")))
  (func (export "wait") (canon lift (core func $m "wait")))
  (func (export "grow") (param "pages" u32) (canon lift (core func $m "grow")))
  (func (export "trap") (canon lift (core func $m "trap"))))`

const imports = (wait: () => unknown = () => {}, dropped: unknown[] = []) =>
  rootImports({r: hostResource((_, resource) => dropped.push(resource)), wait: blockingFunction(wait)})

test('every event finds the sandbox as the first one did: memory, globals, handles', async () => {
  const dropped: unknown[] = []
  const {call, sandbox} = await sandboxOf(COUNTER, imports(undefined, dropped))
  for (let event = 0; event < 3; event++) {
    assert.equal(call('count'), 11)
    assert.equal(call('count'), 22)
    assert.equal(call('keep', `resource ${event}`), 1, 'the first handle again')
    sandbox.restore()
    assert.equal(dropped.at(-1), `resource ${event}`, 'what the guest still owned is dropped')
    assert.ok(!sandbox.spent)
  }
  assert.equal(sandbox.events, 3)
})

test('sandboxes of a component of which nothing runs at first have memories of their own', async () => {
  const linked = await link(COUNTER, imports())
  const prepared = prepare(linked)
  const [first, second] = [prepared.make(), prepared.make()]
  assert.equal(caller(linked, first)('count'), 11)
  assert.equal(caller(linked, first)('count'), 22)
  assert.equal(caller(linked, second)('count'), 11)
  assert.equal(caller(linked, prepared.make())('count'), 11)
})

test('data that do not fit the memory are a trap, though nothing runs', async () => {
  const linked = await link(`(component
    (core module $M (memory 1) (data (i32.const 65535) "ab"))
    (core instance (instantiate $M)))`)
  assert.throws(() => prepare(linked), {code: 'TRAP_OUT_OF_BOUNDS'})
})

test('the state of capabilities ends with the event, the newest first', async () => {
  const log: string[] = []
  const key = (name: string) =>
    new StateKey(
      () => name,
      state => void log.push(state),
    )
  const {sandbox} = await sandboxOf(COUNTER, imports())
  sandbox.store.state(key('first'))
  sandbox.store.state(key('second'))
  sandbox.restore()
  assert.deepEqual(log, ['second', 'first'])
})

test('a sandbox whose guest trapped is spent, though it was restored', async () => {
  const {call, sandbox} = await sandboxOf(COUNTER, imports())
  await assert.rejects(call('trap'), {code: 'TRAP_CORE'})
  sandbox.restore()
  assert.ok(sandbox.spent)
})

test('an event that waits for too long without anything happening is ended', async () => {
  const options = {limits: {cpuMs: 1000, idleMs: 40}}
  const {call} = await sandboxOf(
    COUNTER,
    imports(() => new Promise(() => {})),
    options,
  )
  await assert.rejects(call('wait'), {code: 'LIMIT_IDLE'})
})

test('waits that end in time do not add up', async () => {
  const options = {limits: {cpuMs: 1000, idleMs: 1000}}
  const {call} = await sandboxOf(
    COUNTER,
    imports(() => sleep(1)),
    options,
  )
  for (let i = 0; i < 5; i++) await call('wait')
})

test('a guest that asks for more than its memory fails for that reason', async () => {
  const {call} = await sandboxOf(COUNTER, imports(), {limitPages: 16})
  call('grow', 8)
  await assert.rejects(call('grow', 16), {code: 'LIMIT_MEMORY'})
})

test('a component without image gets a sandbox for each event, initialised for it', async () => {
  const linked = await link(COUNTER, imports())
  const prepared = prepare(linked, {snapshot: 'never'})
  assert.equal(prepared.image, undefined)
  for (let event = 0; event < 2; event++) {
    const sandbox = prepared.make()
    assert.equal(caller(linked, sandbox)('count'), 11)
    sandbox.restore()
    assert.ok(sandbox.spent)
  }
})

test('a guest that cannot be initialised says why', async () => {
  const start = (body: string) => `(component
    (import "h" (func $h)) (core func $h' (canon lower (func $h)))
    (core module $M (import "" "h" (func $h)) (func $start ${body}) (start $start))
    (core instance $m (instantiate $M (with "" (instance (export "h" (func $h')))))))`
  const linked = (body: string) => link(start(body), rootImports({h: hostFunction(() => {})}))
  const trapping = await linked('unreachable')
  assert.throws(() => prepare(trapping), {code: 'TRAP_CORE'})
  prepare(await linked('call $h')).make()
})

test('whatever ends a guest becomes an error of the table', () => {
  const given = new MayflyError('TRAP_HOST', {reason: 'x'})
  assert.equal(asTrap(given), given)
  const table: [unknown, string][] = [
    [new WebAssembly.RuntimeError('unreachable'), 'TRAP_CORE'],
    [new RangeError('Maximum call stack size exceeded'), 'TRAP_CORE'],
    [new WebAssembly.Exception(new WebAssembly.Tag({parameters: []}), []), 'TRAP_CORE'],
    [new TypeError('x'), 'TRAP_HOST'],
    ['text', 'TRAP_HOST'],
    [undefined, 'TRAP_HOST'],
  ]
  for (const [thrown, code] of table) assert.equal(asTrap(thrown).code, code)
})
