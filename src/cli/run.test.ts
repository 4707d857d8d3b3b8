import assert from 'node:assert/strict'
import {once} from 'node:events'
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, test} from 'node:test'
import {dir, finish, mayfly, start, WASMTIME, write} from './run.fixtures.ts'
import {readRunOptions} from './run-options.ts'

const wasi = (name: string, type: string): string =>
  `(import "wasi_snapshot_preview1" "${name}" (func $${name} ${type}))`
const MEMORY = '(memory (export "memory") 2)'
const EXIT = wasi('proc_exit', '(param i32)')
const WRITE = wasi('fd_write', '(param i32 i32 i32 i32) (result i32)')
const READ = wasi('fd_read', '(param i32 i32 i32 i32) (result i32)')

/** Prints what a pair of get functions gives, the NULs too. */
const strings = (name: string) => `(module ${WRITE}
  ${wasi(`${name}_sizes_get`, '(param i32 i32) (result i32)')} ${wasi(`${name}_get`, '(param i32 i32) (result i32)')}
  ${MEMORY}
  (func (export "_start")
    (drop (call $${name}_sizes_get (i32.const 0) (i32.const 4)))
    (drop (call $${name}_get (i32.const 1024) (i32.const 8192)))
    (i32.store (i32.const 0) (i32.const 8192))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))))`

/** Copies standard input to standard output, and exits with the error number of what fails. */
const CAT = `(module ${WRITE} ${READ} ${EXIT} ${MEMORY}
  (func (export "_start") (local $errno i32)
    (loop $again
      (i32.store (i32.const 0) (i32.const 1024)) (i32.store (i32.const 4) (i32.const 65536))
      (if (local.tee $errno (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 16)))
        (then (call $proc_exit (local.get $errno))))
      (if (i32.load (i32.const 16)) (then
        (i32.store (i32.const 4) (i32.load (i32.const 16)))
        (if (local.tee $errno (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
          (then (call $proc_exit (local.get $errno))))
        (br $again))))))`

/** Writes "content" to the file "out" of the directory 3, and exits with the error number. */
const TOUCH = `(module ${WRITE} ${EXIT}
  ${wasi('path_open', '(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)')} ${MEMORY}
  (data (i32.const 0) "\\40\\00\\00\\00\\07\\00\\00\\00") (data (i32.const 64) "contentout")
  (func (export "_start") (local $errno i32)
    (if (local.tee $errno (call $path_open (i32.const 3) (i32.const 0) (i32.const 71) (i32.const 3)
        (i32.const 1) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 32)))
      (then (call $proc_exit (local.get $errno))))
    (call $proc_exit (call $fd_write (i32.load (i32.const 32)) (i32.const 0) (i32.const 1) (i32.const 36)))))`

/** Waits for 20 ms. */
const SLEEP = `(module ${EXIT} ${wasi('poll_oneoff', '(param i32 i32 i32 i32) (result i32)')} ${MEMORY}
  (data (i32.const 16) "\\01") (data (i32.const 24) "\\00\\2d\\31\\01")
  (func (export "_start")
    (call $proc_exit (call $poll_oneoff (i32.const 0) (i32.const 128) (i32.const 1) (i32.const 256)))))`

const exit = (code: number) =>
  `(module ${EXIT} ${MEMORY} (func (export "_start") (call $proc_exit (i32.const ${code}))))`

const command = (result: number) => `(component
  (core module $m (func (export "run") (result i32) (i32.const ${result})))
  (core instance $i (instantiate $m))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance (export "wasi:cli/run@0.2.0") (export "run" (func $run))))`

type Case = Readonly<{
  name: string
  text: string
  /** Before the file. */
  options?: readonly string[]
  args?: readonly string[]
  stdin?: Uint8Array
  code?: number
  stdout?: string | Uint8Array
  stderr?: RegExp
}>

const BYTES = Uint8Array.from({length: 300_000}, (_, i) => (i * 7 + (i >> 8)) & 0xff)

const CASES: readonly Case[] = [
  {name: 'returns', text: '(module (func (export "_start")))'},
  {name: 'exit-0', text: exit(0)},
  {name: 'exit-3', text: exit(3), code: 3},
  {name: 'exit-125', text: exit(125), code: 125},
  {name: 'exit-126', text: exit(126), code: 1, stderr: /the exit code 126 is not between 0 and 125/},
  {name: 'trap', text: '(module (func (export "_start") unreachable))', code: 134, stderr: /TRAP_CORE/},
  {name: 'deep', text: '(module (func $f (export "_start") (call $f)))', code: 134},
  {
    name: 'reactor',
    text: `(module ${EXIT} ${MEMORY} (func (export "_initialize") (call $proc_exit (i32.const 5))))`,
    code: 5,
  },
  {name: 'nothing', text: '(module)'},
  {name: 'args', text: strings('args'), args: ['a', '', 'ü'], stdout: 'args.wasm\0a\0\0ü\0'},
  {
    name: 'environ',
    text: strings('environ'),
    options: ['--env', 'A=b=c', '--env', 'EMPTY=', '--env', 'FROM_OUTSIDE', '--env', 'NOT_THERE'],
    stdout: 'A=b=c\0EMPTY=\0FROM_OUTSIDE=inherited\0',
  },
  {name: 'cat', text: CAT, stdin: BYTES, stdout: BYTES},
  {name: 'touch', text: TOUCH, options: ['--dir', 'data::/data']},
  {name: 'touch-nowhere', text: TOUCH, code: 8},
  {name: 'sleep', text: SLEEP},
  {
    name: 'import',
    text: '(module (import "env" "f" (func)) (func (export "_start")))',
    code: 1,
    stderr: /import.wasm imports "env#f"/,
  },
  {name: 'component', text: command(0)},
  {name: 'component-fails', text: command(1), code: 1},
  {name: 'no-command', text: '(component)', code: 1, stderr: /LINK_MISSING_EXPORT/},
]

describe('a program runs as elsewhere', {concurrency: 2}, () => {
  for (const {name, text, options = [], args = [], stdin = '', code = 0, stdout = '', stderr} of CASES)
    test(name, async () => {
      mkdirSync(join(dir, 'data'), {recursive: true})
      const file = await write(`${name}.wasm`, text)
      const outcome = await finish(mayfly(...options, file, '--', ...args), stdin)
      assert.equal(outcome.code, code, outcome.stderr)
      assert.deepEqual(outcome.stdout, Buffer.from(stdout))
      assert.match(outcome.stderr, stderr ?? /^/)
      if (code === 0) assert.equal(outcome.stderr, '')
      if (WASMTIME === undefined) return
      const other = await finish(start(WASMTIME, ['run', ...options, file, ...args]), stdin)
      assert.deepEqual([outcome.code, outcome.stdout], [other.code, other.stdout], 'as wasmtime does')
    })
})

test('a file that the guest wrote is there, and only there', async () => {
  const file = await write('write.wasm', TOUCH)
  mkdirSync(join(dir, 'out-dir'))
  const {code} = await finish(mayfly(file, '--dir', 'out-dir::/data'))
  assert.equal(code, 0)
  assert.equal(readFileSync(join(dir, 'out-dir', 'out'), 'utf8'), 'content')
})

test('input arrives while it is written, and output while it runs', async () => {
  const child = mayfly(await write('stream.wasm', CAT))
  for (const word of ['one', 'two']) {
    child.stdin.write(word)
    const [chunk] = await once(child.stdout, 'data')
    assert.equal(String(chunk), word)
  }
  const {code} = await finish(child)
  assert.equal(code, 0)
})

test('a guest that has read enough ends, whatever its input does', async () => {
  const text = `(module ${READ} ${MEMORY} (data (i32.const 0) "\\40\\00\\00\\00\\08\\00\\00\\00")
    (func (export "_start") (drop (call $fd_read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 32)))))`
  const child = mayfly(await write('once.wasm', text))
  child.stdin.write('a line\n')
  const [code] = await once(child, 'close')
  assert.equal(code, 0)
})

test('a guest whose output nobody reads any more is told', async () => {
  const endless = `(module ${WRITE} ${EXIT} ${MEMORY} (data (i32.const 0) "\\40\\00\\00\\00\\00\\10\\00\\00")
    (func (export "_start") (local $errno i32)
      (loop $again
        (br_if $again (i32.eqz (local.tee $errno
          (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32))))))
      (call $proc_exit (local.get $errno))))`
  const child = mayfly(await write('endless.wasm', endless))
  await once(child.stdout, 'data')
  child.stdout.destroy()
  const [code] = await once(child, 'close')
  assert.ok(code === 64 || code === 29, `EPIPE of a pipe, EIO of a socket that was reset, not ${code}`)
})

test('a guest that never ends is stopped as any program', async () => {
  const text = `(module ${WRITE} ${MEMORY} (data (i32.const 0) "\\40\\00\\00\\00\\01\\00\\00\\00")
    (func (export "_start")
      (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 32)))
      (loop $l (br $l))))`
  const child = mayfly(await write('loop.wasm', text))
  await once(child.stdout, 'data')
  child.kill('SIGINT')
  const [, signal] = await once(child, 'close')
  assert.equal(signal, 'SIGINT')
})

test('any export can be called with numbers', async () => {
  const file = await write(
    'math.wasm',
    `(module (func (export "add") (param i32 i64) (result i64)
      (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1))))`,
  )
  const {code, stdout} = await finish(mayfly('--invoke', 'add', file, '--', '-1', '9007199254740993'))
  assert.equal(code, 0)
  assert.equal(stdout.toString(), '9007199254740992\n')
  for (const args of [['none'], ['add', file, '1'], ['add', file, '1', 'x']]) {
    const [name, ...rest] = args as [string, ...string[]]
    const failed = await finish(mayfly('--invoke', name, ...(rest.length === 0 ? [file] : rest)))
    assert.notEqual(failed.code, 0)
    assert.match(failed.stderr, /error\[(LINK_MISSING_EXPORT|CLI_BAD_VALUE)\]/)
  }
})

test('what cannot be run is told before anything runs', async () => {
  const file = await write('fine.wasm', '(module)')
  writeFileSync(join(dir, 'text.wasm'), 'no module')
  for (const [args, error, code] of [
    [[], /CLI_MISSING_ARGUMENT/, 2],
    [['none.wasm'], /FILE_NOT_FOUND.*none\.wasm/, 1],
    [['text.wasm'], /DECODE_MALFORMED/, 1],
    [[file, '--dir', 'nowhere::/x'], /CLI_BAD_VALUE.*nowhere::\/x/, 2],
    [[file, '--dir', 'a::b::c'], /CLI_BAD_VALUE/, 2],
    [[file, '--env', '=x'], /CLI_BAD_VALUE/, 2],
  ] as const) {
    const outcome = await finish(mayfly(...args))
    assert.match(outcome.stderr, error)
    assert.equal(outcome.code, code)
    assert.equal(outcome.stdout.length, 0)
  }
})

const NONE: Parameters<typeof readRunOptions>[0] = {
  dir: [],
  env: [],
  network: false,
  invoke: undefined,
  argv0: undefined,
}
const OPTIONS: readonly (readonly [Partial<typeof NONE>, readonly string[], object])[] = [
  [{}, ['a/b.wasm', 'x'], {file: '/cwd/a/b.wasm', args: ['b.wasm', 'x']}],
  [{argv0: 'tool'}, ['b.wasm'], {args: ['tool']}],
  [{dir: ['data']}, ['b.wasm'], {dirs: [{hostPath: '/cwd/data', guestPath: 'data', writable: true}]}],
  [{dir: ['/d::/']}, ['b.wasm'], {dirs: [{hostPath: '/d', guestPath: '/', writable: true}]}],
  [
    {env: ['A=', 'B', 'C']},
    ['b.wasm'],
    {
      environment: [
        ['A', ''],
        ['B', 'outside'],
      ],
    },
  ],
]
for (const [values, positionals, expected] of OPTIONS)
  test(`options ${JSON.stringify(values)}`, {skip: process.platform === 'win32' && 'paths of POSIX'}, () => {
    const options = readRunOptions({...NONE, ...values}, positionals, {env: {B: 'outside'}, cwd: '/cwd'})
    assert.deepEqual({...options, ...expected}, options)
  })
