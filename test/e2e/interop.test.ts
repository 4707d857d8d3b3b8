// What `mayfly build` writes, in other programs that serve components.
import assert from 'node:assert/strict'
import {existsSync} from 'node:fs'
import {test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {wasmtime, withoutWasmtime} from '../wasmtime.ts'
import {folder} from './harness/app.ts'
import {answersOf, type Question, serveElsewhere} from './harness/elsewhere.ts'
import {run, up} from './harness/mayfly.ts'

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

const QUESTIONS: readonly Question[] = [
  ['/', 'GET'],
  ['/a/b?c=d', 'GET'],
  ['/a/b?c=d', 'GET'],
  ['/missing', 'GET'],
  ['/echo', 'POST', 'hello, world'],
]

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

for (const [name, {skip, command}] of Object.entries(HOSTS)) {
  test(`what build writes gives the same answers in ${name}`, {skip}, async t => {
    const dir = folder(t, {'app.js': HANDLER})
    const file = `${dir}/app.wasm`
    const built = await run(['build', `${dir}/app.js`, '-o', file])
    assert.equal(built.code, 0, built.err)

    const other = await serveElsewhere(t, dir, port => command(file, port))
    const served = await up(t, [file])
    const headers = ['content-type', 'x-echo']
    assert.deepEqual(
      await answersOf(served.url, QUESTIONS, headers),
      await answersOf(other, QUESTIONS, headers),
    )
  })
}
