import assert from 'node:assert/strict'
import {symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {test} from 'node:test'
import type {MayflyError, MayflyErrors} from '../../base/errors.ts'
import {type BundleOptions, bundle} from './bundle.ts'
import {createApp} from './test-app.ts'

const OPTIONS = {
  entry: 'src/index.ts',
  loading: 'eager',
  importable: ['wasi:cli/environment@0.2.10', 'wasi:clocks/wall-clock@0.2.10'],
} as const

async function bundleOf(files: Record<string, string>, options: Partial<BundleOptions> = {}) {
  await using app = await createApp(files, {packages: true})
  return await bundle({...OPTIONS, root: app.root, ...options})
}

const HANDLER = 'export default {fetch: () => new Response("hi")}'

type Failure = {code: string; details?: Record<string, string>; at?: object; text?: RegExp}
const failures: [name: string, files: Record<string, string>, expected: Failure][] = [
  [
    'a syntax error',
    {'src/index.ts': 'const a = 1\nlet b = ;\n'},
    {
      code: 'BUILD_SYNTAX',
      at: {file: 'src/index.ts', line: 2, column: 9},
      text: /> 2 \| let b = ;\n {4}\| {9}\^/,
    },
  ],
  [
    'a part of Node.js',
    {'src/index.ts': 'import {join} from "node:path"\nexport default join'},
    {
      code: 'BUILD_UNRESOLVED',
      at: {file: 'src/index.ts', line: 1, column: 20},
      details: {name: 'node:path'},
      text: /part of Node\.js/,
    },
  ],
  [
    'a part of Node.js without its prefix, in a dependency',
    {'src/index.ts': 'import "../lib/x.js"', 'lib/x.js': '\nimport "fs/promises"'},
    {code: 'BUILD_UNRESOLVED', at: {file: 'lib/x.js', line: 2, column: 8}, text: /part of Node\.js/},
  ],
  [
    'a package that is not installed',
    {'src/index.ts': 'import "@scope/none/sub"'},
    {
      code: 'BUILD_UNRESOLVED',
      details: {name: '@scope/none/sub', remedy: "run `npm install @scope/none` in the app's folder"},
    },
  ],
  [
    'a file that is not there',
    {'src/index.ts': 'import "./none.ts"'},
    {code: 'BUILD_UNRESOLVED', text: /there is no such file/},
  ],
  [
    'an interface that the world does not have',
    {'src/index.ts': 'import {x} from "acme:kv/store@1.0.0"; x()'},
    {code: 'BUILD_UNRESOLVED', text: /no such interface/},
  ],
  [
    'an entry that is not there',
    {'src/other.ts': ''},
    {code: 'BUILD_UNRESOLVED', at: {file: 'src/index.ts'}},
  ],
]

for (const [name, files, {code, details = {}, at, text}] of failures) {
  test(`refused, with the place: ${name}`, async () => {
    await assert.rejects(bundleOf(files), (error: MayflyError) => {
      assert.equal(error.code, code)
      if (at) assert.deepEqual(error.at, at)
      for (const [key, value] of Object.entries(details)) assert.equal(error.details[key], value)
      if (text) assert.match(`${error.message}\n${error.details['frame']}`, text)
      return true
    })
  })
}

test('several mistakes are told at once', async () => {
  const files = {'src/index.ts': 'import "./a.ts"\nimport "./b.ts"'}
  await assert.rejects(bundleOf(files), (error: MayflyErrors) => {
    assert.deepEqual(
      error.errors.map(({at}) => at?.line),
      [1, 2],
    )
    return true
  })
})

for (const entry of ['../outside.ts', '/etc/hostname', '.', '', 'src', 'link.ts', 'src/../../outside.ts']) {
  test(`the entry "${entry}" is refused`, async () => {
    await using app = await createApp({'src/index.ts': HANDLER})
    await using other = await createApp({'outside.ts': HANDLER})
    await symlink(join(other.root, 'outside.ts'), join(app.root, 'link.ts'))
    await assert.rejects(bundle({...OPTIONS, root: app.root, entry}), {code: 'BUILD_UNRESOLVED'})
  })
}

test('the same app in two folders is the same bundle, and names neither', async () => {
  const files = {
    'src/index.ts':
      'import x from "./x.cjs"\nimport {Hono} from "hono"\nexport default new Hono().get("/", c => c.text(x))',
    'src/x.cjs': 'module.exports = "x"',
  }
  const [one, two] = [await bundleOf(files), await bundleOf(files)]
  assert.equal(one.code, two.code)
  assert.equal(one.sourceMap, two.sourceMap)
  assert.ok(!one.code.includes(tmpdir()) && !one.code.includes(process.cwd().slice(1)))
})

test('the labels of files outside the app do not tell where they lie', async () => {
  await using outside = await createApp({
    'secret-folder/node_modules/dep/index.cjs': 'exports.a = 1',
    'hidden-folder/b.cjs': 'exports.b = 2',
  })
  const [dep, plain] = ['secret-folder/node_modules/dep/index.cjs', 'hidden-folder/b.cjs'].map(path =>
    join(outside.root, path),
  )
  const {code} = await bundleOf({
    'src/index.ts': `import {a} from ${JSON.stringify(dep)}\nimport {b} from ${JSON.stringify(plain)}\nexport default {fetch: () => a + b}`,
  })
  assert.match(code, /\.node_modules\/dep\/index\.cjs"/)
  assert.match(code, /\.b\.cjs"/)
  assert.doesNotMatch(code, /secret-folder|hidden-folder|mayfly-app/)
})

test('inputs are all files of the app, and none of ours', async () => {
  await using app = await createApp({
    'src/index.ts': 'import "./b.json"\nexport default 1',
    'src/b.json': '{}',
  })
  const {inputs} = await bundle({...OPTIONS, root: app.root})
  assert.deepEqual(
    inputs.map(path => path.slice(app.root.length)),
    ['/src/b.json', '/src/index.ts'],
  )
})

test('interfaces of the world stay imports', async () => {
  const {code} = await bundleOf({
    'src/index.ts': 'import {now} from "wasi:clocks/wall-clock@0.2.10"\nexport default {fetch: () => now()}',
  })
  assert.match(code, /from"wasi:clocks\/wall-clock@0\.2\.10"/)
})

test('packages are found by what they export for workers', async () => {
  const {code} = await bundleOf({
    'src/index.ts':
      'import which from "./dep/index.js"\nimport which2 from "dep"\nexport default [which, which2]',
    'src/dep/index.js': 'export default "relative"',
    'src/node_modules/dep/package.json':
      '{"name": "dep", "exports": {"node": "./node.js", "worker": "./worker.js", "default": "./default.js"}}',
    'src/node_modules/dep/node.js': 'export default "for node"',
    'src/node_modules/dep/worker.js': 'export default "for workers"',
    'src/node_modules/dep/default.js': 'export default "for all"',
  })
  assert.match(code, /for workers/)
  assert.doesNotMatch(code, /for node|for all/)
})

test('process.env.NODE_ENV is production', async () => {
  const files = {'src/index.ts': 'export default {fetch: () => process.env.NODE_ENV}'}
  assert.match((await bundleOf(files)).code, /"production"/)
})

test('a hostile tsconfig is an error or a warning, never more', async () => {
  await using app = await createApp({
    'src/index.ts': HANDLER,
    'tsconfig.json': '{"extends": "/dev/null", "compilerOptions": {"paths": {"*": ["../../*"]}}}',
  })
  await writeFile(join(app.root, 'src/tsconfig.json'), '{'.repeat(1000))
  const done = await bundle({...OPTIONS, root: app.root}).catch(
    (error: MayflyError) => error.code ?? 'several',
  )
  assert.ok(done)
})
