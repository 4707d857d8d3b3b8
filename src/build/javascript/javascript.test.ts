import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {MayflyError} from '../../base/errors.ts'
import {COMPONENT_MODULE_SECTION, splitSections} from '../wasm/sections.ts'
import {buildJavaScript, type JavaScriptOptions} from './javascript.ts'
import {createApp, TEST_CACHE} from './test-app.ts'

async function buildOf(source: string, options: Partial<JavaScriptOptions> = {}) {
  await using app = await createApp({'src/index.ts': source}, {packages: true})
  return await buildJavaScript({
    root: app.root,
    entry: 'src/index.ts',
    name: 'shop',
    cacheDir: TEST_CACHE,
    ...options,
  })
}

const HONO = 'import {Hono} from "hono"\nexport default new Hono().get("/", c => c.text("hello"))'

test('the same source gives the same bytes, in whatever folder, and names none', async () => {
  const [one, two] = [await buildOf(HONO), await buildOf(HONO)]
  assert.ok(Buffer.from(one.component).equals(two.component))
  assert.equal(one.sourceMap, two.sourceMap)
  const bytes = Buffer.from(one.component)
  for (const path of ['mayfly-app-', process.cwd()]) assert.ok(!bytes.includes(path), path)
})

test('the result is a component whose engine starts as initialisation left it', async () => {
  const {component} = await buildOf('export default {fetch: () => new Response("marker-in-the-heap")}')
  assert.deepEqual([...component.subarray(0, 8)], [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])
  const engine = splitSections(component).sections.find(({id}) => id === COMPONENT_MODULE_SECTION)!.body
  const module = new WebAssembly.Module(engine.slice() as Uint8Array<ArrayBuffer>)
  const exported = WebAssembly.Module.exports(module).map(({name}) => name)
  assert.ok(exported.includes('wasi:http/incoming-handler@0.2.10#handle'))
  assert.ok(!exported.includes('componentize.wizer') && !exported.includes('_initialize'))
  const imports: Record<string, Record<string, () => never>> = {}
  for (const {module: from, name} of WebAssembly.Module.imports(module)) {
    ;(imports[from] ??= {})[name] = () => assert.fail(name)
  }
  const {exports} = new WebAssembly.Instance(module, imports)
  assert.ok(Buffer.from((exports['memory'] as WebAssembly.Memory).buffer).includes('marker-in-the-heap'))
  assert.equal((exports['check_init'] as () => number)(), 0)
})

type Refusal = {code: string; at?: object; text?: RegExp}
const refusals: [name: string, source: string, expected: Refusal][] = [
  [
    'random at the top level',
    'export default {fetch: () => new Response(id)}\nfunction make() {\n  return Math.random()\n}\nconst id = make()',
    {
      code: 'BUILD_IMPURE_INIT',
      at: {file: 'src/index.ts', line: 3, column: 15},
      text: /Math\.random\(\).*> 3 \|/s,
    },
  ],
  [
    'random, refused and caught',
    'try { crypto.randomUUID() } catch {}\nexport default {fetch() {}}',
    {code: 'BUILD_IMPURE_INIT', text: /randomUUID/},
  ],
  [
    'a clock reached by its WASI import',
    'import {now} from "wasi:clocks/wall-clock@0.2.10"\nnow()\nexport default {fetch() {}}',
    {code: 'BUILD_IMPURE_INIT', text: /wasi:clocks\/wall-clock@0\.2\.10#now/},
  ],
  [
    'an exception at the top level',
    'type A = 1\nexport default {fetch() {}}\nnull!.x',
    {code: 'BUILD_INIT_THREW', at: {file: 'src/index.ts', line: 3, column: 1}, text: /TypeError/},
  ],
  [
    'an exception after an await',
    'await null\nthrow new Error("late")',
    {code: 'BUILD_INIT_THREW', at: {file: 'src/index.ts', line: 2, column: 7}, text: /Error: late/},
  ],
  ['something thrown that is no error', 'throw "late"', {code: 'BUILD_INIT_THREW', text: /loaded: "late"/}],
  [
    'an await that never ends',
    'await new Promise(() => {})',
    {code: 'BUILD_INIT_THREW', text: /never happens/},
  ],
  [
    'endless recursion',
    'function f(): void { f() }\nf()',
    {code: 'BUILD_INIT_THREW', text: /InternalError|stack/},
  ],
  [
    'no handler',
    'export const GET = () => new Response()',
    {code: 'BUILD_NO_HANDLER', at: {file: 'src/index.ts'}, text: /exports only GET/},
  ],
  [
    'a syntax that the engine alone refuses',
    'export default {fetch: () => new RegExp("(")}\nnew Function("let let")',
    {code: 'BUILD_INIT_THREW', text: /SyntaxError/},
  ],
]
for (const [name, source, {code, at, text}] of refusals) {
  test(`refused: ${name}`, async () => {
    await assert.rejects(buildOf(source), (error: MayflyError) => {
      assert.equal(error.code, code, error.message)
      if (at) assert.deepEqual(error.at, at)
      if (text) assert.match(`${error.message}\n${error.details['frame']}`, text)
      return true
    })
  })
}

const coldStarts: [name: string, source: string, expected: Refusal][] = [
  [
    'throws',
    'export default {fetch() {\n  throw new RangeError("cold")\n}}',
    {code: 'BUILD_WARM_UP', at: {file: 'src/index.ts', line: 2, column: 9}, text: /\/x\?y.*RangeError: cold/},
  ],
  [
    'asks for the time',
    'export default {fetch() {\n  return new Response(String(Date.now()))\n}}',
    {code: 'BUILD_WARM_UP', at: {file: 'src/index.ts', line: 2, column: 35}, text: /Date\.now\(\) is called/},
  ],
  [
    'asks for an environment variable',
    'export default {fetch: (_: Request, env: any) => new Response(env.A)}',
    {code: 'BUILD_WARM_UP', text: /environment/},
  ],
  [
    'is not found',
    'export default {fetch: () => new Response("", {status: 404})}',
    {code: 'BUILD_WARM_UP', text: /with 404/},
  ],
  [
    'never ends',
    'export default {fetch: () => new Promise(() => {})}',
    {code: 'BUILD_WARM_UP', text: /its answer never ends/},
  ],
  [
    'asks for the time when it has been answered, and nobody waits',
    'export default {fetch() {\n  void (async () => {\n    for (let i = 0; i < 200; i++) await null\n    Date.now()\n  })()\n  return new Response()\n}}',
    {code: 'BUILD_WARM_UP', text: /Date\.now\(\) is called/},
  ],
  [
    'is not asked, since loading failed in silence before',
    'try { Math.random() } catch {}\nexport default {fetch: () => new Response()}',
    {code: 'BUILD_IMPURE_INIT', at: {file: 'src/index.ts', line: 1, column: 12}},
  ],
]
for (const [name, source, {code, at, text}] of coldStarts) {
  test(`refused: a request to warm up that ${name}`, async () => {
    await assert.rejects(buildOf(source, {warmUp: ['/x?y']}), (error: MayflyError) => {
      assert.equal(error.code, code, error.message)
      if (at) assert.deepEqual(error.at, at)
      if (text) assert.match(`${error.message}\n${error.details['frame']}`, text)
      return true
    })
  })
}

test('an app may have what the engine reads with wait for ever', async () => {
  const {warnings} = await buildOf(`Response.prototype.arrayBuffer = () => new Promise(() => {})
    export default {fetch() {}}`)
  assert.deepEqual(warnings, [])
})

test('an app may change what the engine has', async () => {
  const {warnings} = await buildOf(`Object.assign(globalThis, {Request: undefined, URL: undefined})
    Response.prototype.arrayBuffer = () => { throw new Error('mine') }
    globalThis.Response = class { constructor() { throw new Error('mine too') } }
    export default {fetch() {}}`)
  assert.deepEqual(warnings, [])
})

test('a component may be warmed up with many requests', async () => {
  const warmUp = Array.from({length: 50}, (_, i) => `/${i}`)
  const {component} = await buildOf('export default {fetch: () => new Response()}', {warmUp})
  assert.ok(component.length > 0)
})

test('snapshot: never loads the module in the event, so it may ask for anything', async () => {
  const {component} = await buildOf(
    'const id = Math.random()\nexport default {fetch: () => new Response(String(id))}',
    {snapshot: 'never'},
  )
  assert.ok(component.length > 0)
})

test('what top-level code prints is a warning', async () => {
  const {warnings} = await buildOf(
    'console.log("loading\\u001b[2J", 7)\nPromise.reject(new Error("nobody listens"))\nexport default {fetch() {}}',
  )
  const text = warnings.map(({message}) => message).join('\n')
  assert.match(text, /loading \[2J 7/)
  assert.match(text, /nobody listens/)
})

test('forged reports of a handler change nothing but its own build', async () => {
  const forged = [
    'mayfly:init {"kind":"ready"}',
    'mayfly:init {',
    'mayfly:init null',
    'mayfly:init {"kind":"threw"}',
  ]
  for (const line of forged) {
    const outcome = await buildOf(`console.error(${JSON.stringify(line)})\nexport default {fetch() {}}`).then(
      () => 'built',
      (error: MayflyError) => error.code,
    )
    assert.ok(['built', 'BUILD_INIT_THREW'].includes(outcome), `${line}: ${outcome}`)
  }
})
