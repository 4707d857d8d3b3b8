// test/embedding-examples.test.ts: the examples of embedding run, print what they should, and have the types they say.
import assert from 'node:assert/strict'
import {execFileSync} from 'node:child_process'
import {readFileSync, writeFileSync} from 'node:fs'
import {describe, test} from 'node:test'
import {fileURLToPath} from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const node = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 120_000,
  })

const PRINTED = {
  'host-functions': [
    '[info] Ada',
    'Hello, Ada',
    '[info] Grace',
    'Hello, Grace',
    '[info] ',
    '[warning] Hello',
    'Hello, ',
  ],
  resources: [
    'a document is closed',
    'plugin.wat: many lines',
    'nowhere.txt: missing',
    '../secrets.txt: forbidden',
  ],
  untrusted: [
    'counter: 1 (100 times)',
    'endless: LIMIT_CPU (3 times)',
    'greedy: LIMIT_MEMORY (3 times)',
    'leased: 1, 2, 3',
  ],
} as const

describe('the example of', () => {
  for (const [name, lines] of Object.entries(PRINTED))
    test(`embedding-${name} prints what it should`, () => {
      const printed = node('--conditions=mayfly-source', `examples/embedding-${name}/main.ts`)
      assert.deepEqual(
        printed
          .trimEnd()
          .split('\n')
          .map(line => line.trimEnd()),
        lines.map(line => line.trimEnd()),
      )
    })

  for (const name of ['host-functions', 'resources'])
    test(`embedding-${name} has the declarations that \`mayfly types\` writes`, () => {
      const file = `examples/embedding-${name}/plugin.d.ts`
      const text = node('bin/mayfly.js', 'types', `examples/embedding-${name}/plugin.wat`)
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(`${ROOT}/${file}`, text)
      assert.equal(readFileSync(`${ROOT}/${file}`, 'utf8'), text)
    })
})

test('the examples are sound for TypeScript', () => {
  try {
    node('node_modules/typescript/bin/tsc', '-p', 'examples/tsconfig.json')
  } catch (error) {
    assert.fail((error as {stdout: string}).stdout)
  }
})
