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
import type {AppSource} from './app-source.ts'
import {buildComponent} from './build-component.ts'
import {listTemplates, renderTemplate} from './templates.ts'

const root = mkdtempSync(join(tmpdir(), 'mayfly-build-'))
after(() => rmSync(root, {recursive: true}))
const WAT = renderTemplate(listTemplates().find(({id}) => id === 'http-wat')!, 'shop').find(
  ({path}) => path === 'app.wat',
)!.text

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(root, 'd-'))
})
const write = (path: string, text: string): void => writeFileSync(join(dir, path), text)

const manifest = (component: string): string =>
  `spin_manifest_version = 2\napplication = {name = "shop"}\n[[trigger.http]]\nroute = "/..."\ncomponent = "shop"\n[component.shop]\n${component}\n`
const ENTRY = 'source = "dist/shop.wasm"\n[component.shop.tool.mayfly]\nentry = "app.wat"'

async function build(source: AppSource = {kind: 'manifest', path: join(dir, 'spin.toml')}, always = false) {
  const app = await readApp(source, {components: [], profile: undefined})
  return await buildComponent(app.components[0]!, {
    root: dir,
    cacheDir: join(root, 'cache'),
    mode: 'production',
    always,
  })
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

  test('is built again only when its source or its result changed', async () => {
    await build()
    assert.equal((await build()).fresh, true)
    write('app.wat', WAT.replace('Hello', 'Howdy'))
    assert.equal((await build()).fresh, false)
    assert.equal((await build()).fresh, true)
    utimesSync(join(dir, 'dist/shop.wasm'), 1, 1)
    assert.equal((await build()).fresh, false)
    rmSync(join(dir, 'dist/shop.wasm'))
    assert.equal((await build()).fresh, false)
    assert.equal((await build(undefined, true)).fresh, false)
  })

  test('a mistake is shown with its line, and the result before stays', async () => {
    await build()
    const before = readFileSync(join(dir, 'dist/shop.wasm'))
    write('app.wat', '(component\n  (nonsense))')
    await assert.rejects(build(), {code: 'BUILD_WAT', at: {file: join(dir, 'app.wat'), line: 2, column: 4}})
    assert.deepEqual(readFileSync(join(dir, 'dist/shop.wasm')), before)
    assert.deepEqual(readdirSync(join(dir, 'dist')), ['shop.wasm'])
  })

  test('a damaged stamp is no stamp', async () => {
    await build()
    write('.mayfly/shop.json', '{')
    assert.equal((await build()).fresh, false)
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
    assert.deepEqual(built.inputs, [join(dir, 'out.wasm'), join(dir, 'src')])
    assert.equal((await build()).fresh, true)
    assert.equal(readFileSync(join(dir, 'out.wasm'), 'utf8'), 'x\n')
    await build(undefined, true)
    assert.equal(readFileSync(join(dir, 'out.wasm'), 'utf8'), 'x\nx\n')
  })

  test('names the command that fails, and how', async () => {
    write('spin.toml', command('exit 3'))
    await assert.rejects(build(), {
      code: 'BUILD_COMMAND',
      message: 'a build command of shop failed with exit code 3: exit 3',
    })
  })

  test('says when they did not make what they should', async () => {
    write('spin.toml', command('true'))
    await assert.rejects(build(), {code: 'SOURCE_NOT_FOUND'})
  })
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
