import assert from 'node:assert/strict'
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, beforeEach, describe, test} from 'node:test'
import fc from 'fast-check'
import {parseManifest} from '../manifest/parse.ts'
import type {Terminal} from './command.ts'
import {runCommand} from './main.ts'
import {checkName, listTemplates, renderTemplate, suggestName} from './templates.ts'

const root = mkdtempSync(join(tmpdir(), 'mayfly-new-'))
after(() => rmSync(root, {recursive: true}))

let cwd: string
let out: string
let err: string
beforeEach(() => {
  cwd = mkdtempSync(join(root, 'd-'))
  out = ''
  err = ''
})
const mayfly = (...argv: string[]): Promise<number> => {
  const terminal: Terminal = {
    out: text => (out += text),
    err: text => (err += text),
    color: {out: false, err: false},
    env: {},
    cwd,
  }
  return runCommand(argv, terminal)
}

describe('mayfly new', () => {
  test('makes a TypeScript app and says what comes next', async () => {
    assert.equal(await mayfly('new', 'shop'), 0)
    const files = readdirSync(join(cwd, 'shop'), {recursive: true}).map(String).sort()
    assert.deepEqual(files, [
      '.gitignore',
      'package.json',
      'spin.toml',
      'src',
      'src/index.ts',
      'tsconfig.json',
    ])
    assert.match(readFileSync(join(cwd, 'shop/spin.toml'), 'utf8'), /\[component\.shop\.tool\.mayfly\]/)
    assert.match(out, /mayfly up shop --watch/)
  })

  test('never overwrites unless told to', async () => {
    await mayfly('new', 'shop')
    writeFileSync(join(cwd, 'shop/src/index.ts'), 'mine')
    assert.equal(await mayfly('new', 'shop'), 1)
    assert.match(err, /^error\[NEW_EXISTS\]: shop exists already/)
    assert.equal(readFileSync(join(cwd, 'shop/src/index.ts'), 'utf8'), 'mine')
    assert.equal(await mayfly('new', 'shop', '--allow-overwrite'), 0)
    assert.notEqual(readFileSync(join(cwd, 'shop/src/index.ts'), 'utf8'), 'mine')
  })

  test('goes where -o says, which may also give the name', async () => {
    assert.equal(await mayfly('new', 'cart', '-o', 'apps/one'), 0)
    assert.match(readFileSync(join(cwd, 'apps/one/spin.toml'), 'utf8'), /name = "cart"/)
    assert.equal(await mayfly('new', '-o', 'apps/two'), 0)
    assert.match(readFileSync(join(cwd, 'apps/two/spin.toml'), 'utf8'), /name = "two"/)
  })

  test('refuses a name that no component can have, and leaves nothing', async () => {
    assert.equal(await mayfly('new', '../Evil App'), 2)
    assert.match(err, /error\[NEW_BAD_NAME\][\s\S]*hint: .*"evil-app"/)
    assert.deepEqual(readdirSync(cwd), [])
  })

  test('refuses a template that is not there, naming the nearest', async () => {
    assert.equal(await mayfly('new', 'shop', '-t', 'http-t'), 2)
    assert.match(err, /did you mean "http-ts"\?/)
    assert.equal(existsSync(join(cwd, 'shop')), false)
  })

  test('needs a name', async () => assert.equal(await mayfly('new'), 2))

  test('refuses a file where the directory would be', async () => {
    writeFileSync(join(cwd, 'shop'), '')
    assert.equal(await mayfly('new', 'shop'), 1)
    assert.match(err, /NEW_EXISTS/)
  })

  test('lists the templates', async () => {
    assert.equal(await mayfly('new', '--list'), 0)
    assert.equal(out.split('\n').length - 1, listTemplates().length)
    assert.match(out, /http-ts .*\(default\)/)
  })
})

for (const template of listTemplates()) {
  test(`${template.id} is a valid app with its name everywhere`, () => {
    const files = renderTemplate(template, 'my-shop')
    const manifest = files.find(({path}) => path === 'spin.toml')!
    const app = parseManifest(manifest.text, {file: 'spin.toml'})
    assert.equal(app.name, 'my-shop')
    const {entry} = app.components['my-shop']!.mayfly
    assert(
      files.some(({path}) => path === entry),
      `${entry} is there`,
    )
    for (const {path, text} of files) assert.doesNotMatch(text, /\{\{|\}\}/, path)
    assert(files.some(({path}) => path === '.gitignore'))
    assert(!files.some(({path}) => path === 'template.json'))
  })
}

describe('names', () => {
  for (const good of ['a', 'shop', 'my-shop', 'a1', 'my-shop2'])
    test(good, () => assert.equal(checkName(good), undefined))
  for (const bad of [
    '',
    'A',
    '1a',
    '-a',
    'a-',
    'a--b',
    'a_b',
    'a b',
    'a/b',
    '..',
    'a-1',
    'é',
    'a'.repeat(65),
  ]) {
    test(`refuses "${bad}"`, () => assert.notEqual(checkName(bad), undefined))
  }
  test('a suggested name is always allowed', () => {
    fc.assert(fc.property(fc.string(), name => assert.equal(checkName(suggestName(name)), undefined)))
    assert.equal(suggestName('My Shop 2'), 'my-shop2')
    assert.equal(suggestName('helloWorld'), 'hello-world')
  })
})
