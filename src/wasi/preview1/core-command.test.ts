import assert from 'node:assert/strict'
import fs from 'node:fs'
import path from 'node:path'
import {describe, test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import {MayflyError} from '../../base/errors.ts'
import {Entropy} from '../../engine/init/entropy.ts'
import {Guard, HOST} from '../../engine/link/guard.ts'
import {ModuleCache} from '../../engine/link/module-cache.ts'
import {Pool} from '../../engine/pool/pool.ts'
import {PreparedComponent, type PrepareOptions} from '../../engine/pool/prepared-component.ts'
import type {Sandbox} from '../../engine/pool/sandbox.ts'
import {copyTier} from '../../engine/snapshot/copy.ts'
import {detectTier} from '../../engine/snapshot/detect.ts'
import {GuestExit} from '../cli/exit.ts'
import {tree} from '../filesystem/fixture.ts'
import {openMounts} from '../filesystem/mounts.ts'
import {fakeClock, fakeRandom, utf8} from '../fixture.ts'
import {Pipe} from '../io/pipe.ts'
import {linkCoreCommand} from './core-command.ts'
import {ERRNO} from './errno.ts'
import {sink} from './preview1.fixtures.ts'
import {type WorldConfig, worldOf} from './world.ts'

const guard = new Guard()
const modules = new ModuleCache()

async function linked(text: string, config: Partial<WorldConfig> = {}) {
  const world = worldOf({clock: fakeClock(), random: fakeRandom(), ...config})
  return linkCoreCommand(await parse(text), {who: 'the module', modules, world})
}

async function prepared(
  text: string,
  config: Partial<WorldConfig> = {},
  options: Partial<PrepareOptions> = {},
) {
  const program = await linked(text, config)
  const component = new PreparedComponent(program, {
    tier: copyTier,
    guard,
    component: 'test',
    limitPages: 1024,
    limits: {cpuMs: 10_000, idleMs: 10_000},
    snapshot: 'auto',
    entropy: new Entropy({fill: bytes => void bytes.fill(1)}, {wallNs: () => 0n, monotonicNs: () => 0n}),
    ...options,
  })
  const call = (sandbox: Sandbox, name = '_start', ...args: unknown[]): any =>
    sandbox.call(program.findExport(name)!, ...args)
  return {program, component, call}
}

const IMPORTS = `
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))`
const READ = `(import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))`

/** Prints the letter at 64, which it raises with every run, then exits with 3; the vector is at 0. */
const PRINTER = `(module ${IMPORTS}
  (memory (export "memory") 1)
  (data (i32.const 0) "\\40\\00\\00\\00\\01\\00\\00\\00")
  (data (i32.const 64) "a")
  (global $runs (mut i32) (i32.const 0))
  (func (export "_start")
    (global.set $runs (i32.add (global.get $runs) (i32.const 1)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
    (i32.store8 (i32.const 64) (i32.add (i32.load8_u (i32.const 64)) (global.get $runs)))
    (drop (memory.grow (i32.const 1)))
    (call $proc_exit (memory.size))))`

/** Copies its input to its output until it ends. */
const CAT = `(module ${IMPORTS} ${READ}
  (memory (export "memory") 1)
  (func (export "_start")
    (loop $again
      (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 64))
      (if (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable))
      (if (i32.load (i32.const 16)) (then
        (i32.store (i32.const 4) (i32.load (i32.const 16)))
        (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)) (then unreachable))
        (br $again))))))`

for (const tier of new Set([copyTier, detectTier().tier]))
  describe(`a command in the tier ${tier.name}`, () => {
    test('every event runs _start anew, from the state before it', async () => {
      const stdout = sink()
      const {component, call} = await prepared(PRINTER, {stdout}, {tier})
      assert.ok(component.image !== undefined)
      const sandbox = component.make()
      for (let event = 0; event < 3; event++) {
        const exit = call(sandbox)
        assert.ok(exit instanceof GuestExit)
        assert.equal(exit.statusCode, 2, 'two pages, in every event')
        sandbox.restore()
        assert.equal(sandbox.spent, false, 'an exit is no failure')
      }
      assert.equal(stdout.text, 'aaa')
      sandbox.dispose()
      component.dispose()
    })

    test('one that waits for its input is restored as well', async () => {
      const stdout = sink()
      let pipe = new Pipe()
      const {component, call} = await prepared(CAT, {stdout, stdin: () => pipe.input}, {tier})
      const sandbox = component.make()
      for (const word of ['one ', 'two ', 'three']) {
        pipe = new Pipe()
        const done = call(sandbox)
        assert.ok(done instanceof Promise)
        assert.ok(sandbox.waiting)
        pipe.write(utf8(word))
        await new Promise(setImmediate)
        pipe.close()
        assert.equal(await done, undefined)
        sandbox.restore()
      }
      assert.equal(stdout.text, 'one two three')
      sandbox.dispose()
      component.dispose()
    })
  })

test('one whose input is there does not wait', async () => {
  const stdout = sink()
  const pipe = new Pipe()
  pipe.write(utf8('at once'))
  pipe.close()
  const {component, call} = await prepared(CAT, {stdout, stdin: () => pipe.input})
  assert.equal(call(component.make()), undefined)
  assert.equal(stdout.text, 'at once')
})

test('an event that is aborted while it waits writes nothing into the next', async () => {
  const pipe = new Pipe()
  const {component, call} = await prepared(CAT, {stdin: () => pipe.input})
  const sandbox = component.make()
  const done = call(sandbox) as Promise<unknown>
  sandbox.abort(new MayflyError('TRAP_HOST', {reason: 'the client has gone'}))
  await assert.rejects(done, {code: 'TRAP_HOST'})
  sandbox.restore()
  pipe.write(utf8('late'))
  await new Promise(setImmediate)
  assert.ok(sandbox.spent)
  assert.equal(Atomics.load(guard.word, 0), HOST)
})

test('commands are leased from a pool as components are', async () => {
  const stdout = sink()
  const {component, call} = await prepared(PRINTER, {stdout})
  const pool = new Pool(component, {concurrency: 2, queue: 2, ahead: 1})
  for (let event = 0; event < 3; event++) {
    const sandbox = pool.lease() as Sandbox
    assert.equal(call(sandbox).statusCode, 2)
    pool.release(sandbox)
  }
  assert.equal(pool.alive, 1)
  assert.equal(stdout.text, 'aaa')
  await pool.close()
})

test('the arguments and the environment are those of the event', async () => {
  const {component, call, program} = await prepared(
    `(module
      (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
      (memory (export "memory") 1)
      (func (export "count") (result i32)
        (drop (call $sizes (i32.const 0) (i32.const 4))) (i32.load (i32.const 0))))`,
    {args: store => store.component.split('')},
    {component: 'abc'},
  )
  assert.equal(program.kind, 'reactor')
  assert.equal(call(component.make(), 'count'), 3)
})

const REACTOR = `(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $ready (mut i32) (i32.const 0))
  (func $start (global.set $ready (i32.const 1)))
  (start $start)
  (func (export "_initialize")
    (if (i32.ne (global.get $ready) (i32.const 1)) (then unreachable))
    (if (call $random (i32.const 8) (i32.const 8)) (then unreachable))
    (global.set $ready (i32.const 2)))
  (func (export "ready") (result i32) (global.get $ready))
  (func (export "seed") (result i64) (i64.load (i32.const 8)))
  (func (export "add") (param i32 i64 f32 f64) (result f64)
    (f64.add (f64.add (f64.convert_i32_s (local.get 0)) (f64.convert_i64_s (local.get 1)))
             (f64.add (f64.promote_f32 (local.get 2)) (local.get 3)))))`

test('a reactor is initialised once, after its start function; its seeds are renewed', async () => {
  const random = fakeRandom()
  const entropy = new Entropy(random, {wallNs: () => 0n, monotonicNs: () => 0n})
  const {component, call} = await prepared(REACTOR, {random: entropy, poolBytes: 0}, {entropy})
  assert.equal(component.decision.kind, 'snapshot')
  const sandbox = component.make()
  const seeds = new Set<bigint>()
  for (let event = 0; event < 3; event++) {
    assert.equal(call(sandbox, 'ready'), 2)
    seeds.add(call(sandbox, 'seed'))
    assert.equal(call(sandbox, 'add', 1, 2n, 0.5, 0.25), 3.75)
    sandbox.restore()
  }
  assert.equal(seeds.size, 3)
})

test('without an image each sandbox is initialised for one event', async () => {
  const {component, call} = await prepared(REACTOR, {}, {snapshot: 'never'})
  const sandbox = component.make()
  assert.equal(call(sandbox, 'ready'), 2)
  sandbox.restore()
  assert.ok(sandbox.spent)
})

test('a trap ends the event as a failure; so does what the host refuses', async () => {
  const {component, call} = await prepared(`(module ${IMPORTS}
    (memory (export "memory") 1)
    (func (export "trap") unreachable)
    (func (export "exit") (param i32) (call $proc_exit (local.get 0)))
    (func $deep (export "deep") (call $deep)))`)
  for (const [name, code, ...args] of [
    ['trap', 'TRAP_CORE'],
    ['deep', 'TRAP_CORE'],
    ['exit', 'TRAP_HOST', 200],
  ] as const) {
    const sandbox = component.make()
    assert.throws(() => call(sandbox, name, ...args), {code}, name)
    sandbox.restore()
    assert.ok(sandbox.spent)
    assert.equal(Atomics.load(guard.word, 0), HOST)
  }
})

const LATER = `
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $resize (param i32 i64) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))`

test('what core code passes is unsigned', async t => {
  const root = tree(t, {f: 'content'})
  const mounts = openMounts([{guestPath: '/', hostPath: root, writable: true}])
  t.after(() => mounts.close())
  const {component, call} = await prepared(
    `(module ${LATER}
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (memory (export "memory") 8) (data (i32.const 0) "f")
      (func (export "random") (param i32) (result i32) (call $random (local.get 0) (i32.const 4)))
      (func (export "poll") (param i32) (result i32)
        (call $poll (i32.const 0) (i32.const 262144) (local.get 0) (i32.const 8)))
      (func (export "resize") (param i64) (result i32)
        (drop (call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 0)
          (i64.const 66) (i64.const 0) (i32.const 0) (i32.const 16)))
        (call $resize (i32.load (i32.const 16)) (local.get 0))))`,
    {mounts},
  )
  const sandbox = component.make()
  assert.equal(call(sandbox, 'random', -16), ERRNO.fault)
  assert.equal(call(sandbox, 'poll', -1), ERRNO.fault)
  assert.equal(call(sandbox, 'poll', 5000), ERRNO.inval, 'more than there may be')
  assert.equal(call(sandbox, 'resize', -1n), ERRNO.inval)
  sandbox.restore()
  assert.equal(fs.readFileSync(path.join(root, 'f'), 'utf8'), 'content')
})

test('memory that an earlier event had is out of bounds', async () => {
  const {component, call} = await prepared(`(module ${LATER} (memory (export "memory") 1)
    (func (export "grow") (drop (memory.grow (i32.const 1))))
    (func (export "random") (result i32) (call $random (i32.const 65536) (i32.const 8))))`)
  const sandbox = component.make()
  call(sandbox, 'grow')
  assert.equal(call(sandbox, 'random'), 0)
  sandbox.restore()
  assert.equal(call(sandbox, 'random'), ERRNO.fault)
})

test('guest time is told apart from the host time between', async () => {
  const log: string[] = []
  class Logged extends Guard {
    override enter(): void {
      log.push('guest')
      super.enter()
    }
    override leave(): void {
      log.push('host')
      super.leave()
    }
  }
  const {component, call} = await prepared(PRINTER, {}, {guard: new Logged()})
  const sandbox = component.make()
  log.length = 0
  assert.equal(call(sandbox).statusCode, 2)
  assert.deepEqual(log, ['guest', 'host', 'guest', 'host', 'host'], 'a write, then the exit')
})

test('a guest cannot catch its own exit', async () => {
  const {component, call} = await prepared(`(module ${IMPORTS}
    (memory (export "memory") 1)
    (func (export "_start")
      (block $caught (try_table (catch_all $caught) (call $proc_exit (i32.const 9))))
      unreachable))`)
  assert.equal(call(component.make()).statusCode, 9)
})

test('waiting where nothing can be suspended is a trap', async () => {
  const pipe = new Pipe()
  const text = `(module ${READ} (memory (export "memory") 1)
    (data (i32.const 0) "\\40\\00\\00\\00\\01\\00\\00\\00")
    (func (export "_initialize") (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))))`
  await assert.rejects(prepared(text, {stdin: () => pipe.input}), {code: 'TRAP_CORE'})
})

test('a module without memory may be run as long as no function needs one', async () => {
  const {component, call} = await prepared(`(module ${IMPORTS}
    (func (export "exit") (call $proc_exit (i32.const 4)))
    (func (export "write") (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 0)))))`)
  assert.equal(call(component.make(), 'exit').statusCode, 4)
  assert.throws(() => call(component.make(), 'write'), {code: 'TRAP_HOST'})
})

test('memory beyond the limit is refused', async () => {
  await assert.rejects(prepared('(module (memory (export "memory") 64))', {}, {limitPages: 16}), {
    code: 'LIMIT_MEMORY',
  })
})

const REFUSED: readonly (readonly [string, string, string])[] = [
  ['another module', '(import "env" "f" (func))', 'LINK_MISSING_IMPORT'],
  [
    'an older WASI',
    '(import "wasi_unstable" "fd_close" (func (param i32) (result i32)))',
    'LINK_MISSING_IMPORT',
  ],
  ['no such function', '(import "wasi_snapshot_preview1" "fd_fly" (func))', 'LINK_MISSING_IMPORT'],
  ['a name of every object', '(import "wasi_snapshot_preview1" "constructor" (func))', 'LINK_MISSING_IMPORT'],
  ['a memory', '(import "wasi_snapshot_preview1" "fd_close" (memory 1))', 'LINK_MISSING_IMPORT'],
  [
    'another type',
    '(import "wasi_snapshot_preview1" "fd_close" (func (param i64) (result i32)))',
    'LINK_TYPE_MISMATCH',
  ],
  ['no result', '(import "wasi_snapshot_preview1" "fd_close" (func (param i32)))', 'LINK_TYPE_MISMATCH'],
  ['a _start that takes something', '(func (export "_start") (param i32))', 'LINK_UNSUPPORTED'],
  [
    'an _initialize that returns something',
    '(func (export "_initialize") (result i32) i32.const 0)',
    'LINK_UNSUPPORTED',
  ],
]
for (const [what, text, code] of REFUSED)
  test(`${what} is refused before anything runs`, () => assert.rejects(linked(`(module ${text})`), {code}))

test('what is no number cannot be called from outside', async () => {
  const program =
    await linked(`(module (func (export "ok") (param i32)) (func (export "ref") (param externref))
    (func (export "two") (result i32 i32) (i32.const 1) (i32.const 2)) (memory (export "_start") 1))`)
  assert.deepEqual(
    program.exports.map(({name}) => name),
    ['ok'],
  )
  assert.equal(program.kind, 'reactor')
})
