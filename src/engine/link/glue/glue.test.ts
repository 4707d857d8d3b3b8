// engine/link/glue/glue.test.ts: what is emitted for the components of test/golden/glue. UPDATE_GOLDEN=1 writes it anew.
import assert from 'node:assert/strict'
import {readdirSync, readFileSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {test} from 'node:test'
import {blockingFunction, type HostItem, hostFunction, hostResource, type Imports} from '../imports.ts'
import {link, rootImports} from '../link.fixtures.ts'
import {camelCase, identifier, memberExpr, memberNames} from './names.ts'
import {Source} from './source.ts'

const directory = join(import.meta.dirname, '../../../../test/golden/glue')

/** What the components may import. */
const items: Readonly<Record<string, HostItem>> = {
  call: hostFunction(() => {}),
  wait: blockingFunction(() => {}),
  file: hostResource(),
}
const imports: Imports = new Map([...rootImports(items), ['test:glue/host', new Map(Object.entries(items))]])

for (const file of readdirSync(directory).filter(name => name.endsWith('.wat')))
  test(`${file}: the emitted program is the one that was reviewed`, async () => {
    const {source} = await link(readFileSync(join(directory, file), 'utf8'), imports)
    const golden = join(directory, file.replace(/wat$/, 'js'))
    if (process.env['UPDATE_GOLDEN']) writeFileSync(golden, `${source}\n`)
    assert.equal(`${source}\n`, readFileSync(golden, 'utf8'))
  })

test('labels become names that cannot be mistaken', () => {
  const table: [string, string][] = [
    ['a', 'a'],
    ['content-length', 'contentLength'],
    ['a-URL', 'aUrl'],
    ['HTTP-error', 'httpError'],
    ['a-1', 'a1'],
  ]
  for (const [label, name] of table) assert.equal(camelCase(label), name)
  assert.deepEqual(memberNames(['a-1', 'a1', 'b-c']), ['a-1', 'a1', 'bC'])
  assert.deepEqual(memberNames(['a1', 'a-1']), ['a1', 'a-1'])
  assert.equal(memberExpr('v', 'a'), 'v["a"]')
  assert.equal(memberExpr('v', 'toString'), '(Object.hasOwn(v,"toString")?v["toString"]:undefined)')
  assert.match(identifier('a"b\n*/[x]'), /^[A-Za-z0-9_]+$/)
})

test('source that would not end is refused, since V8 would take the process down with it', () => {
  const refused = {code: 'LINK_UNSUPPORTED'}
  const source = () => new Source('the component')
  const long = 'x'.repeat(2 ** 20)
  const fill = (write: (source: Source, i: number) => void) => () => {
    const each = source()
    for (let i = 0; i < 2 ** 23; i++) write(each, i)
  }
  assert.throws(
    fill(each => each.line(long)),
    refused,
  )
  assert.throws(
    fill(each => each.part()),
    refused,
  )
  assert.throws(
    fill(each => each.helper(each.name('h'), 'h', () => '')),
    refused,
  )
})

test('helpers and constants are emitted once', () => {
  const source = new Source('the component')
  const write = (name: string) => `const ${name}=1;`
  const names = ['a', 'b', 'a'].map(key => source.helper(key, 'h', write))
  assert.equal(names[0], names[2])
  assert.notEqual(names[0], names[1])
  assert.equal(source.text, `const ${names[0]}=1;\nconst ${names[1]}=1;`)
  const value = {}
  assert.equal(source.constant(value), source.constant(value))
  assert.notEqual(source.constant({}), source.constant(value))
  assert.equal(source.constants.values.length, 2)
})
