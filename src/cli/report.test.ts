import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {MayflyError, MayflyErrors} from '../base/errors.ts'
import type {Terminal} from './command.ts'
import {asMayflyErrors, renderErrors, reportThrown, showPlace} from './report.ts'
import {wantsColor} from './terminal.ts'

const MANIFEST = 'spin_manifest_version = 2\n[application]\nnam = "x"\n'
const options = {
  color: false,
  cwd: '/app',
  debug: false,
  readText: (path: string) => (path === '/app/spin.toml' ? MANIFEST : undefined),
}
const bad = (details: Record<string, string>, at?: MayflyError['at']) =>
  new MayflyError(
    'CLI_BAD_VALUE',
    {option: '--x', value: 'y', reason: 'z', ...details},
    at === undefined ? {} : {at},
  )

describe('renderErrors', () => {
  test('shows the code, the place, the line and what to do', () => {
    const error = bad(
      {remedy: 'write name'},
      {file: '/app/spin.toml', line: 3, column: 1, path: 'application'},
    )
    assert.equal(
      renderErrors([error], options),
      [
        'error[CLI_BAD_VALUE]: --x cannot be "y": z',
        '  at spin.toml:3:1 [application]',
        '   2 | [application]',
        '   3 | nam = "x"',
        '     | ^',
        '   4 |',
        '  hint: write name',
        '',
      ].join('\n'),
    )
  })

  test('shows several, an empty line between', () => {
    assert.equal(renderErrors([bad({}), bad({})], options).split('\n\n').length, 2)
  })

  test('does without a frame where the file or the line is not there', () => {
    for (const at of [
      {file: '/app/none.toml', line: 1},
      {file: '/app/spin.toml', line: 99},
      {file: '/app/spin.toml'},
    ]) {
      assert.equal(renderErrors([bad({}, at)], options).split('\n').length, 3)
    }
  })

  test('colours only when told to', () => {
    assert.match(renderErrors([bad({})], {...options, color: true}), /\x1b\[31merror/)
    assert.doesNotMatch(renderErrors([bad({})], options), /\x1b/)
  })

  test('lets no control character through', () => {
    const at = {file: '/app/evil', line: 1, column: 1}
    const text = renderErrors([bad({reason: '\x1b[2Jgone\r\x9b'}, at)], {
      ...options,
      readText: () => 'a\x1b]0;x\x07b',
    })
    assert.doesNotMatch(text, /[\x00-\x08\x0b-\x1f\x7f-\x9f]/)
  })
})

test('places', () => {
  const cases: readonly [MayflyError['at'] & object, string][] = [
    [{file: '/app/a.wasm', byteOffset: 1234}, 'a.wasm, byte 1234 (0x4d2)'],
    [{file: '/other/x', line: 2}, '/other/x:2'],
    [{line: 2, column: 3}, 'line 2:3'],
    [{byteOffset: 0}, 'byte 0 (0x0)'],
    [{}, ''],
  ]
  for (const [at, text] of cases) assert.equal(showPlace(at, '/app'), text)
})

describe('reportThrown', () => {
  const run = (thrown: unknown, env: Record<string, string> = {}) => {
    let text = ''
    const terminal: Terminal = {
      out: () => {},
      err: more => (text += more),
      color: {out: false, err: false},
      env,
      cwd: '/',
    }
    return {exitCode: reportThrown(thrown, terminal), text}
  }

  test('gives the exit code of the table', () => {
    assert.equal(run(new MayflyError('SOURCE_UNKNOWN', {path: 'x'})).exitCode, 1)
    assert.equal(run(bad({})).exitCode, 2)
    assert.equal(run(new MayflyErrors([bad({}), bad({})])).exitCode, 2)
  })

  test('an unexpected exception is one line; its stack is for debugging', () => {
    const {text, exitCode} = run(new TypeError('x is not a function\nmore'))
    assert.equal(exitCode, 70)
    assert.match(text, /^error\[INTERNAL\]: TypeError: x is not a function\n {2}hint: .*\n$/)
    assert.match(run(new TypeError('x'), {MAYFLY_DEBUG: '1'}).text, /report\.test\.ts/)
  })

  test('what is no Error', () => assert.match(run('boom').text, /^error\[INTERNAL\]: boom/))
})

describe('what the system refused', () => {
  const system = (code: string, syscall: string, path?: string) =>
    Object.assign(new Error(`${code}: no`), {code, syscall, path})
  const cases: readonly [string, string, string | undefined, string][] = [
    ['ENOENT', 'open', '/x', 'FILE_NOT_FOUND'],
    ['EACCES', 'open', '/x', 'FILE_DENIED'],
    ['EROFS', 'mkdir', '/x', 'FILE_DENIED'],
    ['ENOSPC', 'write', undefined, 'FILE_DISK_FULL'],
    ['EISDIR', 'read', undefined, 'FILE_FAILED'],
    ['EMFILE', 'open', '/x', 'FILE_FAILED'],
    ['ELOOP', 'open', '/x', 'FILE_FAILED'],
    ['ECONNRESET', 'read', undefined, 'INTERNAL'],
    ['EACCES', 'listen', undefined, 'INTERNAL'],
  ]
  for (const [code, syscall, path, expected] of cases) {
    test(`${code} at ${syscall}`, () =>
      assert.equal(asMayflyErrors(system(code, syscall, path))[0].code, expected))
  }
})

test('colours: on terminals, but not for NO_COLOR', () => {
  assert.equal(wantsColor(true, {}), true)
  assert.equal(wantsColor(false, {}), false)
  assert.equal(wantsColor(true, {NO_COLOR: '1'}), false)
  assert.equal(wantsColor(true, {NO_COLOR: ''}), true)
  assert.equal(wantsColor(true, {TERM: 'dumb'}), false)
})
