import assert from 'node:assert/strict'
import {mkdir, readdir, readFile, rm, utimes, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {test} from 'node:test'
import type {MayflyErrors} from '../base/errors.ts'
import {buildComponent, needsBuild} from './build.ts'
import {createApp, TEST_CACHE} from './javascript/test-app.ts'
import type {BuildOptions, BuildTarget} from './target.ts'

const HANDLER = 'import {text} from "./text.ts"\nexport default {fetch: () => new Response(text)}'

async function start(
  files: Record<string, string>,
  target: Partial<BuildTarget>,
  more: Partial<BuildOptions> = {},
) {
  const app = await createApp(files)
  const lines: string[] = []
  const options: BuildOptions = {
    root: app.root,
    cacheDir: TEST_CACHE,
    output: (line, component) => lines.push(`${component}: ${line}`),
    ...more,
  }
  const full: BuildTarget = {id: 'shop', source: join(app.root, 'dist', 'shop.wasm'), ...target}
  // Files saved while a build runs count as changed; these were saved long before.
  const settle = async (name: string, text?: string) => {
    const path = join(app.root, name)
    if (text !== undefined) await writeFile(path, text)
    await utimes(path, 1e9, text === undefined ? 1e9 : 1e9 + text.length)
  }
  for (const name of Object.keys(files)) await settle(name)
  return {
    ...app,
    lines,
    options,
    target: full,
    settle,
    build: () => buildComponent(full, options),
    stale: () => needsBuild(full, options),
  }
}

test('a handler is built when it is stale, and only then', async () => {
  await using app = await start(
    {'src/index.ts': HANDLER, 'src/text.ts': 'export const text = "one"'},
    {entry: 'src/index.ts'},
  )
  assert.equal(await app.stale(), true)
  const first = await app.build()
  assert.equal(first.fresh, false)
  assert.equal(first.byteLength, (await readFile(first.path)).length)
  assert.ok(JSON.parse(await readFile(first.sourceMapPath!, 'utf8')).sources.includes('src/text.ts'))
  assert.equal(await app.stale(), false)
  const second = await app.build()
  assert.deepEqual({...second, ms: 0}, {...first, ms: 0, fresh: true})

  await app.settle('src/text.ts')
  assert.equal(await app.stale(), false, 'the same content at another time')
  const changes: [name: string, change: () => Promise<unknown>][] = [
    ['an imported file', () => app.settle('src/text.ts', 'export const text = "two"')],
    ['the output', () => writeFile(first.path, 'half')],
    ['the output is gone', () => rm(first.path)],
    ['the map is gone', () => rm(first.sourceMapPath!)],
    [
      'a new tsconfig.json',
      () => app.settle('tsconfig.json', '{}').catch(() => writeFile(join(app.root, 'tsconfig.json'), '{}')),
    ],
  ]
  for (const [name, change] of changes) {
    await change()
    assert.equal(await app.stale(), true, name)
    assert.equal((await app.build()).fresh, false, name)
    await app.settle('tsconfig.json').catch(() => {})
  }
})

test('a build that fails leaves the old component, and no other file', async () => {
  await using app = await start(
    {'index.ts': 'export default {fetch: () => new Response("old")}'},
    {entry: 'index.ts'},
  )
  const {path} = await app.build()
  const before = await readFile(path)
  await app.settle('index.ts', 'export default {')
  await assert.rejects(app.build(), {code: 'BUILD_SYNTAX'})
  assert.ok(before.equals(await readFile(path)))
  assert.deepEqual(await readdir(join(app.root, 'dist')), ['shop.wasm'])
})

test('records that were damaged or forged mean a new build, not a failure', async () => {
  await using app = await start({'index.wat': '(component)'}, {entry: 'index.wat'})
  await app.build()
  const folder = join(app.root, '.mayfly', 'build')
  const [name = ''] = await readdir(folder)
  const good = JSON.parse(await readFile(join(folder, name), 'utf8'))
  for (const record of [
    '',
    '{',
    'null',
    '[]',
    '{"recipe": 1}',
    JSON.stringify({...good, inputs: 'abc'}),
    JSON.stringify({...good, outputs: {x: 1}}),
  ]) {
    await writeFile(join(folder, name), record)
    assert.equal((await app.build()).fresh, false, record)
  }
  assert.equal((await app.build()).fresh, true)
})

test('an id that looks like a path stays in the record folder', async () => {
  await using app = await start({'index.wat': '(component)'}, {entry: 'index.wat', id: '../../../escape'})
  await app.build()
  assert.equal((await readdir(join(app.root, '.mayfly', 'build'))).length, 1)
})

test('WebAssembly text is built, and its mistakes have a place', async () => {
  await using app = await start({'index.wat': '(component)'}, {entry: 'index.wat'})
  const {path} = await app.build()
  assert.deepEqual([...(await readFile(path))].slice(0, 8), [0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0])
  await app.settle('index.wat', '(component\n  (nonsense))')
  await assert.rejects(app.build(), {
    code: 'BUILD_WAT',
    at: {file: join(app.root, 'index.wat'), line: 2, column: 4},
  })
})

const WRITE = `node -e "fs.mkdirSync('dist',{recursive:true});fs.writeFileSync('dist/shop.wasm','built');console.log('working')"`

test('commands run when something watched changed', async () => {
  await using app = await start(
    {'src/a.rs': 'a'},
    {build: {commands: [WRITE], watch: ['src/**/*.rs', '../**', '/etc/*']}},
  )
  assert.equal((await app.build()).fresh, false)
  assert.deepEqual(app.lines, ['shop: working'])
  assert.equal((await app.build()).fresh, true)
  await app.settle('src/a.rs', 'changed')
  assert.equal((await app.build()).fresh, false)
  await app.settle('src/b.rs', 'new')
  const {fresh, inputs} = await app.build()
  assert.equal(fresh, false)
  assert.deepEqual(
    inputs.map(path => path.slice(app.root.length)),
    ['/src/a.rs', '/src/b.rs'],
  )
})

test('commands without anything watched run when their result is missing, or always when asked to', async () => {
  await using app = await start({}, {build: {commands: [WRITE], watch: []}})
  assert.equal((await app.build()).fresh, false)
  assert.equal((await app.build()).fresh, true)
  assert.equal((await buildComponent(app.target, {...app.options, always: true})).fresh, false)
})

test('a result that someone else made is left as it is while it is newer than what is watched', async () => {
  await using app = await start({'src/a.rs': 'a'}, {build: {commands: [WRITE], watch: ['src/*.rs']}})
  await mkdir(join(app.root, 'dist'))
  await app.settle('dist/shop.wasm', 'made elsewhere')
  assert.equal(await app.stale(), false)
  await app.settle('src/a.rs', 'saved some seconds after the result, going by its time')
  assert.equal((await app.build()).fresh, false)
  assert.equal(await readFile(app.target.source, 'utf8'), 'built')
})

test('records can be kept elsewhere', async () => {
  await using app = await start({'index.wat': '(component)'}, {entry: 'index.wat'})
  const options = {...app.options, records: join(app.root, 'elsewhere')}
  assert.equal((await buildComponent(app.target, options)).fresh, false)
  assert.equal((await buildComponent(app.target, options)).fresh, true)
  assert.deepEqual((await readdir(app.root)).sort(), ['dist', 'elsewhere', 'index.wat'])
})

test('places of mistakes are whole paths', async () => {
  await using app = await start({'src/index.ts': 'import "./gone.ts"\nimport "fs"'}, {entry: 'src/index.ts'})
  await assert.rejects(app.build(), (error: MayflyErrors) => {
    assert.deepEqual(
      error.errors.map(({code, at}) => [code, at]),
      [1, 2].map(line => ['BUILD_UNRESOLVED', {file: join(app.root, 'src/index.ts'), line, column: 8}]),
    )
    return true
  })
})

const failing: [name: string, commands: string[], more: object, expected: object][] = [
  [
    'a command that fails',
    ['exit 3', 'echo never'],
    {},
    {code: 'BUILD_COMMAND', details: {component: 'shop', command: 'exit 3', reason: 'exit code 3'}},
  ],
  [
    'a command that is killed',
    ['kill -9 $$'],
    {},
    {code: 'BUILD_COMMAND', details: {component: 'shop', command: 'kill -9 $$', reason: 'ended by SIGKILL'}},
  ],
  ['a folder that is not there', ['true'], {workdir: 'none'}, {code: 'BUILD_COMMAND'}],
  ['commands that write nothing', ['true'], {}, {code: 'SOURCE_NOT_FOUND'}],
]
for (const [name, commands, more, expected] of failing) {
  test(`${name} is an error`, async () => {
    await using app = await start({}, {build: {commands, watch: [], ...more}})
    await assert.rejects(app.build(), expected)
    assert.deepEqual(app.lines, [])
  })
}

test('a command and what it started are stopped', async () => {
  const controller = new AbortController()
  await using app = await start(
    {},
    {build: {commands: ['sleep 60 & wait'], watch: []}},
    {signal: controller.signal},
  )
  const building = app.build()
  setTimeout(() => controller.abort(), 50)
  await assert.rejects(building, {code: 'BUILD_COMMAND'})
})

test('what is not built by anyone must be there', async () => {
  await using app = await start({'there.wasm': 'x'}, {})
  await assert.rejects(app.build(), {code: 'SOURCE_NOT_FOUND'})
  const there = {...app.target, source: join(app.root, 'there.wasm')}
  assert.equal((await buildComponent(there, app.options)).fresh, true)
  assert.equal(await needsBuild(there, {...app.options, always: true}), false)
})
