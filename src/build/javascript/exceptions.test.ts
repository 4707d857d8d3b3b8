import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {exceptionText, readException} from './exceptions.ts'
import {createFrameMapper} from './frames.ts'
import {EXCEPTION_MARKER} from './guest/records.ts'

const mapper = createFrameMapper(
  JSON.stringify({
    version: 3,
    sources: ['src/a.ts'],
    sourcesContent: ['one\ntwo'],
    names: [],
    mappings: 'AAAA;AACA',
  }),
)
const line = (record: unknown) => EXCEPTION_MARKER + JSON.stringify(record)

test('an exception is shown with its places, the source, and its causes', () => {
  const cause = {name: 'Error', message: 'below', stack: 'g@app.js:1:1'}
  const exception = readException(
    line({name: 'TypeError', message: 'above', stack: 'f@app.js:2:1', cause}),
    mapper,
  )
  assert.equal(
    exceptionText(exception!),
    [
      'TypeError: above',
      '  at f (src/a.ts:2:1)',
      '  1 | one',
      '> 2 | two',
      '    | ^',
      'caused by Error: below',
      '  at g (src/a.ts:1:1)',
      '> 1 | one',
      '    | ^',
      '  2 | two',
    ].join('\n'),
  )
})

const others: [name: string, text: string][] = [
  ['ordinary output', 'hello'],
  ['half a line', `${EXCEPTION_MARKER}{"name": "Er`],
  ['null', line(null)],
  ['a list', line([])],
  ['no message', line({name: 'Error', stack: ''})],
  ['a stack that is no text', line({name: 'Error', message: '', stack: {}})],
  ['an endless line', line({name: 'Error', message: 'x'.repeat(300_000), stack: ''})],
]
for (const [name, text] of others) {
  test(`no exception: ${name}`, () => assert.equal(readException(text, mapper), undefined))
}

test('what a guest writes cannot steer a terminal, nor nest without end', () => {
  let record: object = {
    name: '\u001b[2JError',
    message: 'a\u001b]0;title\u0007\nb',
    stack: '\u001b[1mf@app.js:1:1',
  }
  for (let depth = 0; depth < 500; depth++) record = {name: 'E', message: 'm', stack: '', cause: record}
  const text = exceptionText(readException(line(record), mapper)!)
  assert.equal(text.split('caused by').length, 9)
  const shown = exceptionText(
    readException(
      line({name: '\u001b[2JError', message: 'a\u001b[1m\nb', stack: '\u001b[1mf@app.js:1:1'}),
      mapper,
    )!,
  )
  assert.doesNotMatch(shown, /[\u0000-\u0009\u000b-\u001f]/)
})

test('no line throws', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), (record, text) => {
      for (const given of [line(record), EXCEPTION_MARKER + text, text]) {
        const exception = readException(given, mapper)
        if (exception !== undefined) exceptionText(exception)
      }
    }),
  )
})
