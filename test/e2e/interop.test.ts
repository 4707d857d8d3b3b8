import assert from 'node:assert/strict'
import {type ChildProcess, spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import net from 'node:net'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {wasmtime, withoutWasmtime} from '../wasmtime.ts'
import {folder} from './harness/app.ts'
import {ask} from './harness/client.ts'
import {run, up} from './harness/mayfly.ts'
import {until} from './harness/until.ts'

const HANDLER = `
let counter = 0
export default {
  async fetch(request) {
    const {pathname, search} = new URL(request.url)
    if (request.method === 'POST') return new Response(await request.text(), {headers: {'x-echo': 'yes'}})
    if (pathname === '/missing') return new Response('no such thing', {status: 404})
    return Response.json({path: pathname, search, counter: ++counter})
  },
}`

const JCO = fileURLToPath(new URL('../../node_modules/.bin/jco', import.meta.url))

type Host = Readonly<{skip: string | false; command: (file: string, port: number) => readonly string[]}>

const HOSTS: Readonly<Record<string, Host>> = {
  'wasmtime serve': {
    skip: withoutWasmtime,
    command: (file, port) => [wasmtime!, 'serve', '-S', 'cli', '--addr', `127.0.0.1:${port}`, file],
  },
  'jco serve': {
    skip: !existsSync(JCO) && 'jco is not installed',
    command: (file, port) => [
      process.execPath,
      JCO,
      ...['serve', '--host', '127.0.0.1', '--port', String(port), '--isolate-requests', 'instance', file],
    ],
  },
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const {port} = server.address() as net.AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** What a client can tell two hosts apart by. */
async function answersOf(url: string): Promise<unknown[]> {
  const answers: unknown[] = []
  for (const [path, method, body] of [
    ['/', 'GET'],
    ['/a/b?c=d', 'GET'],
    ['/a/b?c=d', 'GET'],
    ['/missing', 'GET'],
    ['/echo', 'POST', 'hello, world'],
  ] as const) {
    const {status, headers, body: text} = await ask(url + path, {method, ...(body && {body})})
    answers.push([path, status, headers['content-type'], headers['x-echo'], text])
  }
  return answers
}

for (const [name, {skip, command}] of Object.entries(HOSTS)) {
  test(`what build writes gives the same answers in ${name}`, {skip}, async t => {
    const dir = folder(t, {'app.js': HANDLER})
    const file = `${dir}/app.wasm`
    const built = await run(['build', `${dir}/app.js`, '-o', file])
    assert.equal(built.code, 0, built.err)

    const port = await freePort()
    const [program, ...args] = command(file, port)
    const other: ChildProcess = spawn(program!, args, {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    let said = ''
    for (const stream of [other.stdout!, other.stderr!]) stream.on('data', data => (said += data))
    t.after(async () => {
      // With the processes that it started itself, which have its group.
      process.kill(-other.pid!, 'SIGKILL')
    })
    const url = `http://127.0.0.1:${port}`
    const isUp = (): Promise<boolean> =>
      ask(url).then(
        () => true,
        () => false,
      )
    await until(isUp, {ms: 60_000, what: () => said})
    const served = await up(t, [file])
    assert.deepEqual(await answersOf(served.url), await answersOf(url))
  })
}
