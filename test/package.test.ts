// test/package.test.ts: what `npm pack` packs, and that it starts where nothing else is.
import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {parse} from '@bytecodealliance/jco'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'mayfly-package-'))
after(() => rmSync(dir, {recursive: true}))

const run = (command: string, args: readonly string[], cwd: string) => {
  const env = {...process.env, MAYFLY_CACHE_DIR: join(dir, 'cache')}
  const result = spawnSync(command, [...args], {cwd, env, encoding: 'utf8', timeout: 120_000})
  assert.equal(result.status, 0, `${command} ${args.join(' ')}: ${result.stdout}${result.stderr}`)
  return result.stdout
}

/** A component that exports `answer`, which gives what `ask` of its host says, and `spin`, which never ends. */
const COMPONENT = `(component
  (import "ask" (func $ask (result u32)))
  (core func $ask' (canon lower (func $ask)))
  (core module $M (import "" "ask" (func $ask (result i32)))
    (func (export "answer") (result i32) (call $ask))
    (func (export "spin") (loop $more (br $more))))
  (core instance $m (instantiate $M (with "" (instance (export "ask" (func $ask'))))))
  (func (export "answer") (result u32) (canon lift (core func $m "answer")))
  (func (export "spin") (canon lift (core func $m "spin"))))`
const EMBEDDING = `
import {Engine, MayflyError} from 'mayfly'
type World = {
  imports: {ask: () => number | Promise<number>}
  exports: {answer: () => Promise<number>; spin: () => Promise<void>}
}
await using engine = new Engine()
const bytes = Uint8Array.from(atob('${Buffer.from(await parse(COMPONENT)).toString('base64')}'), c => c.charCodeAt(0))
const component = await engine.load<World>(bytes, {imports: {ask: async () => 42}, limits: {cpuMs: 50}})
const answer: number = await component.exports.answer()
const error: unknown = await component.exports.spin().catch(error => error)
console.log(answer, error instanceof MayflyError && error.code)
`

describe('the package', () => {
  let files: readonly string[]
  const launcher = join(dir, 'package/bin/mayfly.js')
  before(() => {
    run('npm', ['pack', '--silent', '--pack-destination', dir], ROOT)
    const {name, version} = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const tarball = join(dir, `${name}-${version}.tgz`)
    files = run('tar', ['-tzf', tarball], dir)
      .trim()
      .split('\n')
      .map(file => file.replace(/^package\//, ''))
    run('tar', ['-xzf', tarball], dir)
    // npm would install the dependencies; those of the checkout are the same.
    symlinkSync(join(ROOT, 'node_modules'), join(dir, 'package/node_modules'))
  })

  test('holds what is needed', () => {
    const needed = [
      'bin/mayfly.js',
      'bin/load.js',
      'bin/package.json',
      'dist/cli/main.cjs',
      'dist/cli/index.js',
      'dist/types/index.d.ts',
      'dist/cli/watchdog-thread.cjs',
      'dist/cli/init-thread.cjs',
      'dist/cli/guest/handler.js',
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
    ]
    needed.push(
      'docs/errors.md',
      'templates/http-ts/_gitignore',
      'templates/http-ts/spin.toml',
      'templates/http-wat/app.wat',
    )
    assert.deepEqual(
      needed.filter(file => !files.includes(file)),
      [],
    )
  })

  test('holds no sources, no tests and nothing that was made by running', () => {
    const wrong = files.filter(file =>
      /^(src|test|bench)\/|\.test\.|\.suite\.|\/testing\/|\.mayfly|\.spin\b|\.wasm$|sources\.json$/.test(
        file,
      ),
    )
    assert.deepEqual(wrong, [])
  })

  test('asks npm to run nothing when it is installed, which npm would ask the user to allow', () => {
    const {scripts} = JSON.parse(readFileSync(join(dir, 'package/package.json'), 'utf8'))
    const run = ['preinstall', 'install', 'postinstall', 'prepare'].filter(name => name in scripts)
    assert.deepEqual(run, [])
  })

  test('starts', () => assert.match(run(process.execPath, [launcher, '--version'], dir), /^mayfly /))

  test('is a library, with types, for whoever depends on it', () => {
    const app = join(dir, 'embedding')
    mkdirSync(join(app, 'node_modules/@types'), {recursive: true})
    symlinkSync(join(dir, 'package'), join(app, 'node_modules/mayfly'))
    symlinkSync(join(ROOT, 'node_modules/@types/node'), join(app, 'node_modules/@types/node'))
    writeFileSync(join(app, 'package.json'), '{"type": "module"}')
    writeFileSync(join(app, 'main.ts'), EMBEDDING)
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    const flags = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'esnext', '--types', 'node']
    run(process.execPath, [compiler, ...flags, 'main.ts'], app)
    assert.equal(run(process.execPath, ['main.ts'], app), '42 LIMIT_CPU\n')
  })

  test('makes an app', () => {
    run(process.execPath, [launcher, 'new', 'shop', '-t', 'http-wat'], dir)
    assert.match(run(process.execPath, [launcher, 'build', 'shop'], dir), /^shop: .*shop\.wasm/)
  })
})
