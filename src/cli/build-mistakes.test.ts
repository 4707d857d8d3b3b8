import assert from 'node:assert/strict'
import {existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {after, beforeEach, test} from 'node:test'
import {run} from '../../test/e2e/harness/mayfly.ts'
import {TEST_CACHE} from '../build/javascript/test-app.ts'

const root = mkdtempSync(join(tmpdir(), 'mayfly-build-cli-'))
after(() => rmSync(root, {recursive: true}))
let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(root, 'd-'))
})
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(cwd, path)), {recursive: true})
  writeFileSync(join(cwd, path), text)
}
const MAYFLY = '[component.shop.tool.mayfly]\nentry = "src/index.ts"'
const manifest = (tool: string): string =>
  `spin_manifest_version = 2\napplication = {name = "shop"}\n[[trigger.http]]\nroute = "/..."\ncomponent = "shop"\n[component.shop]\nsource = "dist/shop.wasm"\n${tool}\n`
const build = (...args: string[]) => run(['build', ...args], {cwd, env: {MAYFLY_CACHE_DIR: TEST_CACHE}})
const HANDLER = 'export default {fetch: () => new Response("hello")}\n'

type Mistake = [name: string, handler: string | undefined, lines: readonly string[], tool?: string]
const mistakes: Mistake[] = [
  [
    'no entry',
    HANDLER,
    [
      'error[SOURCE_NOT_FOUND]: shop/dist/shop.wasm does not exist',
      '  at shop/dist/shop.wasm',
      '  hint: build it first, or let Mayfly: [component.shop.tool.mayfly] entry = "src/index.ts"',
    ],
    '',
  ],
  [
    'an entry that is not there',
    undefined,
    [
      'error[BUILD_UNRESOLVED]: cannot resolve "src/index.ts": there is no such file',
      '  at shop/src/index.ts',
      "  hint: name the handler's file, relative to the app's folder",
    ],
  ],
  [
    'a dependency that is not installed',
    'import {Hono} from "hono"\nexport default new Hono()\n',
    [
      'error[BUILD_UNRESOLVED]: cannot resolve "hono": there is no such package',
      '  at shop/src/index.ts:1:20',
      '   1 | import {Hono} from "hono"',
      '     |                    ^',
      '   2 | export default new Hono()',
      "  hint: run `npm install hono` in the app's folder",
    ],
  ],
  [
    'a part of Node.js',
    `import {readFile} from 'node:fs'\nexport default {fetch: readFile}\n`,
    [
      'error[BUILD_UNRESOLVED]: cannot resolve "node:fs": it is a part of Node.js, and a component does not run on Node.js',
      '  at shop/src/index.ts:1:24',
      `   1 | import {readFile} from 'node:fs'`,
      '     |                        ^',
      '   2 | export default {fetch: readFile}',
      '  hint: use web APIs (fetch, crypto, URL, streams, TextEncoder ...) or a package made for workers',
    ],
  ],
  [
    'a syntax error',
    'export default {\n  fetch() { return new Response("a" }\n}\n',
    [
      'error[BUILD_SYNTAX]: Expected ")" but found "}"',
      '  at shop/src/index.ts:2:37',
      '   1 | export default {',
      '   2 |   fetch() { return new Response("a" }',
      '     |                                     ^',
      '   3 | }',
    ],
  ],
  [
    'random numbers at the top level',
    `const id = Math.random()\n${HANDLER}`,
    [
      'error[BUILD_IMPURE_INIT]: Math.random() is called while the module is loaded, before any event: every event would see the same result',
      '  at shop/src/index.ts:1:17',
      '   1 | const id = Math.random()',
      '     |                 ^',
      '   2 | export default {fetch: () => new Response("hello")}',
      '  hint: call it inside the handler, or set snapshot = "never" in [component.shop.tool.mayfly] to load the module anew in every event',
    ],
  ],
  [
    'a default export without fetch',
    'export default {get: () => 1}\n',
    [
      'error[BUILD_NO_HANDLER]: src/index.ts has no handler: the default export is an object with [get]',
      '  at shop/src/index.ts',
      '  hint: write `export default { fetch(request, env, ctx) { return new Response("hello") } }`, export an object with such a fetch (a Hono app, say), or call addEventListener("fetch", ...)',
    ],
  ],
  [
    'an exception at the top level',
    'type Settings = {port: number}\nconst {port}: Settings = JSON.parse("null")\nexport default {fetch: () => port}\n',
    [
      'error[BUILD_INIT_THREW]: an exception while the module was loaded: TypeError: JSON.parse(...) is null',
      '  at shop/src/index.ts:2:31',
      '   1 | type Settings = {port: number}',
      '   2 | const {port}: Settings = JSON.parse("null")',
      '     |                               ^',
      '   3 | export default {fetch: () => port}',
    ],
  ],
]
for (const [name, handler, lines, tool = MAYFLY] of mistakes) {
  test(`${name}: said with its place and what to do`, async () => {
    write('shop/spin.toml', manifest(tool))
    if (handler !== undefined) write('shop/src/index.ts', handler)
    const {code, out, err} = await build('shop')
    assert.deepEqual({code, out, err: err.split('\n')}, {code: 1, out: '', err: [...lines, '']})
    assert.equal(existsSync(join(cwd, 'shop/dist')), false)
  })
}

test('a file in the place of the output folder is said', async () => {
  write('shop/spin.toml', manifest(MAYFLY))
  write('shop/src/index.ts', HANDLER)
  write('shop/dist', '')
  const {code, err} = await build('shop')
  assert.equal(code, 1)
  assert.match(err, /^error\[FILE_FAILED\]: cannot write .*dist: there is a file in its place$/m)
})

// Not even root may write there.
const UNWRITABLE = '/sys/handler.wasm'
test('an output that may not be written is said', {skip: process.platform !== 'linux'}, async () => {
  write('handler.ts', HANDLER)
  const {code, err} = await build('handler.ts', '-o', UNWRITABLE)
  assert.deepEqual(
    [code, err.split('\n', 1)[0]],
    [1, `error[FILE_DENIED]: no permission to write ${UNWRITABLE}`],
  )
})

test('what top-level code prints, and leaves in memory, is a warning', async () => {
  write(
    'handler.ts',
    'console.log("loading")\nconst all = new Uint8Array(6e7).fill(1)\nexport default {fetch: () => new Response(all.join())}',
  )
  const {code, err} = await build('handler.ts')
  assert.equal(code, 0, err)
  assert.match(err, /^warning: handler: printed while the module was loaded: loading\n/)
  assert.match(err, /^warning: handler: the component is \d\d MB large: /m)
})

test('a lone handler becomes one file, beside it or where it is wanted, and the same bytes', async () => {
  write('handler.ts', HANDLER)
  assert.match((await build('handler.ts')).out, /^handler: handler\.wasm \(\d+\.\d MB\) built in \d+ ms\n$/)
  assert.match((await build('handler.ts', '-o', 'out/other.wasm')).out, /^handler: out\/other\.wasm /)
  assert.deepEqual(readdirSync(cwd).sort(), ['handler.ts', 'handler.wasm', 'out'])
  const [one, other] = ['handler.wasm', 'out/other.wasm'].map(name => readFileSync(join(cwd, name)))
  assert.ok(one!.equals(other!))
})

/** Prints the modules that were loaded. */
const TRACE = `data:text/javascript,${encodeURIComponent(
  `import {registerHooks} from 'node:module'
  const loaded = []
  registerHooks({load(url, context, next) { loaded.push(url); return next(url, context) }})
  process.on('exit', () => process.stderr.write(loaded.join('\\n')))`,
)}`

test('where nothing is stale, no tool is loaded', async () => {
  write('shop/spin.toml', manifest(MAYFLY))
  write('shop/src/index.ts', HANDLER)
  assert.equal((await build('shop')).code, 0)
  const tools = /(esbuild|componentize-js|jco|build\/javascript\/(bundle|template|preinit)\.ts)/
  const trace = async () => {
    const env = {MAYFLY_CACHE_DIR: TEST_CACHE, NODE_OPTIONS: `--import=${TRACE}`}
    const {out, err} = await run(['build', 'shop'], {cwd, env})
    return {out, tools: err.split('\n').filter(url => tools.test(url))}
  }
  // What was saved just before it was built may have changed since.
  await trace()
  const {out, tools: loaded} = await trace()
  assert.match(out, /is up to date$/m)
  assert.deepEqual(loaded, [])
  rmSync(join(cwd, 'shop/dist'), {recursive: true})
  assert.ok((await trace()).tools.length > 0)
})
