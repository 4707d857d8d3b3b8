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

/** A package whose command line does what a test needs, beside the launcher. */
function fakePackage(name: string, main: string, options: {withNode: boolean}): string {
  const root = join(dir, name)
  mkdirSync(join(root, 'dist/cli'), {recursive: true})
  cpSync(join(ROOT, 'bin'), join(root, 'bin'), {recursive: true})
  writeFileSync(join(root, 'package.json'), '{"type": "module"}')
  writeFileSync(join(root, 'dist/cli/main.cjs'), `exports.main = ${main}`)
  if (options.withNode) symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  return join(root, 'bin/mayfly.js')
}

const env = {...process.env, MAYFLY_CACHE_DIR: join(dir, 'cache')}
/** One that should have ended is killed: neither it nor its parent keeps the suite. */
const LIMIT = {timeout: 30_000, killSignal: 'SIGKILL'} as const

const run = (node: string, args: readonly string[]) =>
  spawnSync(node, [...args], {encoding: 'utf8', env, ...LIMIT})

const start = (node: string, launcher: string, output: 'pipe' | 'ignore') =>
  spawn(node, [launcher], {stdio: ['ignore', output, 'inherit'], env, ...LIMIT})

for (const [name, node, skip] of [
  ['this-node', process.execPath, false],
  ['an-older-node', older ?? '', skipOlder],
] as const) {
  describe(`on ${name.replaceAll('-', ' ')}`, {skip}, () => {
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
      const main = `async argv => console.log(process.versions.node.split('.')[0] >= 26, argv.join())`
      const launcher = fakePackage(`published-${name}`, main, {withNode: true})
      assert.equal(run(node, [launcher, 'a', '--b']).stdout, 'true a,--b\n')
    })

    test('signals arrive, and their outcome comes back', async () => {
      const main = `async () => {
        process.on('SIGTERM', () => process.exit(42))
        console.log('ready')
        setInterval(() => {}, 1000)
      }`
      const child = start(node, fakePackage(`signals-${name}`, main, {withNode: true}), 'pipe')
      const ended = once(child, 'exit')
      await Promise.race([once(child.stdout!, 'data'), ended])
      child.kill('SIGTERM')
      assert.deepEqual(await ended, [42, null])
    })

    test('a death by signal is a death by signal', async () => {
      const main = `async () => process.kill(process.pid, 'SIGABRT')`
      const child = start(node, fakePackage(`death-${name}`, main, {withNode: true}), 'ignore')
      assert.deepEqual(await once(child, 'exit'), [null, 'SIGABRT'])
    })

    test('experimental features do not warn', () => {
      const main = `async () => {
        process.emitWarning('x', 'ExperimentalWarning')
        process.emitWarning('y', {type: 'ExperimentalWarning'})
        process.emitWarning('real')
      }`
      const {stderr} = run(node, [fakePackage(`warnings-${name}`, main, {withNode: true})])
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
