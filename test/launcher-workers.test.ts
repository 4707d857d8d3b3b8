// test/launcher-workers.test.ts: bin/fork-worker.js: the first worker is forked before it is known what to serve.
import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {ALIASES, COMMANDS} from '../src/cli/commands.ts'
import {GUEST_NODE_FLAGS} from '../src/server/node-flags.ts'
import {canShareListening} from '../src/server/port.ts'

const BIN = fileURLToPath(new URL('../bin', import.meta.url))
const forkWorker = createRequire(import.meta.url)(join(BIN, 'fork-worker.js'))
const dir = mkdtempSync(join(tmpdir(), 'mayfly-workers-'))
after(() => rmSync(dir, {recursive: true}))

test('workers are forked with the flags of those that run guests', () => {
  assert.deepEqual(forkWorker.GUEST_NODE_FLAGS, GUEST_NODE_FLAGS)
})

describe('a first worker is forked', () => {
  for (const [line, expected] of [
    ['up --workers 2', true],
    ['up app.wasm --workers=3 --quiet', true],
    ['u --workers 2', true],
    ['serve --workers 2', true],
    ['up --workers 1 --workers 2', true],
    ['up --workers 1', false],
    ['up --workers=1', false],
    ['up --workers 2 --workers 1', false],
    ['up --workers 2 --help', false],
    ['up -h', false],
    ['build --workers 2', false],
    ['', false],
  ] as const)
    test(`${expected ? 'for' : 'not for'} \`mayfly ${line}\``, () => {
      assert.equal(forkWorker.needsWorkers(line.split(' '), 'linux'), expected)
      assert.equal(forkWorker.needsWorkers(line.split(' '), 'darwin'), false)
    })

  test('for every name of the command that serves', () => {
    const names = [...Object.keys(COMMANDS), ...Object.keys(ALIASES)]
    const serving = names.filter(name => forkWorker.needsWorkers([name, '--workers', '2'], 'linux'))
    assert.deepEqual(serving.sort(), names.filter(name => (ALIASES[name] ?? name) === 'up').sort())
  })
})

const skip = canShareListening() ? false : 'processes cannot share a port here'

/** Runs the launcher on a script that says what it is called with; resolves with what it and its worker said at its end. */
async function run(
  name: string,
  main: string,
): Promise<Readonly<{said: string; code: number; left: boolean}>> {
  const root = join(dir, name)
  mkdirSync(join(root, 'dist/cli'), {recursive: true})
  cpSync(BIN, join(root, 'bin'), {recursive: true})
  writeFileSync(join(root, 'package.json'), '{"type": "module"}')
  writeFileSync(join(root, 'dist/cli/main.cjs'), `exports.main = ${main}`)
  // A group of its own: who is left in it when its leader has ended?
  const launcher = spawn(process.execPath, [join(root, 'bin/mayfly.js'), 'up', '--workers', '2'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {...process.env, MAYFLY_CACHE_DIR: join(root, 'cache')},
    timeout: 30_000,
    killSignal: 'SIGKILL',
  })
  let said = ''
  launcher.stdout.on('data', chunk => (said += chunk))
  const [code] = await once(launcher, 'exit')
  let left = true
  try {
    process.kill(-launcher.pid!, 0)
  } catch {
    left = false
  }
  return {said, code, left}
}

function setTunables(value: string | undefined): void {
  if (value === undefined) delete process.env['GLIBC_TUNABLES']
  else process.env['GLIBC_TUNABLES'] = value
}

describe('the first worker', {skip}, () => {
  for (const [given, expected] of [
    [undefined, 'glibc.malloc.hugetlb=1'],
    ['glibc.malloc.hugetlb=0', 'glibc.malloc.hugetlb=0'],
  ] as const)
    test(`has large pages, where the environment says ${given ?? 'nothing'}: ${expected}`, async t => {
      const before = process.env['GLIBC_TUNABLES']
      t.after(() => setTunables(before))
      setTunables(given)
      const {said} = await run(
        `pages-${given}`,
        `async (argv, code, forkWorker) => {
          if (argv[0] === 'worker') console.log(process.env.GLIBC_TUNABLES)
          else await require('node:events').once(forkWorker('script'), 'exit')
        }`,
      )
      assert.equal(said.trim(), expected)
    })

  test('is the one that the first fork gives; the next gives another', async () => {
    const {said, left} = await run(
      'two',
      `async (argv, code, forkWorker) => {
        if (argv[0] === 'worker') return void process.once('message', text => process.send(text + argv[1]))
        const workers = [forkWorker('script'), forkWorker('script')]
        for (const worker of workers) {
          worker.send('asked ')
          const [answer] = await require('node:events').once(worker, 'message')
          console.log(answer, worker === workers[0] || worker.pid !== workers[0].pid)
          worker.disconnect()
        }
      }`,
    )
    assert.equal(said, 'asked script true\nasked script true\n')
    assert.equal(left, false)
  })

  test('that has died before it is needed is not given', async () => {
    const main = `async (argv, code, forkWorker) => {
      if (argv[0] === 'worker') {
        const {writeFileSync, existsSync} = require('node:fs')
        const mark = process.env.MAYFLY_CACHE_DIR + '-died'
        if (!existsSync(mark)) {
          writeFileSync(mark, '')
          process.kill(process.pid, 'SIGKILL')
        }
        return void process.once('message', () => process.send('alive'))
      }
      const {existsSync} = require('node:fs')
      while (!existsSync(process.env.MAYFLY_CACHE_DIR + '-died')) await new Promise(done => setTimeout(done, 10))
      await new Promise(done => setTimeout(done, 200))
      const worker = forkWorker('script')
      worker.send('ask')
      const [answer] = await require('node:events').once(worker, 'message')
      console.log(answer)
      worker.disconnect()
    }`
    assert.deepEqual(await run('died', main), {said: 'alive\n', code: 0, left: false})
  })

  test('does not outlive a command that fails before it is needed, and is not seen', async () => {
    const main = `async ([command]) => {
      if (command === 'worker') setInterval(() => {}, 1000)
      else process.exitCode = 3
    }`
    assert.deepEqual(await run('none', main), {said: '', code: 3, left: false})
  })
})
