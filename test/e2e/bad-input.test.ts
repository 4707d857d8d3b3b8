import assert from 'node:assert/strict'
import {execFileSync, spawnSync} from 'node:child_process'
import {chmodSync, mkdirSync, readdirSync, readFileSync} from 'node:fs'
import net from 'node:net'
import {test} from 'node:test'
import {guest} from '../guests/guests.ts'
import {assemble} from '../guests/wat/text-guests.ts'
import {folder} from './harness/app.ts'
import {type RunOptions, run} from './harness/mayfly.ts'

/** Fails as it should: says what is wrong, with a code, on stderr only, and no stack. Returns stderr. */
async function refused(args: readonly string[], options?: RunOptions): Promise<string> {
  const {code, out, err} = await run(args, options)
  assert.notEqual(code, 0, `it must fail: ${out}${err}`)
  assert.notEqual(code, null)
  assert.match(err, /^error\[[A-Z_]+\]: ./m)
  // A place stands behind two spaces, a stack behind four.
  assert.doesNotMatch(err, /^ {4,}at /m, 'a stack trace')
  assert.doesNotMatch(err, /error\[INTERNAL\]/)
  assert.equal(out, '')
  return err
}

const hello = async (): Promise<string> => ((await guest('wat/hello')) as {path: string}).path
const LISTEN = ['--listen', '127.0.0.1:0']

test('a manifest with five mistakes is told all five, each with its line', async t => {
  const dir = folder(t, {
    'spin.toml': [
      'spin_manifest_version = 2',
      '[application]',
      'nam = "shop"',
      '[[trigger.http]]',
      'route = 7',
      'component = "cart"',
      '[component.card]',
      'sources = "a.wasm"',
      '[component.card.tool.mayfly]',
      'limits = { cpu_ms = -1 }',
      '',
    ].join('\n'),
  })
  for (const args of [
    ['up', dir, ...LISTEN],
    ['build', dir],
  ]) {
    const err = await refused(args)
    assert.ok((err.match(/^error\[/gm) ?? []).length >= 5, err)
    for (const line of [3, 5, 6, 8, 10]) assert.match(err, new RegExp(`spin\\.toml:${line}:\\d+`))
  }
})

test('files that are not there are named', async t => {
  const dir = folder(t, {
    'spin.toml':
      'spin_manifest_version = 2\n[application]\nname = "a"\n[[trigger.http]]\nroute = "/..."\ncomponent = "a"\n[component.a]\nsource = "gone.wasm"\n',
  })
  assert.match(await refused(['up', `${dir}/nothing.ts`]), /nothing\.ts does not exist/)
  assert.match(await refused(['up', dir, ...LISTEN]), /gone\.wasm/)
})

test('a core module is told how it becomes a component', async t => {
  const core = Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
  const dir = folder(t, {'core.wasm': core})
  const err = await refused(['up', `${dir}/core.wasm`, ...LISTEN])
  assert.match(err, /is a core module: make it a component with `wasm-tools component new`/)
})

test('an import that nobody provides is named before the first request', async t => {
  const wasm = await assemble(
    '(component (import "acme:store/stock@1.2.0" (instance (export "count" (func)))))',
  )
  const dir = folder(t, {'needy.wasm': wasm})
  assert.match(await refused(['up', `${dir}/needy.wasm`, ...LISTEN]), /acme:store\/stock@1\.2\.0/)
})

test('a component without a handler is told what it lacks', async t => {
  const dir = folder(t, {'none.wasm': await assemble('(component)')})
  assert.match(await refused(['up', `${dir}/none.wasm`, ...LISTEN]), /wasi:http\/incoming-handler/)
})

test('a port in use is named', async t => {
  const holder = net.createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => holder.once('listening', resolve))
  t.after(() => holder.close())
  const {port} = holder.address() as net.AddressInfo
  for (const workers of ['1', '2']) {
    const err = await refused(['up', await hello(), '--listen', `127.0.0.1:${port}`, '--workers', workers])
    assert.match(err, new RegExp(`PORT_IN_USE.*${port}`))
    assert.match(err, /--find-free-port/)
  }
})

test('a component cut in half is refused with the place', async t => {
  const whole = readFileSync(await hello())
  for (const part of [0, 4, 0.25, 0.5, 0.9]) {
    const length = part > 1 ? part : Math.floor(whole.length * part)
    const dir = folder(t, {'half.wasm': whole.subarray(0, length)})
    const err = await refused(['up', `${dir}/half.wasm`, ...LISTEN])
    assert.match(err, /byte \d/)
  }
})

const isRoot = process.getuid?.() === 0

test('a place without permission is named', {skip: isRoot && 'root may do anything'}, async t => {
  const dir = folder(t, {'app.js': 'export default {fetch: () => new Response("a")}', 'shut/a': ''})
  chmodSync(`${dir}/shut`, 0o500)
  const err = await refused(['build', `${dir}/app.js`, '-o', `${dir}/shut/app.wasm`])
  // Or else the folder cannot be removed.
  chmodSync(`${dir}/shut`, 0o700)
  assert.match(err, /FILE_DENIED.*shut/)
  assert.deepEqual(readdirSync(`${dir}/shut`), ['a'])
})

test('a syntax error is shown with its line', async t => {
  const dir = folder(t, {'app.ts': 'export default {\n  fetch() { return new Response(\n}\n'})
  const err = await refused(['build', `${dir}/app.ts`, '-o', `${dir}/app.wasm`])
  assert.match(err, /app\.ts:3/)
  assert.deepEqual(readdirSync(dir), ['app.ts'])
})

const canMount = isRoot && process.platform === 'linux' && spawnSync('mount', ['-V']).status === 0

test('a disk that is full while building leaves nothing half-written', {
  skip: !canMount && 'needs root, to mount a small disk',
}, async t => {
  const dir = folder(t, {'app.js': 'export default {fetch: () => new Response("a")}'})
  const disk = `${dir}/disk`
  mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'mayfly-e2e', disk], {stdio: 'ignore'})
  } catch {
    t.skip('mounting is not allowed here')
    return
  }
  try {
    const err = await refused(['build', `${dir}/app.js`, '-o', `${disk}/app.wasm`])
    assert.match(err, /FILE_DISK_FULL.*app\.wasm/)
    assert.deepEqual(readdirSync(disk), [])
  } finally {
    execFileSync('umount', [disk])
  }
})
