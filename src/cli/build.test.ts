import assert from 'node:assert/strict'
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, beforeEach, describe, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {MayflyErrors} from '../base/errors.ts'
import {readApp} from './app-on-disk.ts'
import {binaryOf, buildTarget} from './build-target.ts'
import {listTemplates, renderTemplate} from './templates.ts'

const root = mkdtempSync(join(tmpdir(), 'mayfly-build-'))
process.env['MAYFLY_CACHE_DIR'] = join(root, 'cache')
after(() => rmSync(root, {recursive: true}))
const WAT = renderTemplate(listTemplates().find(({id}) => id === 'http-wat')!, 'shop').find(
  ({path}) => path === 'app.wat',
)!.text

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(root, 'd-'))
})
/** Long ago: what is saved while it is built counts as changed. */
const write = (path: string, text: string): void => {
  writeFileSync(join(dir, path), text)
  utimesSync(join(dir, path), 1e9, 1e9 + text.length)
}

const manifest = (component: string): string =>
  `spin_manifest_version = 2\napplication = {name = "shop"}\n[[trigger.http]]\nroute = "/..."\ncomponent = "shop"\n[component.shop]\n${component}\n`
const ENTRY = 'source = "dist/shop.wasm"\n[component.shop.tool.mayfly]\nentry = "app.wat"'

async function build(runCommands = false) {
  const source = {kind: 'manifest', path: join(dir, 'spin.toml')} as const
  const {components} = await readApp(source, {components: [], profile: undefined})
  return await buildTarget(components[0]!, {root: dir, runCommands})
}

describe('a component with an entry', () => {
  beforeEach(() => {
    write('spin.toml', manifest(ENTRY))
    write('app.wat', WAT)
  })

  test('is built to its source', async () => {
    const built = await build()
    assert.equal(built.fresh, false)
    assert.equal(built.path, join(dir, 'dist/shop.wasm'))
    assert.equal(built.byteLength, statSync(built.path).size)
    assert.deepEqual(built.inputs, [join(dir, 'app.wat')])
    assert.deepEqual([...readFileSync(built.path).subarray(0, 8)], [0, 97, 115, 109, 13, 0, 1, 0])
  })

  test('is built again only when its source changed', async () => {
    await build()
    assert.equal((await build()).fresh, true)
    assert.equal((await build(true)).fresh, true, 'it has no commands')
    write('app.wat', WAT.replace('Hello', 'Howdy there'))
    assert.equal((await build()).fresh, false)
  })

  test('a mistake is shown with its line, and the result before stays', async () => {
    await build()
    const before = readFileSync(join(dir, 'dist/shop.wasm'))
    write('app.wat', '(component\n  (nonsense))')
    await assert.rejects(build(), {code: 'BUILD_WAT', at: {file: join(dir, 'app.wat'), line: 2, column: 4}})
    assert.deepEqual(readFileSync(join(dir, 'dist/shop.wasm')), before)
    assert.deepEqual(readdirSync(join(dir, 'dist')), ['shop.wasm'])
  })
})

describe('a component with build commands', () => {
  const command = (text: string): string =>
    manifest(
      `source = "out.wasm"\n[component.shop.build]\ncommand = ${JSON.stringify(text)}\nwatch = ["src/**/*.rs"]`,
    )

  test('runs them when the result is missing or when asked', async () => {
    write('spin.toml', command('echo x >> out.wasm'))
    const built = await build()
    assert.equal(built.fresh, false)
    assert.equal((await build()).fresh, true)
    assert.equal(readFileSync(join(dir, 'out.wasm'), 'utf8'), 'x\n')
    await build(true)
    assert.equal(readFileSync(join(dir, 'out.wasm'), 'utf8'), 'x\nx\n')
  })
})

test('text that is a source itself is served as a binary', async () => {
  write('spin.toml', manifest('source = "app.wat"'))
  write('app.wat', WAT)
  const built = await build()
  assert.equal(built.path, join(dir, 'app.wat'))
  const binary = await binaryOf(built)
  assert.deepEqual([...readFileSync(binary).subarray(0, 8)], [0, 97, 115, 109, 13, 0, 1, 0])
  assert.deepEqual(readdirSync(dir).sort(), ['app.wat', 'spin.toml'])
  write('app.wat', '(nonsense)')
  await assert.rejects(binaryOf(await build()), {code: 'BUILD_WAT'})
})

test('a component whose source is not there says how to get it', async () => {
  write('spin.toml', manifest('source = "none.wasm"'))
  await assert.rejects(build(), (error: {code: string; hint: string}) => {
    assert.equal(error.code, 'SOURCE_NOT_FOUND')
    assert.match(error.hint, /entry = /)
    return true
  })
})

test('a lone file is an app that serves every path', async () => {
  for (const [kind, file, id] of [
    ['script', 'My Handler.ts', 'my-handler'],
    ['component', 'app.wasm', 'app'],
  ] as const) {
    const {app, components} = await readApp(
      {kind, path: join(dir, file)},
      {components: [], profile: undefined},
    )
    assert.equal(components[0]!.id, id)
    assert.deepEqual(
      app.triggers.http.map(({route}) => route),
      [{path: '/...'}],
    )
    assert.equal(components[0]!.mayfly.entry, kind === 'script' ? file : undefined)
  }
})

test('a component that is not there is named, with the nearest', async () => {
  write('spin.toml', manifest(ENTRY))
  const reading = readApp(
    {kind: 'manifest', path: join(dir, 'spin.toml')},
    {components: ['shpo'], profile: undefined},
  )
  await assert.rejects(reading, {code: 'CLI_BAD_VALUE', hint: 'did you mean shop?'})
})

test('every example is an app without mistakes', async () => {
  const examples = fileURLToPath(new URL('../../examples', import.meta.url))
  for (const name of readdirSync(examples)) {
    const path = join(examples, name, 'spin.toml')
    if (!existsSync(path)) continue
    const {components} = await readApp({kind: 'manifest', path}, {components: [], profile: undefined}).catch(
      error => {
        throw error instanceof MayflyErrors ? new Error(error.message) : error
      },
    )
    for (const {mayfly} of components)
      assert(existsSync(join(examples, name, mayfly.entry!)), `${name}: ${mayfly.entry}`)
  }
})
