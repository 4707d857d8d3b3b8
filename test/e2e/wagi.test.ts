// Programs that know nothing of HTTP, behind routes: environment and standard input in, standard output out.
import assert from 'node:assert/strict'
import {readFileSync} from 'node:fs'
import http from 'node:http'
import net from 'node:net'
import {test} from 'node:test'
import {componentNew, parse} from '@bytecodealliance/jco'
import {CAT} from '../../src/cli/run-p3.fixtures.ts'
import {PROGRAMS} from '../guests/wagi.ts'
import {folder} from './harness/app.ts'
import {ask, times} from './harness/client.ts'
import {type Mayfly, up} from './harness/mayfly.ts'
import {until} from './harness/until.ts'

const ADAPTER = new URL(
  '../../node_modules/@bytecodealliance/jco/lib/wasi_snapshot_preview1.command.wasm',
  import.meta.url,
)

type Test = Parameters<typeof up>[0] & Parameters<typeof folder>[0]
type Name = keyof typeof PROGRAMS
type Form = 'module' | 'component'

/** The same program as a component of WASI 0.2. */
const wrapped = (core: Uint8Array): Promise<Uint8Array> =>
  componentNew(core, [['wasi_snapshot_preview1', readFileSync(ADAPTER)]])

const HEAD = ['spin_manifest_version = 2', '[application]', 'name = "cgi"', 'version = "1.0.0"']
const part = (name: string, executor: string): string[] => [
  '[[trigger.http]]',
  `route = "/${name}/..."`,
  `component = "${name}"`,
  `executor = ${executor}`,
  `[component.${name}]`,
  `source = "${name}.wasm"`,
  'environment = { OWN = "mine", PATH_INFO = "not mine" }',
  `[component.${name}.tool.mayfly]`,
  'limits = { cpu_ms = 500, memory_mb = 512 }',
]

async function serve(
  t: Test,
  names: readonly Name[],
  {form = 'module' as Form, executor = '{ type = "wagi" }', args = [] as readonly string[], env = {}} = {},
): Promise<Mayfly> {
  const files: Record<string, string | Uint8Array> = {
    'spin.toml': `${[...HEAD, ...names.flatMap(name => part(name, executor))].join('\n')}\n`,
  }
  for (const name of names) {
    const core = await parse(PROGRAMS[name])
    files[`${name}.wasm`] = form === 'module' ? core : await wrapped(core)
  }
  return up(t, [folder(t, files), ...args], {env})
}

for (const form of ['module', 'component'] as const) {
  test(`a program is told of its request: ${form}`, async t => {
    const served = await serve(t, ['tells'], {form})
    const answer = await ask(`${served.url}/tells/a%20b?x=1&y=2`, {headers: {'x-one': '1'}})
    assert.equal(answer.status, 200)
    assert.equal(answer.headers['content-type'], 'text/plain')
    const [counts, ...lines] = answer.body.trimEnd().split('\n')
    assert.equal(counts, '1 1')
    assert.deepEqual(lines.slice(0, 3), ['/tells/a%20b', 'x=1', 'y=2'])
    const variables = lines.slice(3)
    for (const expected of [
      'OWN=mine',
      'REQUEST_METHOD=GET',
      'PATH_INFO=/a%20b',
      'QUERY_STRING=x=1&y=2',
      'SCRIPT_NAME=/tells',
      `X_FULL_URL=${served.url}/tells/a%20b?x=1&y=2`,
      'HTTP_X_ONE=1',
      `HTTP_HOST=127.0.0.1:${served.port}`,
      'CONTENT_LENGTH=0',
      'REMOTE_ADDR=127.0.0.1',
    ])
      assert.ok(variables.includes(expected), `${expected} in ${variables.join(' | ')}`)
    assert.equal(variables.filter(line => line.startsWith('PATH_INFO=')).length, 1)
  })

  test(`a body goes through, whether it says its length or not: ${form}`, async t => {
    const served = await serve(t, ['echo', 'relay'], {form})
    const body = Buffer.alloc(3_000_000, 'mayfly')
    const whole = await ask(`${served.url}/echo`, {method: 'POST', body})
    assert.ok(whole.bytes.equals(body))
    assert.equal(whole.headers['content-length'], String(body.length))
    const chunked = await new Promise<Buffer>((resolve, reject) => {
      const request = http.request(`${served.url}/echo`, {method: 'POST'}, async response =>
        resolve(Buffer.concat(await response.toArray())),
      )
      request.on('error', reject)
      for (let i = 0; i < 30; i++) request.write(body.subarray(0, 100_000))
      request.end()
    })
    assert.ok(chunked.equals(Buffer.concat(Array.from({length: 30}, () => body.subarray(0, 100_000)))))
    const relayed = await ask(`${served.url}/relay`, {
      method: 'POST',
      body: 'Status: 418 Teapot\r\nX-Tea: green\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nshort and stout',
    })
    assert.deepEqual([relayed.status, relayed.body], [418, 'short and stout'])
    assert.equal(relayed.headers['x-tea'], 'green')
    assert.deepEqual(relayed.headers['set-cookie'], ['a=1', 'b=2'])
  })
}

test('a program of WASI 0.3 answers too', async t => {
  const part3 = part('relay', '{ type = "wagi" }')
  const dir = folder(t, {
    'spin.toml': `${[...HEAD, ...part3].join('\n')}\n`,
    'relay.wasm': await parse(CAT),
  })
  const served = await up(t, [dir])
  const head = 'Content-Type: text/plain\n\n'
  const body = 'mayfly'.repeat(100_000)
  for (let i = 0; i < 3; i++) {
    const answer = await ask(`${served.url}/relay`, {method: 'POST', body: head + body})
    assert.deepEqual([answer.status, answer.headers['content-type']], [200, 'text/plain'])
    assert.equal(answer.body, body)
  }
  assert.ok(served.logged().every(({error}) => error === undefined))
})

for (const tier of ['cow', 'madvise', 'copy'])
  test(`${tier}: each event finds memory and globals as they were at first`, async t => {
    const served = await serve(t, ['tells'], {env: {MAYFLY_TIER: tier}})
    const answers = await times(30, 4, () => ask(`${served.url}/tells`))
    assert.deepEqual(new Set(answers.map(({body}) => body.split('\n')[0])), new Set(['1 1']))
    await until(() => served.logged().length === 30)
    assert.ok(served.logged().some(({sandbox}) => sandbox === 'restored'))
    assert.ok(served.logged().every(line => line.error === undefined))
  })

test('arguments are what the manifest says', async t => {
  const served = await serve(t, ['tells'], {executor: '{ type = "wagi", argv = "tool $' + '{ARGS} -v" }'})
  const {body} = await ask(`${served.url}/tells?a&b`)
  assert.deepEqual(body.split('\n').slice(1, 5), ['tool', 'a', 'b', '-v'])
})

const OUTCOMES: readonly (readonly [name: Name, status: number, code: string | undefined])[] = [
  ['exits-well', 200, undefined],
  ['logs', 200, undefined],
  ['exits-badly', 500, 'HTTP_WAGI_EXIT'],
  ['traps', 500, 'TRAP_CORE'],
  ['silent', 500, 'HTTP_WAGI_OUTPUT'],
  ['relay', 500, 'HTTP_WAGI_OUTPUT'],
  ['loops', 504, 'LIMIT_CPU'],
  ['floods', 500, 'TRAP_TOO_MUCH'],
]
for (const form of ['module', 'component'] as const)
  test(`a program fails only itself: ${form}`, async t => {
    const served = await serve(t, [...OUTCOMES.map(([name]) => name), 'echo'], {form})
    for (const [name, status, code] of OUTCOMES)
      for (let i = 0; i < 2; i++) {
        const failing = ask(`${served.url}/${name}`)
        assert.equal((await ask(`${served.url}/echo`, {method: 'PUT', body: 'hi'})).body, 'hi')
        const answer = await failing
        assert.equal(answer.status, status, name)
        const logged = await served.untilLogged(line => line.component === name)
        assert.equal(logged.error?.code, code, name)
      }
    assert.match(served.err(), /to the log/)
  })

test('a body that does not say its length may be so long', async t => {
  const served = await serve(t, ['echo'])
  const status = await new Promise<number>(resolve => {
    const request = http.request(`${served.url}/echo`, {method: 'POST'}, response =>
      resolve(response.resume().statusCode!),
    )
    request.on('error', () => {})
    const chunk = Buffer.alloc(1024 * 1024)
    for (let i = 0; i < 20; i++) request.write(chunk)
    request.end()
  })
  assert.equal(status, 413)
})

test('a client that leaves in the middle of its request ends what is made of it', async t => {
  const served = await serve(t, ['echo'])
  for (const head of ['content-length: 100\r\n\r\nsome', 'transfer-encoding: chunked\r\n\r\n4\r\nsome\r\n']) {
    const before = served.logged().length
    const socket = net.connect(served.port, '127.0.0.1')
    await new Promise(resolve => socket.write(`POST /echo HTTP/1.1\r\nhost: x\r\n${head}`, resolve))
    // Another request is answered after it has begun.
    await ask(`${served.url}/echo`)
    socket.destroy()
    await until(() => served.logged().length === before + 2)
    assert.equal(served.logged().at(-1)!.error?.code, 'CLIENT_GONE')
  }
  assert.equal((await ask(`${served.url}/echo`, {method: 'POST', body: 'all'})).body, 'all')
})

test('a program that is not made for HTTP says so before the first request', async t => {
  await assert.rejects(serve(t, ['echo'], {executor: '{ type = "http" }'}), /LINK_MISSING_EXPORT.*\n?.*wagi/)
})
