import assert from 'node:assert/strict'
import {fork} from 'node:child_process'
import {once} from 'node:events'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {type AddressInfo, createServer} from 'node:net'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, beforeEach, describe, test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {MayflyError} from '../base/errors.ts'
import {canShareListening} from '../server/port.ts'
import {type FakeDescription, startFakeApp} from '../server/testing/fake-app.ts'
import {parseArgs} from './args.ts'
import type {Terminal} from './command.ts'
import type {Prepared} from './parts.ts'
import {serve} from './serve.ts'
import {UP_FLAGS} from './up-flags.ts'
import {readUpOptions} from './up-options.ts'

const dir = mkdtempSync(join(tmpdir(), 'mayfly-serve-'))
after(() => rmSync(dir, {recursive: true}))
mkdirSync(join(dir, 'src'))
writeFileSync(join(dir, 'spin.toml'), '')
const FAKE_WORKER = fileURLToPath(new URL('../server/testing/fake-worker.ts', import.meta.url))

let out = ''
let err = ''
let text = 'one'
let failure: unknown
beforeEach(() => {
  out = ''
  err = ''
  text = 'one'
  failure = undefined
})

async function prepare(): Promise<Prepared<FakeDescription>> {
  if (failure !== undefined) throw failure
  return {
    name: 'shop',
    description: {text},
    components: ['cart'],
    routes: [
      {route: '/cart/...', component: 'cart', description: 'the cart'},
      {route: '/robots.txt', component: undefined, description: ''},
    ],
    inputs: [join(dir, 'src')],
    typeErrors: Promise.resolve([]),
    warnings: ['cart: something odd'],
  }
}

/** Runs `up` with these arguments until `use` is done with it; returns the exit code. */
async function up(argv: readonly string[], use: (base: string) => Promise<void>): Promise<number> {
  const terminal: Terminal = {
    out: more => (out += more),
    err: more => (err += more),
    color: {out: false, err: false},
    env: {},
    cwd: dir,
  }
  const {values, positionals} = parseArgs({command: 'up', flags: UP_FLAGS, maxPositionals: 1}, argv, {})
  const options = await readUpOptions({values, positionals, terminal})
  return await serve(options, {
    prepare,
    startApp: startFakeApp,
    fork: () => fork(FAKE_WORKER, {serialization: 'advanced', stdio: ['ignore', 'ignore', 'ignore', 'ipc']}),
    terminal,
    untilEnd: async ({stop}) => {
      try {
        await use(/http:\/\/[\d.]+:\d+/.exec(out)![0])
      } finally {
        await stop('SIGTERM')
      }
      return 0
    },
  })
}

const ask = async (base: string): Promise<string> =>
  (await fetch(base, {headers: {connection: 'close'}})).text()

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await sleep(10)
  assert(condition(), 'it happened within five seconds')
}

const WORKERS = canShareListening() ? ['1', '2'] : ['1']

for (const workers of WORKERS) {
  describe(`up with ${workers} worker${workers === '1' ? '' : 's'}`, () => {
    const flags = ['--listen', '127.0.0.1:0', '--workers', workers]

    test('prints the address once it serves, and the routes', async () => {
      const code = await up(flags, async base => {
        assert.match(out, /^Serving http:\/\/127\.0\.0\.1:\d+\nAvailable Routes:\n/)
        assert.match(out, /^ {2}cart {6}http:\S+\/cart\/\.\.\. {2}the cart$/m)
        assert.match(out, /^ {2}\(static\) {2}http:\S+\/robots\.txt$/m)
        assert.match(await ask(base), /^\d:one:/)
      })
      assert.equal(code, 0)
      assert.match(err, /warning: cart: something odd/)
    })

    test('serves a saved edit; a broken one leaves the version before', async () => {
      await up([...flags, '--watch'], async base => {
        text = 'two'
        writeFileSync(join(dir, 'src/a.ts'), '2')
        await until(() => err.includes('serving the new version'))
        assert.match(await ask(base), /:two:/)
        failure = new MayflyError('BUILD_WAT', {reason: 'broken'})
        writeFileSync(join(dir, 'src/a.ts'), '3')
        await until(() => err.includes('the version before goes on'))
        assert.match(err, /error\[BUILD_WAT\]/)
        assert.match(await ask(base), /:two:/)
      })
    })

    test('an app that cannot be prepared is an error, and nothing is left', async () => {
      failure = new MayflyError('BUILD_WAT', {reason: 'broken'})
      await assert.rejects(
        up(flags, async () => {}),
        {code: 'BUILD_WAT'},
      )
      assert.equal(out, '')
    })

    test('a port in use is named', async () => {
      const holder = createServer().listen(0, '127.0.0.1')
      await once(holder, 'listening')
      const {port} = holder.address() as AddressInfo
      try {
        const busy = ['--listen', `127.0.0.1:${port}`, '--workers', workers]
        await assert.rejects(
          up(busy, async () => {}),
          {code: 'PORT_IN_USE', message: `port ${port} on 127.0.0.1 is in use`},
        )
        await up([...busy, '--find-free-port'], async base => assert.match(await ask(base), /:one:/))
      } finally {
        holder.close()
      }
    })
  })
}

test('--format json prints what Spin prints; --quiet leaves the routes out', async () => {
  await up(['--listen', '127.0.0.1:0', '--workers', '1', '--format', 'json'], async base => {
    assert.deepEqual(JSON.parse(out), {
      base_url: base,
      routes: [
        {id: 'cart', route: '/cart', wildcard: true, description: 'the cart'},
        {id: '', route: '/robots.txt', wildcard: false},
      ],
    })
  })
  out = ''
  await up(['--listen', '127.0.0.1:0', '--workers', '1', '-q'], async () =>
    assert.equal(out.split('\n').length, 2),
  )
})
