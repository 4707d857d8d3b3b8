// test/docs.test.ts: documentation that must not drift from the code.
import assert from 'node:assert/strict'
import {existsSync, globSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join} from 'node:path'
import {describe, test} from 'node:test'
import {fileURLToPath} from 'node:url'
import {ERRORS, type ErrorEntry} from '../src/base/errors.ts'
import {parseArgs} from '../src/cli/args.ts'
import {ALIASES, COMMANDS} from '../src/cli/commands.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const ERRORS_DOC = join(ROOT, 'docs/errors.md')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

const FAULTS = {user: 'yours', guest: "the guest's", platform: "Mayfly's or the machine's"} as const

function errorsDoc(): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|')
  const rows = Object.entries<ErrorEntry>(ERRORS).map(
    ([code, {message, hint = '', fault, exitCode}]) =>
      `| \`${code}\` | ${cell(message)} | ${cell(hint)} | ${FAULTS[fault]} | ${exitCode} |`,
  )
  return [
    '# Errors',
    '',
    'Every error that Mayfly shows has a code, which stays; match on it, not on the message. `{...}` stands for what',
    'the case at hand fills in. "Whose" says who can mend it. The exit code is that of a command that ends with it.',
    '',
    'This table is written from `src/base/errors.ts`: `UPDATE_GOLDEN=1 npm test docs`.',
    '',
    '| code | message | what to do | whose | exit code |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

describe('docs/errors.md', () => {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(ERRORS_DOC, errorsDoc())
  const documented = [...read('docs/errors.md').matchAll(/^\| `(\w+)` \|/gm)].map(([, code]) => code!)

  test('has every code of the table', () => {
    assert.deepEqual(
      Object.keys(ERRORS).filter(code => !documented.includes(code)),
      [],
    )
  })
  test('has no code that the table does not have', () => {
    assert.deepEqual(
      documented.filter(code => !(code in ERRORS)),
      [],
    )
  })
  test('says what the table says', () => assert.equal(read('docs/errors.md'), errorsDoc()))
})

describe('every error', () => {
  const source = globSync('src/**/*.ts', {cwd: ROOT})
    .filter(path => !path.endsWith('base/errors.ts') && !path.endsWith('.test.ts'))
    .map(read)
    .join('\n')
  for (const code of Object.keys(ERRORS)) {
    test(`${code} can happen`, () => assert(source.includes(code) || read('bin/mayfly.js').includes(code)))
  }
})

describe('links between documents', () => {
  for (const path of ['README.md', 'CHANGELOG.md', ...globSync('docs/*.md', {cwd: ROOT})]) {
    test(path, () => {
      const targets = [...read(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, target]) => target!)
      const local = targets.filter(target => !/^[a-z]+:/.test(target))
      assert.deepEqual(
        local.filter(target => !existsSync(join(ROOT, dirname(path), target))),
        [],
      )
    })
  }
})

test('README shows only commands and options that there are', async () => {
  const lines = [...read('README.md').matchAll(/^\s*(?:node bin\/mayfly\.js|mayfly) +([^#\n]*)/gm)].map(
    ([, rest]) => rest!,
  )
  assert(lines.length > 0)
  for (const line of lines) {
    const [name = '', ...argv] = line.trim().split(/\s+/)
    const listed = COMMANDS[ALIASES[name] ?? name]
    assert(listed !== undefined, `mayfly ${line}`)
    const {flags, maxPositionals} = await listed.load()
    assert.doesNotThrow(() => parseArgs({command: name, flags, maxPositionals}, argv, {}), `mayfly ${line}`)
  }
})
