// test/boundaries.test.ts: the rules about files that no compiler checks: who may import whom, sizes, words.
import assert from 'node:assert/strict'
import {globSync, readFileSync} from 'node:fs'
import {dirname, join, relative} from 'node:path'
import {describe, test} from 'node:test'
import {fileURLToPath} from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const MAX_LINES = 600

/** Each room may import itself and these; docs/architecture.md shows the same. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  base: [],
  engine: ['base'],
  manifest: ['base'],
  observe: ['base'],
  build: ['base', 'engine', 'manifest'],
  wasi: ['base', 'engine'],
  capabilities: ['base', 'engine', 'wasi'],
  triggers: ['base', 'engine', 'wasi', 'capabilities', 'observe', 'manifest'],
  server: ['base', 'engine', 'wasi', 'capabilities', 'triggers', 'observe', 'manifest'],
  cli: ['base', 'engine', 'wasi', 'capabilities', 'triggers', 'observe', 'manifest', 'build', 'server'],
  embed: ['base', 'engine', 'wasi', 'capabilities'],
  // src/index.ts, the public surface.
  index: [
    'base',
    'engine',
    'wasi',
    'capabilities',
    'triggers',
    'observe',
    'manifest',
    'build',
    'server',
    'embed',
    'cli',
  ],
}

/** Words that say how or where the code was made, which is nobody's concern here. */
const FORBIDDEN = [
  /\/work\//,
  /\bTODO\b/,
  /\bFIXME\b/,
  /\bXXX\b/,
  /\bClaude\b/i,
  /\bthe lead\b/i,
  /\bissue #?\d+\b/i,
]

type SourceFile = Readonly<{path: string; text: string; isTest: boolean}>

const files: readonly SourceFile[] = globSync(
  ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.{ts,mjs}', 'bin/**/*.js'],
  {
    cwd: ROOT,
  },
)
  .map(path => path.replaceAll('\\', '/'))
  .sort()
  .map(path => ({
    path,
    text: readFileSync(join(ROOT, path), 'utf8'),
    isTest: /\.(test|suite|fixtures)\.ts$|\/testing\/|^test\//.test(path),
  }))
const source = files.filter(({path, isTest}) => path.startsWith('src/') && !isTest)

/** Relative imports in all their forms, comments left out first; on request without those of types alone. */
function importsOf(
  {path, text}: Readonly<{path: string; text: string}>,
  {types = true}: {types?: boolean} = {},
): readonly string[] {
  let code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
  if (!types) code = code.replace(/^(?:import|export) type\b[^'"]*(['"]).*?\1/gm, '')
  const specifiers = code.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)(['"])(\.{1,2}\/[^'"]+)\1/gm)
  return [...specifiers].map(([, , specifier]) => relative(ROOT, join(ROOT, dirname(path), specifier!)))
}

const roomOf = (path: string): string | undefined =>
  /^src\/(?:([^/]+)\/|(index)\.ts$)/.exec(path)?.slice(1).find(Boolean)

describe('imports', () => {
  for (const room of Object.keys(ROOMS)) {
    test(`${room} imports only what stands below it`, () => {
      const wrong = source
        .filter(({path}) => roomOf(path) === room)
        .flatMap(file => importsOf(file).map(target => [file.path, target] as const))
        .filter(([, target]) => {
          const other = roomOf(target)
          return other !== undefined && other !== room && !ROOMS[room]!.includes(other)
        })
        .map(([from, to]) => `${from} imports ${to}`)
      assert.deepEqual(wrong, [])
    })
  }

  test('every room has its place in the order', () => {
    const rooms = new Set(source.map(({path}) => roomOf(path) ?? path))
    assert.deepEqual(
      [...rooms].filter(room => !(room in ROOMS)),
      [],
    )
  })

  // Types may refer to each other; code that runs may not.
  test('no file imports itself by way of others', () => {
    const graph = new Map(source.map(file => [file.path, importsOf(file, {types: false})]))
    assert.deepEqual(cycles(graph), [])
  })

  test('no source imports a test, a build result or what is outside src', () => {
    const wrong = source
      .flatMap(file => importsOf(file).map(target => `${file.path} imports ${target}`))
      .filter(line => / imports (?!src\/)/.test(line) || /\.test\.ts$|\/dist\//.test(line))
    assert.deepEqual(wrong, [])
  })

  test('every relative import names a file that is there', () => {
    const known = new Set(files.map(({path}) => path))
    const missing = source
      .flatMap(file => importsOf(file).map(target => [file.path, target] as const))
      .filter(([, target]) => target.endsWith('.ts') && !known.has(target))
    assert.deepEqual(missing, [])
  })

  test('only the public surface exports what other files define', () => {
    const barrels = source.filter(({path, text}) => path !== 'src/index.ts' && /^export \* from/m.test(text))
    assert.deepEqual(
      barrels.map(({path}) => path),
      [],
    )
  })
})

describe('files', () => {
  test(`have at most ${MAX_LINES} lines`, () => {
    const long = files.filter(({text}) => text.split('\n').length > MAX_LINES).map(({path}) => path)
    assert.deepEqual(long, [])
  })

  test('open with their path and what they are', () => {
    const wrong = files.filter(({path, text, isTest}) => {
      if (isTest) return false
      const first = text.replace(/^#!.*\n/, '').split('\n', 1)[0]!
      return !first.startsWith(`// ${path.replace(/^src\//, '')}: `)
    })
    assert.deepEqual(
      wrong.map(({path}) => path),
      [],
    )
  })

  test('do not say how they came to be', () => {
    const self = relative(ROOT, fileURLToPath(import.meta.url))
    const found = files
      .filter(({path}) => path !== self)
      .flatMap(({path, text}) =>
        text
          .split('\n')
          .flatMap((line, i) =>
            FORBIDDEN.some(word => word.test(line)) ? [`${path}:${i + 1}: ${line.trim()}`] : [],
          ),
      )
    assert.deepEqual(found, [])
  })
})

describe('this test', () => {
  test('sees all forms of imports', () => {
    const text = [
      `import a from './a.ts'`,
      `import type {B} from '../b.ts'`,
      `import './c.ts'`,
      `export {d} from './d.ts'`,
      `const e = await import('./e.ts')`,
      `import {\n  f,\n} from './f.ts'`,
      `// import x from './x.ts'`,
      `import fs from 'node:fs'`,
    ].join('\n')
    const expected = ['src/m/a.ts', 'src/b.ts', 'src/m/c.ts', 'src/m/d.ts', 'src/m/e.ts', 'src/m/f.ts']
    const file = {path: 'src/m/main.ts', text}
    assert.deepEqual(importsOf(file), expected)
    assert.deepEqual(importsOf(file, {types: false}), expected.toSpliced(1, 1))
  })

  test('sees a cycle', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', []],
    ])
    assert.deepEqual(cycles(graph), ['a -> b -> c -> a'])
  })
})

/** One line for each import that closes a circle, found by walking in depth. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const walk = (node: string, trail: readonly string[]): void => {
    const start = trail.indexOf(node)
    if (start >= 0) {
      found.push([...trail.slice(start), node].join(' -> '))
      return
    }
    if (done.has(node)) return
    for (const next of graph.get(node) ?? []) walk(next, [...trail, node])
    done.add(node)
  }
  for (const node of graph.keys()) walk(node, [])
  return found
}
