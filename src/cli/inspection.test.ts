import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {guessLanguage, type Inspection, renderInspection} from './inspection.ts'

const INSPECTION: Inspection = {
  file: 'app.wasm',
  byteLength: 247_764,
  imports: [
    {name: 'wasi:http/types@0.2.12', kind: 'instance', known: true},
    {name: 'acme:kv/store@1.0.0', kind: 'instance', known: false},
    {name: 'log', kind: 'function', known: false},
  ],
  exports: [{name: 'wasi:http/incoming-handler@0.2.0', kind: 'instance', known: true}],
  coreModules: [
    {
      name: 'main',
      byteLength: 200_000,
      codeBytes: 150_000,
      dataBytes: 9_000,
      memories: 1,
      leanHash: 'abcdef0123456789',
    },
    {name: '', byteLength: 500, codeBytes: 100, dataBytes: 0, memories: 0, leanHash: '0123456789abcdef'},
  ],
  producers: {language: ['Rust'], 'processed-by': ['rustc 1.95.0']},
  snapshot: {
    mode: 'shared',
    reason: 'two initialisations gave the same image',
    byteLength: 1_114_112,
    calls: [{name: 'wasi:random/random get-random-bytes', count: 2}],
  },
}

test('an inspection as text', () => {
  assert.equal(
    renderInspection(INSPECTION),
    `app.wasm: component, 248 kB
  language   Rust
  made by    rustc 1.95.0

imports (3)
  wasi:http/types@0.2.12
  acme:kv/store@1.0.0  (not provided by Mayfly)
  log  (function; not provided by Mayfly)

exports (1)
  wasi:http/incoming-handler@0.2.0

core modules (2)
  main  200 kB  code 150 kB  data 9.0 kB  1 memory    shared code abcdef012345
  #1    500 B   code 100 B   data 0 B     0 memories  shared code 0123456789ab

snapshot     every event starts from one image, 1.1 MB
  because two initialisations gave the same image
  initialisation called
    wasi:random/random get-random-bytes  2×
`,
  )
})

describe('the language is guessed', () => {
  const cases: readonly [Inspection['producers'], string | undefined][] = [
    [{language: ['Rust'], 'processed-by': ['rustc 1.95.0']}, 'Rust'],
    [{language: ['C++'], 'processed-by': ['componentize-js 0.23', 'clang']}, 'JavaScript'],
    [{language: ['Rust'], 'processed-by': ['componentize-py 0.17']}, 'Python'],
    [{language: ['Go'], 'processed-by': ['Go cmd/compile go1.26']}, 'Go'],
    [{language: ['C11'], 'processed-by': ['clang 22']}, 'C or C++'],
    [{'processed-by': ['clang 22']}, 'C or C++'],
    [{}, undefined],
  ]
  for (const [producers, language] of cases) {
    test(String(language), () => assert.equal(guessLanguage(producers), language))
  }
})
