// Programs of WASI 0.3: components that export an asynchronous wasi:cli/run.
import assert from 'node:assert/strict'
import {once} from 'node:events'
import {describe, test} from 'node:test'
import {finish, mayfly, start, WASMTIME, write} from './run.fixtures.ts'
import {CAT, EXIT, program, returning} from './run-p3.fixtures.ts'

const SLEEP = {
  before: `(import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
      (export "wait-for" (func async (param "how-long" u64)))))
    (core func $wait (canon lower (func $clock "wait-for")))
    ${EXIT.before}`,
  given: ['wait', ...EXIT.given],
}
const EXIT_IMPORT = `(import "" "exit'" (func $exit (param i32)))`
const WAIT_IMPORT = '(import "" "wait" (func $wait (param i64)))'

const BYTES = Uint8Array.from({length: 300_000}, (_, i) => (i * 7 + (i >> 8)) & 0xff)

type Case = Readonly<{
  name: string
  text: string
  stdin?: Uint8Array
  code?: number
  stdout?: Uint8Array
  stderr?: RegExp
}>

const CASES: readonly Case[] = [
  {name: 'p3-ok', text: returning(0)},
  {name: 'p3-error', text: returning(1), code: 1},
  {
    name: 'p3-exit',
    text: program(`${EXIT_IMPORT} (func (export "run") (call $exit (i32.const 7)) unreachable)`, EXIT),
    code: 7,
  },
  {name: 'p3-trap', text: program('(func (export "run") unreachable)'), code: 134, stderr: /TRAP_CORE/},
  {name: 'p3-nothing-returned', text: program('(func (export "run"))'), code: 134, stderr: /TRAP_ASYNC/},
  {name: 'p3-cat', text: CAT, stdin: BYTES, stdout: BYTES},
  {
    name: 'p3-sleep',
    text: program(
      `${WAIT_IMPORT} ${EXIT_IMPORT}
      (func (export "run") (call $wait (i64.const 20000000)) (call $exit (i32.const 9)))`,
      SLEEP,
    ),
    code: 9,
  },
  {
    name: 'p3-goes-on-after',
    text: program(
      `${WAIT_IMPORT} ${EXIT_IMPORT}
      (func (export "run")
        (call $return (i32.const 0)) (call $wait (i64.const 60000000000)) (call $exit (i32.const 9)))`,
      SLEEP,
    ),
  },
]

const P3 = [
  '-Sp3',
  '-Wcomponent-model-async',
  '-Wcomponent-model-async-stackful',
  '-Wcomponent-model-more-async-builtins',
]

describe('a program of WASI 0.3 runs as elsewhere', {concurrency: 2}, () => {
  for (const {name, text, stdin = '', code = 0, stdout = '', stderr} of CASES)
    test(name, async () => {
      const file = await write(`${name}.wasm`, text)
      const outcome = await finish(mayfly(file), stdin)
      assert.equal(outcome.code, code, outcome.stderr)
      assert.ok(outcome.stdout.equals(Buffer.from(stdout)), `${outcome.stdout.length} bytes of output`)
      assert.match(outcome.stderr, stderr ?? /^$/)
      if (WASMTIME === undefined) return
      const other = await finish(start(WASMTIME, ['run', ...P3, file]), stdin)
      assert.equal(outcome.code, other.code, other.stderr)
      assert.ok(outcome.stdout.equals(other.stdout), 'as wasmtime does')
    })
})

test('a program of a release candidate runs too', async () => {
  const file = await write('candidate.wasm', returning(1, 'wasi:cli/run@0.3.0-rc-2026-01-06'))
  assert.equal((await finish(mayfly(file))).code, 1)
})

test('a program of a release candidate with other types is refused before it runs', async () => {
  const before = `(import "wasi:cli/stdout@0.3.0-rc-2026-01-06" (instance $stdout
      (export "write-via-stream" (func async (param "data" (stream u8)) (result (result))))))`
  const text = program('(func (export "run") (call $return (i32.const 0)))', {before})
  const {code, stderr} = await finish(mayfly(await write('older.wasm', text)))
  assert.equal(code, 1)
  assert.match(stderr, /LINK_TYPE_MISMATCH.*wasi:cli\/stdout@0\.3\.0-rc-2026-01-06#write-via-stream/)
  assert.match(stderr, /async func\(stream<u8>\)/)
})

test('input of a stream arrives while it is written, and output while it runs', async () => {
  const child = mayfly(await write('p3-stream.wasm', CAT))
  for (const word of ['one', 'two']) {
    child.stdin.write(word)
    const [chunk] = await once(child.stdout, 'data')
    assert.equal(String(chunk), word)
  }
  assert.equal((await finish(child)).code, 0)
})

test('a guest whose output nobody reads any more is told by its stream', async () => {
  const child = mayfly(await write('p3-pipe.wasm', CAT))
  child.stdin.on('error', () => {})
  child.stdout.destroy()
  child.stdin.write(BYTES)
  const stderr: Buffer[] = []
  child.stderr.on('data', chunk => stderr.push(chunk))
  const [code] = await once(child, 'close')
  assert.equal(Buffer.concat(stderr).toString(), '')
  assert.equal(code, 1)
})
