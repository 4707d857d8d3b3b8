// test/launcher.test.ts: bin/mayfly.js on the Node at hand and, where there is one, on an older Node.
import assert from 'node:assert/strict'
import {execFileSync, spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, test} from 'node:test'
import {fileURLToPath} from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const LAUNCHER = join(ROOT, 'bin/mayfly.js')
const dir = mkdtempSync(join(tmpdir(), 'mayfly-launcher-'))
after(() => rmSync(dir, {recursive: true}))

/** A Node below 26, as most machines have it; tests need no particular one. */
function olderNode(): string | undefined {
  for (const path of ['/usr/bin/node', '/usr/local/bin/node']) {
    if (!existsSync(path)) continue
    const major = Number.parseInt(execFileSync(path, ['-p', 'process.versions.node'], {encoding: 'utf8'}), 10)
    if (major >= 20 && major < 26) return path
  }
  return undefined
}
const older = olderNode()
const skipOlder = older === undefined ? 'there is no Node between 20 and 25 here' : false

/** A package whose CLI does what a test needs, beside the launcher. */
function fakePackage(name: string, main: string, options: {withNode: boolean}): string {
  const root = join(dir, name)
  mkdirSync(join(root, 'bin'), {recursive: true})
  mkdirSync(join(root, 'dist/cli'), {recursive: true})
  cpSync(LAUNCHER, join(root, 'bin/mayfly.js'))
  writeFileSync(join(root, 'package.json'), '{"type": "module"}')
  writeFileSync(join(root, 'dist/cli/main.js'), main)
  if (options.withNode) symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  return join(root, 'bin/mayfly.js')
}

const run = (node: string, args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync(node, [...args], {
    encoding: 'utf8',
    env: {...process.env, XDG_CACHE_HOME: join(dir, 'cache'), ...env},
    timeout: 30_000,
  })

for (const [name, node, skip] of [
  ['this Node', process.execPath, false],
  ['an older Node', older ?? '', skipOlder],
] as const) {
  describe(`on ${name}`, {skip}, () => {
    test('the command line runs, from the checkout', () => {
      const {stdout, stderr, status} = run(node, [LAUNCHER, '--version'])
      assert.match(stdout, /^mayfly \d+\.\d+\.\d+\n$/)
      assert.equal(stderr, '')
      assert.equal(status, 0)
    })

    test('exit codes arrive', () => {
      const {stderr, status} = run(node, [LAUNCHER, 'upp'])
      assert.equal(status, 2)
      assert.match(stderr, /did you mean `mayfly up`\?/)
    })

    test('the published package runs what was compiled, on Node 26 or newer', () => {
      const main = `export async function main(argv) { console.log(process.versions.node.split('.')[0] >= 26, argv.join()) }`
      const launcher = fakePackage(`published-${name.replace(' ', '-')}`, main, {withNode: true})
      assert.equal(run(node, [launcher, 'a', '--b']).stdout, 'true a,--b\n')
    })

    test('signals arrive, and their outcome comes back', async () => {
      const main = `export async function main() {
        process.on('SIGTERM', () => process.exit(42))
        console.log('ready')
        setInterval(() => {}, 1000)
      }`
      const launcher = fakePackage(`signals-${name.replace(' ', '-')}`, main, {withNode: true})
      const child = spawn(node, [launcher], {stdio: ['ignore', 'pipe', 'inherit']})
      await once(child.stdout, 'data')
      child.kill('SIGTERM')
      assert.deepEqual(await once(child, 'exit'), [42, null])
    })

    test('a death by signal is a death by signal', async () => {
      const main = `export async function main() { process.kill(process.pid, 'SIGKILL') }`
      const launcher = fakePackage(`death-${name.replace(' ', '-')}`, main, {withNode: true})
      const child = spawn(node, [launcher], {stdio: 'ignore'})
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGKILL'])
    })

    test('experimental features do not warn', () => {
      const main = `export async function main() {
        process.emitWarning('x', 'ExperimentalWarning')
        process.emitWarning('y', {type: 'ExperimentalWarning'})
        process.emitWarning('real')
      }`
      const launcher = fakePackage(`warnings-${name.replace(' ', '-')}`, main, {withNode: true})
      const {stderr} = run(node, [launcher])
      assert.doesNotMatch(stderr, /Experimental/)
      assert.match(stderr, /real/)
    })
  })
}

test('an older Node without the newer one says what to do', {skip: skipOlder}, () => {
  const launcher = fakePackage('alone', '', {withNode: false})
  const {stderr, status} = run(older!, [launcher, 'up'])
  assert.match(stderr, /^error\[NODE_TOO_OLD\]: Mayfly needs Node 26; this is \d+[\s\S]*hint: /)
  assert.equal(status, 1)
})
