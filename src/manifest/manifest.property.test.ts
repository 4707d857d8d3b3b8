import assert from 'node:assert/strict'
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {test} from 'node:test'
import fc from 'fast-check'
import {MayflyErrors} from '../base/errors.ts'
import {parseManifest} from './parse.ts'
import {describeUnsupported} from './unsupported.ts'

const FOLDER = new URL('../../test/golden/manifest/', import.meta.url)
const texts = readdirSync(FOLDER).flatMap(file =>
  file.endsWith('.toml') ? [{file, text: readFileSync(new URL(file, FOLDER), 'utf8')}] : [],
)
const valid = texts.filter(({file}) => existsSync(new URL(file.replace('.toml', '.json'), FOLDER)))

/** The mistakes in a text; every one of them stands inside of it, says what to do, and is safe to print. */
function mistakesIn(text: string): MayflyErrors['errors'] {
  try {
    describeUnsupported(parseManifest(text, {file: 'f'}))
    return []
  } catch (error) {
    assert.ok(error instanceof MayflyErrors, String((error as Error).stack))
    const lines = text.replace(/^\ufeff/, '').split('\n')
    for (const {at, hint, message} of error.errors) {
      assert.equal(at?.file, 'f')
      const line = lines[at!.line! - 1]
      assert.ok(line !== undefined, `line ${at!.line} of ${lines.length}: ${message}`)
      assert.ok(
        at!.column! >= 1 && at!.column! <= line.length + 1,
        `column ${at!.column} of ${line.length}: ${message}`,
      )
      assert.ok(hint !== undefined && hint !== '', message)
      assert.doesNotMatch(`${message}${hint}${at!.path}`, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/)
    }
    assert.ok(error.errors.length > 0)
    return error.errors
  }
}

const WORDS = [
  ...'[]{}=.,#"\'\\\n\r\t \u0000-_:/*0aZ\u{1f600}\ud800'.split(''),
  '[[',
  ']]',
  '"""',
  "'''",
  '{{',
  '}}',
  '\\u0000',
  '\\ud800',
  '__proto__',
  'constructor',
  '[component.a]',
  '[[trigger.http]]',
  'source = "x"',
  'component = "a"',
  '= 5',
  '= true',
  '= {}',
  '= []',
  '1e999',
  '99999999999999999999',
  '2026-01-01',
  'inf',
  '\r\n',
]
const edit = fc.record({
  at: fc.nat(),
  cut: fc.nat({max: 12}),
  put: fc.array(fc.constantFrom(...WORDS), {maxLength: 4}),
})

test('a manifest edited at random is read or refused with mistakes that have a place', () => {
  const base = fc.constantFrom(...texts.map(({text}) => text))
  fc.assert(
    fc.property(base, fc.array(edit, {minLength: 1, maxLength: 6}), (text, edits) => {
      for (const {at, cut, put} of edits) {
        const start = at % (text.length + 1)
        text = text.slice(0, start) + put.join('') + text.slice(start + cut)
      }
      mistakesIn(text)
    }),
    {numRuns: 100},
  )
})

test('lines moved, doubled and lost at random', () => {
  const base = fc.constantFrom(...valid.map(({text}) => text))
  fc.assert(
    fc.property(base, fc.array(fc.tuple(fc.nat(), fc.nat()), {minLength: 1, maxLength: 5}), (text, moves) => {
      const lines = text.split('\n')
      for (const [from, to] of moves) lines.splice(to % lines.length, from % 2, lines[from % lines.length]!)
      mistakesIn(lines.join('\n'))
    }),
    {numRuns: 100},
  )
})

test('any text is read or refused', () => {
  fc.assert(
    fc.property(fc.string({unit: 'binary', maxLength: 200}), text => void mistakesIn(text)),
    {numRuns: 40},
  )
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...WORDS), {maxLength: 60}),
      words => void mistakesIn(words.join('')),
    ),
    {numRuns: 40},
  )
})

test('one wrong line between statements is one mistake, on that line', () => {
  const WRONG = ['?', 'name "x"', 'a = ', 'a = "x', '[a', 'a = 1 2', '= 5', 'a = \\', "a = 'x"]
  const simple = valid.flatMap(({text}) => (/^\ufeff|\[$/m.test(text) ? [] : [text]))
  fc.assert(
    fc.property(fc.constantFrom(...simple), fc.nat(), fc.constantFrom(...WRONG), (text, seed, wrong) => {
      const lines = text.split('\n')
      const index = seed % lines.length
      lines.splice(index, 0, wrong)
      const mistakes = mistakesIn(lines.join('\n'))
      assert.deepEqual(
        mistakes.map(({code, at}) => [code, at?.line]),
        [['MANIFEST_SYNTAX', index + 1]],
        mistakes.map(String).join('\n'),
      )
    }),
    {numRuns: 100},
  )
})

const isFrozen = (value: unknown): boolean =>
  typeof value !== 'object' ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(isFrozen))

test('an App is frozen, and the same after JSON', () => {
  for (const {file, text} of valid) {
    const app = parseManifest(text, {file, ...(file === 'profile.toml' ? {profile: 'debug'} : {})})
    assert.ok(isFrozen(app), file)
    assert.equal(JSON.stringify(JSON.parse(JSON.stringify(app))), JSON.stringify(app))
  }
})
