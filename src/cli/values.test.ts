import assert from 'node:assert/strict'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, describe, test} from 'node:test'
import {MayflyError} from '../base/errors.ts'
import {findSource} from './app-source.ts'
import {parsePairs, parseVariables} from './key-values.ts'
import {baseUrl, parseListen} from './listen.ts'
import {byteSize} from './units.ts'
import {howManyWorkers} from './up-options.ts'

const code = (code: string) => (error: unknown) => error instanceof MayflyError && error.code === code

describe('--listen', () => {
  const cases: readonly [string, string, number][] = [
    ['127.0.0.1:3000', '127.0.0.1', 3000],
    ['localhost:80', 'localhost', 80],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['[::1]:8080', '::1', 8080],
    ['[fe80::1%eth0]:1', 'fe80::1%eth0', 1],
    [':4000', '127.0.0.1', 4000],
    ['4000', '127.0.0.1', 4000],
  ]
  for (const [text, host, port] of cases) test(text, () => assert.deepEqual(parseListen(text), {host, port}))
  for (const text of [
    '',
    'host',
    'host:',
    '::1:80',
    'a b:1',
    'http://x:1',
    '1.2.3.4:65536',
    'x:-1',
    '[::1]',
    'x:1e3',
  ]) {
    test(`refuses "${text}"`, () => assert.throws(() => parseListen(text), code('CLI_BAD_VALUE')))
  }
  test('shown as a URL', () => {
    assert.equal(baseUrl('http', {host: '127.0.0.1', port: 1}), 'http://127.0.0.1:1')
    assert.equal(baseUrl('https', {host: '::1', port: 1}), 'https://[::1]:1')
  })
})

describe('--env and --variable', () => {
  const files: Record<string, string> = {
    '/app/key.txt': 'secret\n',
    '/app/v.json': '{"a": "1", "b": 2}',
    '/app/v.toml': 'a = "3"\nc = true\n',
    '/app/list.json': '[1]',
    '/app/deep.json': '{"a": {}}',
    '/app/broken.json': '{',
    '/app/v.txt': '',
  }
  const read = (given: readonly string[]) =>
    parseVariables(given, {cwd: '/app', readText: path => files[path]!}).then(values =>
      Object.fromEntries(values),
    )

  test('pairs', () => {
    assert.deepEqual(
      [...parsePairs('--env', ['A=1', 'B=', 'C=x=y', 'A=2'])],
      [
        ['A', '2'],
        ['B', ''],
        ['C', 'x=y'],
      ],
    )
    for (const bad of ['A', '=1', '']) assert.throws(() => parsePairs('--env', [bad]), code('CLI_BAD_VALUE'))
  })
  test('a file as a value', async () => assert.deepEqual(await read(['k=@key.txt']), {k: 'secret\n'}))
  test('files of values, later ones first', async () => {
    assert.deepEqual(await read(['@v.json', '@v.toml', 'b=9']), {a: '3', b: '9', c: 'true'})
  })
  for (const bad of ['@list.json', '@deep.json', '@broken.json', '@v.txt', 'novalue']) {
    test(`refuses ${bad}`, () => assert.rejects(read([bad]), code('CLI_BAD_VALUE')))
  }
})

describe('the source', () => {
  const dir = mkdtempSync(join(tmpdir(), 'mayfly-source-'))
  after(() => rmSync(dir, {recursive: true}))
  mkdirSync(join(dir, 'app'))
  mkdirSync(join(dir, 'empty'))
  for (const file of ['app/spin.toml', 'h.ts', 'h.mjs', 'c.wasm', 'c.wat', 'notes.txt'])
    writeFileSync(join(dir, file), '')

  const cases = {
    app: ['manifest', 'app/spin.toml'],
    'app/spin.toml': ['manifest', 'app/spin.toml'],
    'h.ts': ['script', 'h.ts'],
    'h.mjs': ['script', 'h.mjs'],
    'c.wasm': ['component', 'c.wasm'],
    './c.wat': ['component', 'c.wat'],
  }
  for (const [given, [kind, path]] of Object.entries(cases)) {
    test(given, () => assert.deepEqual(findSource(given, dir), {kind, path: join(dir, path!)}))
  }
  test('that is not there', () => {
    assert.throws(() => findSource('nope.ts', dir), code('SOURCE_NOT_FOUND'))
    assert.throws(() => findSource('empty', dir), code('SOURCE_NOT_FOUND'))
  })
  test('that is nothing', () => assert.throws(() => findSource('notes.txt', dir), code('SOURCE_UNKNOWN')))
})

test('workers: one a core, or one alone', () => {
  assert.deepEqual(howManyWorkers(undefined, 4, true), {workers: 4, notes: []})
  assert.deepEqual(howManyWorkers(2, 4, true), {workers: 2, notes: []})
  assert.deepEqual(howManyWorkers(undefined, 4, false), {workers: 1, notes: []})
  assert.equal(howManyWorkers(2, 4, false).workers, 1)
  assert.equal(howManyWorkers(2, 4, false).notes.length, 1)
})

test('sizes', () => {
  const cases: readonly [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [30_344, '30.3 kB'],
    [248_000, '248 kB'],
    [999_499, '999 kB'],
    [999_500, '1.0 MB'],
    [13_110_000, '13.1 MB'],
    [5e15, '5000 TB'],
  ]
  for (const [bytes, text] of cases) assert.equal(byteSize(bytes), text)
})
