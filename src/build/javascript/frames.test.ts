import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {bundle} from './bundle.ts'
import {codeFrame} from './code-frame.ts'
import {createFrameMapper} from './frames.ts'
import {createApp} from './test-app.ts'

const SOURCE = `export default {
  fetch(): Response {
    // ä and 😀 come before
    throw new Error('from here')
  },
}
`

/** The stack that SpiderMonkey would write for the place of `text` in `code`. */
function stackAt(code: string, text: string): string {
  const lines = code.slice(0, code.indexOf(text)).split('\n')
  return `fetch@app.js:${lines.length}:${lines.at(-1)!.length + 1}\nanswer@app.js:1:1\n`
}

test('a stack leads to the line that the author wrote', async () => {
  await using app = await createApp({'src/index.ts': SOURCE})
  const {code, sourceMap} = await bundle({
    root: app.root,
    entry: 'src/index.ts',
    loading: 'eager',
    importable: ['wasi:cli/environment@0.2.10'],
  })
  const mapper = createFrameMapper(sourceMap)
  const {place, codeFrame: frame} = mapper.mapStack(stackAt(code, 'new Error("from here")'))
  assert.deepEqual(place, {function: 'fetch', file: 'src/index.ts', line: 4, column: 11, dependency: false})
  assert.match(frame, /^> 4 \| {5}throw new Error\('from here'\)\n {4}\| {11}\^$/m)
  assert.match(
    mapper.mapText(`Error at ${stackAt(code, 'new Error("from here")')}`),
    /fetch@src\/index\.ts:4:11/,
  )
})

test('the first frame that is not a dependency is the place', () => {
  const map = {
    version: 3,
    sources: ['node_modules/dep/x.js', 'a.ts'],
    sourcesContent: ['x', 'a\nb'],
    names: [],
    mappings: 'AAAA;ACCA',
  }
  const mapped = createFrameMapper(JSON.stringify(map)).mapStack(
    'inner@app.js:1:1\nasync*outer/<@app.js:2:1\nmapped elsewhere@other.js:1:1',
  )
  assert.deepEqual(
    mapped.frames.map(({file, line, dependency}) => [file, line, dependency]),
    [
      ['node_modules/dep/x.js', 1, true],
      ['a.ts', 2, false],
    ],
  )
  assert.equal(mapped.place?.file, 'a.ts')
  assert.equal(mapped.place?.function, 'outer')
  assert.equal(mapped.codeFrame, '  1 | a\n> 2 | b\n    | ^')
})

const hostile: [name: string, map: unknown][] = [
  ['no JSON', undefined],
  ['null', null],
  ['a list', []],
  ['sources of numbers', {version: 3, sources: [1], mappings: 'AAAA'}],
  ['mappings that are no base64', {version: 3, sources: ['a'], mappings: '\u0000\u0001!!'}],
  ['mappings that point outside', {version: 3, sources: ['a'], mappings: 'AAAA,C////////////A', names: []}],
  [
    'sections',
    {
      version: 3,
      sections: [{offset: {line: 0, column: 0}, map: {version: 3, sources: ['a'], mappings: 'AAAA'}}],
    },
  ],
  [
    'contents that are no text',
    {version: 3, sources: ['a'], sourcesContent: [{toString: 1}], mappings: 'AAAA', names: []},
  ],
]
for (const [name, map] of hostile) {
  test(`a hostile map is harmless: ${name}`, () => {
    const mapper = createFrameMapper(map === undefined ? '{' : JSON.stringify(map))
    const mapped = mapper.mapStack('f@app.js:1:1\ng@app.js:999999999:999999999')
    assert.equal(typeof mapped.codeFrame, 'string')
    assert.equal(typeof mapper.mapText('app.js:1:1'), 'string')
  })
}

test('a source named like a file of this machine is never read from disk', () => {
  const map = {
    version: 3,
    sources: ['../../../etc/hostname'],
    sourcesContent: [null],
    names: [],
    mappings: 'AAAA',
  }
  assert.equal(createFrameMapper(JSON.stringify(map)).mapStack('f@app.js:1:1').codeFrame, '')
})

test('no map, stack or text throws', () => {
  const words = fc
    .array(fc.constantFrom('f', '@', 'app.js', ':', '1', '9', '\n', '/', '<', '\u001b[2J', 'async*'))
    .map(parts => parts.join(''))
  fc.assert(
    fc.property(fc.jsonValue(), fc.string(), words, (junk, mappings, stack) => {
      const map = {version: 3, sources: ['a.ts'], sourcesContent: ['x\ny'], names: [], mappings, junk}
      for (const text of [JSON.stringify(junk), JSON.stringify(map)]) {
        const mapper = createFrameMapper(text)
        const {frames} = mapper.mapStack(stack)
        mapper.mapText(stack)
        for (const frame of frames) assert.doesNotMatch(frame.function ?? '', /\u001b/)
      }
    }),
  )
})

test('an endless stack is cut', () => {
  const map = {version: 3, sources: ['a.ts'], sourcesContent: ['x'], names: [], mappings: 'AAAA'}
  assert.equal(
    createFrameMapper(JSON.stringify(map)).mapStack('f@app.js:1:1\n'.repeat(100_000)).frames.length,
    50,
  )
})

const frames: [name: string, lines: string[], at: Parameters<typeof codeFrame>[1], expected: string][] = [
  ['a place outside', ['a'], {line: 5, column: 1}, ''],
  ['a column past the end', ['ab'], {line: 1, column: 90}, '> 1 | ab\n    |   ^'],
  ['tabs and escapes become spaces', ['\ta\u001b[31mb'], {line: 1, column: 2}, '> 1 |  a [31mb\n    |  ^'],
  ['numbers are aligned', ['a', 'b'], {line: 10, column: 1, firstLine: 9}, '   9 | a\n> 10 | b\n     | ^'],
  [
    'as many carets as the thing is long',
    ['let x'],
    {line: 1, column: 5, length: 40},
    '> 1 | let x\n    |     ^',
  ],
]
for (const [name, lines, at, expected] of frames) {
  test(`code frame: ${name}`, () => assert.equal(codeFrame(lines, at), expected))
}

test('of a long line the part around the place is shown', () => {
  const frame = codeFrame([`${'x'.repeat(5000)}!${'y'.repeat(5000)}`], {line: 1, column: 5001})
  const [text = '', caret = ''] = frame.split('\n')
  assert.equal(text[caret.indexOf('^')], '!')
  assert.ok(text.length < 200)
})
