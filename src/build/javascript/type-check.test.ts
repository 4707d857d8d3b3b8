import assert from 'node:assert/strict'
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {test} from 'node:test'
import {typeErrors} from './type-check.ts'

const STRICT = '{"compilerOptions": {"strict": true, "types": [], "lib": ["esnext"], "skipLibCheck": true}}'

const table: readonly (readonly [
  what: string,
  files: Readonly<Record<string, string>>,
  expected: readonly string[],
])[] = [
  ['what is right', {'src/app.ts': 'export const n: number = 1\n'}, []],
  ['JavaScript', {'src/app.js': 'export const n = missing\n'}, []],
  [
    'two mistakes',
    {'src/app.ts': "export const n: number = 'a'\n\nexport const m: string = n\n"},
    ['src/app.ts:1:14 TS2322', 'src/app.ts:3:14 TS2322'],
  ],
  [
    'modules and names that only the bundler knows, without a tsconfig.json',
    {
      'src/app.ts':
        "import text from './a.txt'\nimport x from 'x'\nexport default [text, x, process.env.NODE_ENV]\n",
    },
    [],
  ],
  ['what strict code may not do, where nobody asked for it', {'src/app.ts': 'export const f = a => a\n'}, []],
  [
    'the same where a tsconfig.json of the app asks for it',
    {'src/app.ts': 'export const f = a => a\n', 'tsconfig.json': STRICT},
    ['src/app.ts:1:18 TS7006'],
  ],
  [
    'what another file of the app says',
    {'src/app.ts': "import {n} from './n'\nexport const s: string = n\n", 'src/n.ts': 'export const n = 1\n'},
    ['src/app.ts:2:14 TS2322'],
  ],
]

for (const [what, files, expected] of table)
  test(`types: ${what}`, async t => {
    const root = mkdtempSync(join(tmpdir(), 'mayfly-types-'))
    t.after(() => rmSync(root, {recursive: true}))
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, name)), {recursive: true})
      writeFileSync(join(root, name), text)
    }
    const mistakes = await typeErrors({entry: Object.keys(files)[0]!, root})
    const found = mistakes.map(({at, details}) => {
      const file = at!.file!.slice(root.length + 1)
      return `${file}:${at!.line}:${at!.column} ${details['code']}`
    })
    assert.deepEqual(found, expected)
  })
