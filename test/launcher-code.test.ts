// test/launcher-code.test.ts: bin/load.js: compiled code is taken from a cache only where it is right.
import assert from 'node:assert/strict'
import {execFile, spawnSync} from 'node:child_process'
import {
  cpSync,
  mkdirSync,
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
import {after, describe, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {promisify} from 'node:util'

const BIN = fileURLToPath(new URL('../bin', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'mayfly-code-'))
after(() => rmSync(dir, {recursive: true}))

/** Says `word`, and whether its code was taken from the cache; keeps it, with flags of V8 changed, as `up` does. */
const script = (word: string) => `
  const say = kept => '${word} ' + (kept ? 'from the cache' : 'compiled')
  const more = n => n === 0 ? ${'('.repeat(500)}n${' + 1)'.repeat(500)} : more(n - 1)
  exports.main = async (argv, code) => {
    console.log(say(code.isKept))
    if (argv[1] === 'more') more(1)
    require('node:v8').setFlagsFromString('--no-wasm-inlining')
    code.keep()
  }`

type Package = Readonly<{root: string; main: string; cache: string; run: (...args: string[]) => string}>

const environment = (cache: string) => ({...process.env, MAYFLY_CACHE_DIR: cache})

let packages = 0
function packageOf(word: string, cache?: string): Package {
  const root = join(dir, `package-${packages++}`)
  const main = join(root, 'dist/cli/main.cjs')
  mkdirSync(join(root, 'dist/cli'), {recursive: true})
  cpSync(BIN, join(root, 'bin'), {recursive: true})
  writeFileSync(join(root, 'package.json'), '{"type": "module"}')
  writeFileSync(main, script(word))
  const place = cache ?? join(root, 'cache')
  const run = (...args: string[]) => {
    const options = {encoding: 'utf8', env: environment(place), timeout: 30_000} as const
    const {stdout, stderr, status} = spawnSync(
      process.execPath,
      [join(root, 'bin/mayfly.js'), ...args],
      options,
    )
    assert.deepEqual({stderr, status}, {stderr: '', status: 0})
    return stdout
  }
  return {root, main, cache: place, run}
}

/** The only file in the cache. */
function codeOf({cache}: Package): string {
  const [file, ...others] = readdirSync(cache, {recursive: true, withFileTypes: true}).filter(one =>
    one.isFile(),
  )
  assert.deepEqual(others, [])
  return join(file!.parentPath, file!.name)
}

describe('compiled code', () => {
  test('is kept by one start and taken by the next', () => {
    const it = packageOf('one')
    assert.equal(it.run('inspect'), 'one compiled\n')
    assert.equal(it.run('inspect'), 'one from the cache\n')
  })

  test('holds the functions that ran, also those of a later start', () => {
    const it = packageOf('one')
    it.run('inspect')
    const before = statSync(codeOf(it)).size
    it.run('inspect', 'more')
    assert.ok(statSync(codeOf(it)).size > before)
    assert.equal(it.run('inspect'), 'one from the cache\n')
  })

  test('is of one command: another runs other functions', () => {
    const it = packageOf('one')
    it.run('inspect')
    assert.equal(it.run('build'), 'one compiled\n')
  })

  for (const [how, damage] of [
    ['cut in half', (code: Buffer) => code.subarray(0, code.length >> 1)],
    ['cut in its first line', (code: Buffer) => code.subarray(0, 20)],
    ['empty', () => Buffer.alloc(0)],
    ['zeros, as a crash of the machine may leave it', (code: Buffer) => Buffer.alloc(code.length)],
    ['something else', () => Buffer.from('something else'.repeat(1000))],
    ['of another Node', (code: Buffer) => Buffer.from(code.toString('latin1').replace('v', 'w'), 'latin1')],
    ['of an unknown kind', (code: Buffer) => Buffer.from(code).fill(0xff, 128, 132)],
  ] as const)
    test(`is not taken where it is ${how}, and is made anew`, () => {
      const it = packageOf('one')
      it.run('inspect')
      writeFileSync(codeOf(it), damage(readFileSync(codeOf(it))))
      assert.equal(it.run('inspect'), 'one compiled\n')
      assert.equal(it.run('inspect'), 'one from the cache\n')
    })

  test('is not taken for a script that has changed, though its length and time have not', () => {
    const it = packageOf('one')
    it.run('inspect')
    const {atime, mtime} = statSync(it.main)
    writeFileSync(it.main, script('two'))
    utimesSync(it.main, atime, mtime)
    assert.equal(it.run('inspect'), 'two compiled\n')
    assert.equal(it.run('inspect'), 'two from the cache\n')
  })

  for (const [what, cache] of [
    ['cannot be made', '/dev/null/cache'],
    ['is a file', BIN.concat('/load.js')],
  ] as const)
    test(`is done without where the cache ${what}`, () => {
      const it = packageOf('one', cache)
      assert.equal(it.run('inspect'), 'one compiled\n')
      assert.equal(it.run('inspect'), 'one compiled\n')
    })

  test('may be kept by many starts at once', async () => {
    const it = packageOf('one')
    const args = [join(it.root, 'bin/mayfly.js'), 'inspect']
    const options = {env: environment(it.cache), timeout: 60_000}
    const all = Array.from({length: 8}, () => promisify(execFile)(process.execPath, args, options))
    for (const {stdout} of await Promise.all(all)) assert.match(stdout, /^one /)
    assert.equal(it.run('inspect'), 'one from the cache\n')
    codeOf(it)
  })
})

describe('in a checkout', () => {
  const checkout = () => {
    const it = packageOf('script')
    const source = join(it.root, 'src/cli/main.ts')
    mkdirSync(join(it.root, 'src/cli'), {recursive: true})
    writeFileSync(source, `export const main = async (argv: string[]) => console.log('sources', argv.length)`)
    const stamp = () => {
      const {size, mtimeMs} = statSync(source)
      writeFileSync(join(it.root, 'dist/sources.json'), JSON.stringify({'src/cli/main.ts': [size, mtimeMs]}))
    }
    return {...it, source, stamp}
  }

  test('the script runs while its sources are those that it was made of', () => {
    const it = checkout()
    it.stamp()
    assert.equal(it.run('inspect'), 'script compiled\n')
  })

  for (const [when, change] of [
    ['have changed', ({source}: {source: string}) => writeFileSync(source, `${readFileSync(source)} `)],
    ['were touched', ({source}: {source: string}) => utimesSync(source, 1, 1)],
    ['were never bundled', ({root}: {root: string}) => rmSync(join(root, 'dist'), {recursive: true})],
    [
      'were being bundled',
      ({root}: {root: string}) => writeFileSync(join(root, 'dist/sources.json'), '{"src'),
    ],
  ] as const)
    test(`the sources run where they ${when}`, () => {
      const it = checkout()
      it.stamp()
      change(it)
      assert.equal(it.run('inspect'), 'sources 1\n')
    })

  test('a worker runs what the process that forked it runs, whatever was saved since', () => {
    const it = checkout()
    it.stamp()
    assert.equal(it.run('worker', 'sources'), 'sources 2\n')
    writeFileSync(it.source, `${readFileSync(it.source)} `)
    assert.equal(it.run('worker', 'script'), 'script compiled\n')
  })
})
