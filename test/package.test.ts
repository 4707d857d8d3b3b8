// test/package.test.ts: what `npm pack` packs, and that it starts where nothing else is.
import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync, symlinkSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, before, describe, test} from 'node:test'
import {fileURLToPath} from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'mayfly-package-'))
after(() => rmSync(dir, {recursive: true}))

const run = (command: string, args: readonly string[], cwd: string) => {
  const env = {...process.env, MAYFLY_CACHE_DIR: join(dir, 'cache')}
  const result = spawnSync(command, [...args], {cwd, env, encoding: 'utf8', timeout: 120_000})
  assert.equal(result.status, 0, `${command} ${args.join(' ')}: ${result.stdout}${result.stderr}`)
  return result.stdout
}

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
      'dist/cli/main.js',
      'dist/cli/watchdog-thread.js',
      'dist/cli/init-thread.js',
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
      /^(src|test|bench)\/|\.test\.|\.suite\.|\/testing\/|\.mayfly|\.spin\b|\.wasm$/.test(file),
    )
    assert.deepEqual(wrong, [])
  })

  test('starts', () => assert.match(run(process.execPath, [launcher, '--version'], dir), /^mayfly /))

  test('makes an app', () => {
    run(process.execPath, [launcher, 'new', 'shop', '-t', 'http-wat'], dir)
    assert.match(run(process.execPath, [launcher, 'build', 'shop'], dir), /^shop: .*shop\.wasm/)
  })
})
