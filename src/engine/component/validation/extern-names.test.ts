import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parseExternName, uniqueKey} from './extern-names.ts'

test('names that are in the grammar', () => {
  const table: [string, unknown][] = [
    ['a', {kind: 'label'}],
    ['is-XML-1a', {kind: 'label'}],
    ['[constructor]a-b', {kind: 'constructor', resource: 'a-b'}],
    ['[method]a.b', {kind: 'method', resource: 'a'}],
    ['[static]a.b-c', {kind: 'static', resource: 'a'}],
    ['wasi:io/streams@0.2.3', {kind: 'interface', version: '0.2.3'}],
    ['wasi:io/streams@0.2', {kind: 'interface', version: '0.2'}],
    ['a-1:b/C', {kind: 'interface', version: undefined}],
    ['a:b/c@1.0.0-rc.1+x-y.z', {kind: 'interface', version: '1.0.0-rc.1+x-y.z'}],
  ]
  for (const [name, expected] of table) assert.deepEqual(parseExternName(name), expected, name)
})

test('names that are not: why', () => {
  const table: [string, RegExp][] = [
    ['', /kebab/],
    ['1a', /kebab/],
    ['a_b', /kebab/],
    ['a\n', /kebab/],
    ['é', /kebab/],
    ['aB', /kebab/],
    ['a-', /kebab/],
    ['[method]a', /`\.`/],
    ['[method]a.b.c', /kebab/],
    ['[async]a', /kebab/],
    ['[constructor]', /kebab/],
    ['a:b', /`\/`/],
    ['a:b:c/d', /`\/`/],
    ['a:b/c/d', /trailing/],
    ['A:b/c', /kebab/],
    ['a:b/c@', /empty string/],
    ['a:b/c@1.0', /unexpected end/],
    ['a:b/c@1.0.0-01', /leading zero/],
    ['a:b/c@1.0.0_', /unexpected character/],
    ['a:b/c@1.0.0-a..b', /empty identifier/],
  ]
  for (const [name, reason] of table) {
    const parsed = parseExternName(name)
    assert.ok(typeof parsed === 'string', name)
    assert.match(parsed, reason, name)
  }
})

test('strong uniqueness: the examples of the specification', () => {
  const names = ['foo', 'foo-bar', '[constructor]foo', '[method]foo.bar', '[static]foo.baz', 'foo:bar/baz']
  const keys = new Set(names.map(uniqueKey))
  assert.equal(keys.size, names.length)
  const clashing =
    'foo FOO foo-BAR [constructor]FOO [method]foo.BAR [static]foo.bar [method]foo.baz [method]foo.foo [static]foo-BAR.FOO-bar foo:bar/BAZ'
  for (const name of clashing.split(' ')) assert.ok(keys.has(uniqueKey(name)), name)
})
