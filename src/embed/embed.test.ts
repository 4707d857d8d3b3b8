import assert from 'node:assert/strict'
import {AsyncLocalStorage} from 'node:async_hooks'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, test} from 'node:test'
import {pathToFileURL} from 'node:url'
import {parse} from '@bytecodealliance/jco'
import {MayflyError} from '../base/errors.ts'
import {Engine, type LoadOptions} from './engine.ts'

const engine = new Engine()
after(() => engine.close())

const load = async (text: string, options: LoadOptions = {}) => await engine.load(await parse(text), options)

const rejects = (promise: Promise<unknown>, code: string) =>
  assert.rejects(promise, (error: unknown) => error instanceof MayflyError && error.code === code)

/** Counts in a global, and has a memory to grow. */
const COUNTER = `(component
  (core module $M
    (memory (export "memory") 1)
    (global $n (mut i32) (i32.const 0))
    (func (export "count") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
    (func (export "spin") (loop $more (br $more)))
    (func (export "grow") (if (i32.eq (memory.grow (i32.const 1000)) (i32.const -1)) (then unreachable)))
    (func (export "fail") unreachable))
  (core instance $m (instantiate $M))
  (func (export "count") (result u32) (canon lift (core func $m "count")))
  (func (export "spin") (canon lift (core func $m "spin")))
  (func (export "grow") (canon lift (core func $m "grow")))
  (func (export "fail-at-once") (canon lift (core func $m "fail"))))`

/** Hands strings through to functions of the host, inside and outside an interface. */
const CALLS_HOST = `(component
  (import "t:host/api@1.2.0" (instance $api
    (export "shout-loud" (func (param "text" string) (result string)))))
  (import "now" (func $now (result u64)))
  (core module $Libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $libc (instantiate $Libc))
  (alias core export $libc "memory" (core memory $mem))
  (alias core export $libc "realloc" (core func $realloc))
  (core func $shout (canon lower (func $api "shout-loud") (memory $mem) (realloc $realloc)))
  (core func $now' (canon lower (func $now)))
  (core module $M
    (import "" "shout" (func $shout (param i32 i32 i32)))
    (import "" "now" (func $now (result i64)))
    (func (export "shout") (param i32 i32) (result i32)
      (call $shout (local.get 0) (local.get 1) (i32.const 16)) (i32.const 16))
    (func (export "now") (result i64) (call $now)))
  (core instance $m (instantiate $M (with "" (instance (export "shout" (func $shout)) (export "now" (func $now'))))))
  (func $f (param "text" string) (result string)
    (canon lift (core func $m "shout") (memory $mem) (realloc $realloc)))
  (instance $plugin (export "shout" (func $f)))
  (export "t:plugin/run@0.3.1" (instance $plugin))
  (func (export "now") (result u64) (canon lift (core func $m "now"))))`

/** A resource of the host: makes one, calls its method, and drops it. */
const USES_RESOURCE = `(component
  (import "t:host/db" (instance $db
    (export "open-file" (type $file (sub resource)))
    (export "[constructor]open-file" (func (param "size" u32) (result (own $file))))
    (export "[method]open-file.add-up" (func (param "self" (borrow $file)) (param "n" u32) (result u32)))
    (export "[static]open-file.count" (func (result u32)))))
  (alias export $db "open-file" (type $file))
  (core func $new (canon lower (func $db "[constructor]open-file")))
  (core func $add (canon lower (func $db "[method]open-file.add-up")))
  (core func $count (canon lower (func $db "[static]open-file.count")))
  (core func $drop (canon resource.drop $file))
  (core module $M
    (import "" "new" (func $new (param i32) (result i32)))
    (import "" "add" (func $add (param i32 i32) (result i32)))
    (import "" "count" (func $count (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (param $keep i32) (result i32) (local $file i32) (local $sum i32)
      (local.set $file (call $new (i32.const 40)))
      (local.set $sum (i32.add (call $add (local.get $file) (i32.const 2)) (call $count)))
      (if (i32.eqz (local.get $keep)) (then (call $drop (local.get $file))))
      (local.get $sum)))
  (core instance $m (instantiate $M (with "" (instance
    (export "new" (func $new)) (export "add" (func $add)) (export "count" (func $count)) (export "drop" (func $drop))))))
  (func (export "run") (param "keep" bool) (result u32) (canon lift (core func $m "run"))))`

describe('calls', () => {
  test('each has a fresh sandbox, a lease keeps one', async () => {
    const counter = await load(COUNTER)
    assert.equal(await counter.exports.count(), 1)
    assert.deepEqual(await Promise.all([counter.exports.count(), counter.exports.count()]), [1, 1])
    await using sandbox = await counter.lease()
    assert.deepEqual(await Promise.all([sandbox.exports.count(), sandbox.exports.count()]), [1, 2])
    assert.equal(await counter.exports.count(), 1)
  })

  test('a lease is made fresh again after the calls before, and after a trap', async () => {
    const counter = await load(COUNTER)
    await using sandbox = await counter.lease()
    const {count, failAtOnce} = sandbox.exports
    const calls = [count(), count(), sandbox.restore(), count(), count()]
    assert.deepEqual(await Promise.all(calls), [1, 2, undefined, 1, 2])
    await rejects(failAtOnce(), 'TRAP_CORE')
    await rejects(count(), 'TRAP_REENTERED')
    await sandbox.restore()
    assert.equal(await count(), 1)
    const restoring = rejects(sandbox.restore(), 'EMBED_CLOSED')
    await sandbox.release()
    await restoring
    await rejects(sandbox.restore(), 'EMBED_CLOSED')
  })

  test('a lease that is released while it is restored gives its place to the next', async () => {
    const counter = await load(COUNTER, {limits: {concurrency: 1}})
    for (let i = 0; i < 3; i++) {
      const sandbox = await counter.lease()
      const restoring = sandbox.restore().catch(error => error.code)
      await Promise.resolve()
      await sandbox.release()
      await restoring
    }
    assert.equal(await counter.exports.count(), 1)
  })

  test('a trap fails its call only, and names what happened', async () => {
    const counter = await load(COUNTER)
    await rejects(counter.exports.failAtOnce(), 'TRAP_CORE')
    assert.equal(await counter.exports.count(), 1)
  })

  test('more than the limit of sandboxes wait for one', async () => {
    const counter = await load(COUNTER, {limits: {concurrency: 2}})
    const first = await counter.lease()
    await using _second = await counter.lease()
    const waiting = Array.from({length: 5}, () => counter.exports.count())
    await first.exports.count()
    await first.release()
    assert.deepEqual(await Promise.all(waiting), [1, 1, 1, 1, 1])
  })

  test('a released lease and a closed component refuse calls, also those that wait', async () => {
    const counter = await load(COUNTER, {limits: {concurrency: 1}})
    const sandbox = await counter.lease()
    const waiting = rejects(counter.exports.count(), 'EMBED_CLOSED')
    await counter.close()
    await waiting
    await rejects(sandbox.exports.count(), 'EMBED_CLOSED')
    await rejects(counter.exports.count(), 'EMBED_CLOSED')
    await rejects(counter.lease(), 'EMBED_CLOSED')
  })

  test('a closed engine loads nothing and has closed its components', async () => {
    const other = new Engine()
    const counter = await other.load(await parse(COUNTER))
    await other.close()
    await rejects(counter.exports.count(), 'EMBED_CLOSED')
    await rejects(other.load(await parse(COUNTER)), 'EMBED_CLOSED')
  })
})

describe('host functions', () => {
  const given = {
    't:host/api@1.0.0': {shoutLoud: (text: string) => `${text.toUpperCase()}!`},
    now: () => 7n,
  }

  test('are found by interface, at any compatible version, and outside of interfaces', async () => {
    const {exports} = await load(CALLS_HOST, {imports: given})
    assert.equal(await exports['t:plugin/run@0.3.0'].shout('héllo'), 'HÉLLO!')
    assert.equal(await exports['t:plugin/run@0.3.1'].shout('a'), 'A!')
    assert.equal(exports['t:plugin/run@0.4.0'], undefined)
    assert.ok('t:plugin/run@0.3.0' in exports)
    assert.equal(await exports.now(), 7n)
  })

  test('may be async, each call waiting for itself', async () => {
    const shoutLoud = async (text: string) => {
      await new Promise(resolve => setTimeout(resolve, text.length))
      return text
    }
    const {exports} = await load(CALLS_HOST, {imports: {...given, 't:host/api@1.0.0': {shoutLoud}}})
    const texts = ['long one', 'mid', 's']
    assert.deepEqual(await Promise.all(texts.map(text => exports['t:plugin/run@0.3.1'].shout(text))), texts)
  })

  test('run in the AsyncLocalStorage context of the call, also after waiting', async () => {
    const tenant = new AsyncLocalStorage<string>()
    const seen: (string | undefined)[] = []
    const api = {
      async shoutLoud(text: string) {
        seen.push(tenant.getStore())
        await new Promise(setImmediate)
        seen.push(tenant.getStore())
        return text
      },
    }
    const {exports} = await load(CALLS_HOST, {imports: {...given, 't:host/api@1.0.0': api}})
    const shout = (name: string) => tenant.run(name, () => exports['t:plugin/run@0.3.1'].shout(name))
    await Promise.all([shout('a'), shout('b')])
    assert.deepEqual(seen, ['a', 'b', 'a', 'b'])
  })

  for (const how of ['throws', 'rejects']) {
    test(`an error that it ${how} is the cause of the trap`, async () => {
      const mine = new TypeError('out of ink')
      const now =
        how === 'throws'
          ? () => {
              throw mine
            }
          : () => Promise.reject(mine)
      const {exports} = await load(CALLS_HOST, {imports: {...given, now}})
      await assert.rejects(exports.now(), (error: unknown) => {
        assert.ok(error instanceof MayflyError)
        assert.equal(error.code, 'TRAP_HOST')
        assert.match(error.message, /now: out of ink/)
        assert.equal(error.cause, mine)
        return true
      })
    })
  }

  test('may call the component, which runs in another sandbox, but not the sandbox that waits for them', async () => {
    let use: () => Promise<bigint> = async () => 0n
    const component = await load(CALLS_HOST, {imports: {...given, now: async () => (await use()) + 1n}})
    use = async () => {
      use = async () => 40n
      return await component.exports.now()
    }
    assert.equal(await component.exports.now(), 42n)
    await using sandbox = await component.lease()
    let nested: Promise<bigint> | undefined
    use = () => {
      nested ??= sandbox.exports.now() as Promise<bigint>
      return nested
    }
    await rejects(sandbox.exports.now(), 'EMBED_NESTED_CALL')
    // What they started in the background may call it, once the call is over.
    await sandbox.restore()
    let later: Promise<bigint> | undefined
    use = async () => {
      use = async () => 6n
      later = new Promise(resolve => setTimeout(resolve, 20)).then(() => sandbox.exports.now())
      return 1n
    }
    assert.equal(await sandbox.exports.now(), 2n)
    assert.equal(await later, 7n)
  })

  test('a missing function is named, with where to give it', async () => {
    await assert.rejects(
      load(CALLS_HOST, {imports: {now: () => 1n, 't:host/api@1.2.0': {}}}),
      (error: MayflyError) =>
        error.code === 'LINK_MISSING_IMPORT' &&
        /t:host\/api@1.2.0#shout-loud/.test(error.message) &&
        error.hint === 'give the function shoutLoud in imports["t:host/api@1.2.0"]',
    )
    const hints: [imports: object, hint: RegExp][] = [
      [
        {now: () => 1n, 't:host/apis@1.2.0': {}},
        /: \{"t:host\/api@1\.2\.0": \.\.\.\}; imports has now, t:host\/apis@1\.2\.0$/,
      ],
      [{now: () => 1n, 't:host/api@1.2.0': {'shout-loud': () => ''}}, /shoutLoud in .*; it has shout-loud$/],
      [{'t:host/api@1.2.0': given['t:host/api@1.0.0']}, /^give the function now|\{"now": \.\.\.\}/],
    ]
    for (const [imports, hint] of hints)
      await assert.rejects(load(CALLS_HOST, {imports: imports as Record<string, unknown>}), {
        code: 'LINK_MISSING_IMPORT',
        hint,
      })
    const noObject = {...given, 't:host/api@1.0.0': () => {}}
    await assert.rejects(load(CALLS_HOST, {imports: noObject}), {
      code: 'EMBED_BAD_OPTION',
      message: /t:host\/api@1\.2\.0 cannot be a function: it must be an object with/,
    })
    await rejects(load(CALLS_HOST, {imports: {...given, now: 7}}), 'EMBED_BAD_OPTION')
  })

  test('nothing that objects and functions inherit is offered to a guest', async () => {
    const names = ['constructor', 'to-string', 'value-of', 'has-own-property', '__proto__']
    for (const name of names.slice(0, 4)) {
      const text = `(component (import "t:h/api" (instance (export "${name}" (func)))))`
      await rejects(load(text, {imports: {'t:h/api': new (class Api {})()}}), 'LINK_MISSING_IMPORT')
      await rejects(load(`(component (import "${name}" (func)))`, {imports: {}}), 'LINK_MISSING_IMPORT')
    }
    for (const name of ['call', 'bind', 'apply', 'to-string']) {
      const text = `(component (import "t:h/api" (instance
        (export "r" (type (sub resource))) (export "[static]r.${name}" (func)))))`
      await rejects(load(text, {imports: {'t:h/api': {R: class {}}}}), 'LINK_MISSING_IMPORT')
    }
  })
})

describe('resources of the host', () => {
  const files = () => {
    const log: string[] = []
    class OpenFile {
      readonly #size: number
      constructor(size: number) {
        this.#size = size
      }
      addUp(n: number) {
        return this.#size + n
      }
      static count() {
        return 100
      }
      [Symbol.dispose]() {
        log.push('disposed')
      }
    }
    return {log, imports: {'t:host/db': {OpenFile}}}
  }

  for (const keep of [false, true]) {
    test(`are classes; disposed once, when ${keep ? 'the sandbox ends' : 'the guest drops them'}`, async () => {
      const {log, imports} = files()
      const {exports} = await load(USES_RESOURCE, {imports})
      assert.equal(await exports.run(keep), 142)
      assert.deepEqual(log, ['disposed'])
    })
  }

  test('a class that lacks a method is refused before anything runs', async () => {
    class OpenFile {
      addDown(n: number) {
        return n
      }
      static count() {
        return 0
      }
    }
    await rejects(load(USES_RESOURCE, {imports: {'t:host/db': {OpenFile}}}), 'LINK_MISSING_IMPORT')
  })
})

/** One component's function called from another's, with numbers only: the glue between them counts as guest code. */
const BETWEEN = `(component
  (component $Inner
    (core module $M (func (export "same") (param i32) (result i32) (local.get 0)))
    (core instance $m (instantiate $M))
    (func (export "same") (param "c" char) (result char) (canon lift (core func $m "same"))))
  (component $Outer
    (import "same" (func $same (param "c" char) (result char)))
    (core func $same' (canon lower (func $same)))
    (core module $M (import "" "same" (func $same (param i32) (result i32)))
      (func (export "call") (param i32) (result i32) (call $same (local.get 0)))
      (func (export "spin") (loop $more (drop (call $same (i32.const 65))) (br $more))))
    (core instance $m (instantiate $M (with "" (instance (export "same" (func $same'))))))
    (func (export "call") (param "n" u32) (result u32) (canon lift (core func $m "call")))
    (func (export "spin") (canon lift (core func $m "spin"))))
  (instance $inner (instantiate $Inner))
  (instance $outer (instantiate $Outer (with "same" (func $inner "same"))))
  (export "call" (func $outer "call"))
  (export "spin" (func $outer "spin")))`

describe('calls between components with numbers only', () => {
  test('trap as others do, and leave the engine fit for the next', async () => {
    const {exports} = await load(BETWEEN)
    assert.equal(await exports.call(0x1f600), 0x1f600)
    await rejects(exports.call(0xd800), 'TRAP_BAD_VALUE')
    assert.equal(await exports.call(7), 7)
  })

  test('are stopped in the middle, and leave the engine fit for the next', async () => {
    const {exports} = await load(BETWEEN, {limits: {cpuMs: 30}})
    for (let i = 0; i < 5; i++) {
      await rejects(exports.spin(), 'LIMIT_CPU')
      assert.equal(await exports.call(i), i)
    }
  })
})

describe('limits', () => {
  test('memory', async () => {
    const {exports} = await load(COUNTER, {limits: {memoryMb: 4}})
    await assert.rejects(
      exports.grow(),
      (error: MayflyError) => error.code === 'LIMIT_MEMORY' && /limits\.memoryMb/.test(error.hint!),
    )
  })

  test('waiting', async () => {
    const {exports} = await load(CALLS_HOST, {
      imports: {'t:host/api@1.0.0': {shoutLoud: () => ''}, now: () => new Promise(() => {})},
      limits: {idleMs: 20},
    })
    const alive = setInterval(() => {}, 1000)
    await rejects(exports.now(), 'LIMIT_IDLE')
    clearInterval(alive)
  })

  for (const [options, says] of [
    [{import: {}}, /^import cannot be given: the options are name, imports, wasi, limits$/],
    [{wasi: {stdOut: 'inherit'}}, /^wasi\.stdOut cannot be given: the options are wasi\.args, /],
  ] as const)
    test(`the misspelt option in ${JSON.stringify(options)} is named`, async () => {
      await assert.rejects(load(COUNTER, options as object), {code: 'EMBED_BAD_OPTION', message: says})
    })

  for (const [limits, about] of [
    [{cpuMs: 0}, 'limits.cpuMs'],
    [{memoryMb: Number.NaN}, 'limits.memoryMb'],
    [{idleMs: '5'}, 'limits.idleMs'],
    [{cpu: 5}, 'limits.cpu'],
  ] as const)
    test(`${JSON.stringify(limits)} is refused`, async () => {
      await assert.rejects(load(COUNTER, {limits: limits as object}), {
        code: 'EMBED_BAD_OPTION',
        message: new RegExp(`^${about.replace('.', '\\.')} `),
      })
    })
})

describe('WASI', () => {
  const ENV = `(component
    (import "wasi:cli/environment@0.2.0" (instance $env (export "get-arguments" (func (result (list string))))))
    (core module $Libc (memory (export "memory") 1) (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
    (core instance $libc (instantiate $Libc))
    (alias core export $libc "memory" (core memory $mem))
    (alias core export $libc "realloc" (core func $realloc))
    (core func $args (canon lower (func $env "get-arguments") (memory $mem) (realloc $realloc)))
    (core module $M (import "" "m" (memory 1)) (import "" "args" (func $args (param i32)))
      (func (export "count") (result i32) (call $args (i32.const 8)) (i32.load (i32.const 12))))
    (core instance $m (instantiate $M (with "" (instance (export "m" (memory $mem)) (export "args" (func $args))))))
    (func (export "count") (result u32) (canon lift (core func $m "count"))))`

  test('is granted, or named as missing with what to do', async () => {
    await assert.rejects(load(ENV), (error: MayflyError) => /wasi: \{\}/.test(error.hint!))
    assert.equal(await (await load(ENV, {wasi: {}})).exports.count(), 0)
    assert.equal(await (await load(ENV, {wasi: {args: ['x']}})).exports.count(), 1)
  })

  test("the program's own interface goes before WASI's", async () => {
    const imports = {'wasi:cli/environment@0.2.3': {getArguments: () => ['a', 'b', 'c']}}
    assert.equal(await (await load(ENV, {wasi: {}, imports})).exports.count(), 3)
  })
})

describe('a source', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mayfly-embed-'))
  after(() => rmSync(folder, {recursive: true}))

  test('is bytes, a path or a file: URL', async () => {
    const file = join(folder, 'counter.wasm')
    writeFileSync(file, await parse(COUNTER))
    for (const source of [await parse(COUNTER), file, pathToFileURL(file)])
      assert.equal(await (await engine.load(source)).exports.count(), 1)
    assert.equal((await engine.load(file)).name, 'counter')
  })

  const text = join(folder, 'text.wat')
  writeFileSync(text, COUNTER)
  for (const [source, code, says] of [
    [join(folder, 'nowhere.wasm'), 'FILE_NOT_FOUND', /nowhere\.wasm does not exist/],
    [folder, 'FILE_FAILED', /cannot read/],
    [text, 'DECODE_MALFORMED', /this is text/],
    [new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), 'DECODE_CORE_MODULE', /core module/],
    [new Uint8Array(), 'DECODE_MALFORMED', /./],
    [new URL('https://example.com/a.wasm'), 'EMBED_BAD_OPTION', /only file: URLs/],
    [undefined, 'EMBED_BAD_OPTION', /the source cannot be undefined/],
  ] as const)
    test(`that cannot be used says so: ${code}, ${String(source).slice(-20)}`, async () => {
      await assert.rejects(engine.load(source as string), {name: 'MayflyError', code, message: says})
    })
})
