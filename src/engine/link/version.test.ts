import assert from 'node:assert/strict'
import {test} from 'node:test'
import {InterfaceIndex, versionKey} from './version.ts'

test('versions that are compatible have the same key', () => {
  const table: [string, string][] = [
    ['a:b/c', 'a:b/c'],
    ['a:b/c@1.2.3', 'a:b/c@1'],
    ['a:b/c@2.0.0', 'a:b/c@2'],
    ['a:b/c@10.1.0', 'a:b/c@10'],
    ['a:b/c@0.2.12', 'a:b/c@0.2'],
    ['a:b/c@0.0.3', 'a:b/c@0.0.3'],
    ['a:b/c@0.2.0-rc-2023-11-10', 'a:b/c@0.2.0-rc-2023-11-10'],
    ['a:b/c@1.0.0-alpha+build', 'a:b/c@1.0.0-alpha+build'],
    ['a:b/c@1.2.3+build', 'a:b/c@1'],
    ['wasi:b/c@0.3.0-rc-2025-09-16', 'wasi:b/c@0.3'],
    ['wasi:b/c@0.3.0-rc-2026-01-06', 'wasi:b/c@0.3'],
    ['wasi:b/c@0.3.0-rc-2026-02-09', 'wasi:b/c@0.3'],
    ['wasi:b/c@0.3.0-rc-2026-03-15', 'wasi:b/c@0.3'],
    ['wasi:b/c@0.3.0-draft', 'wasi:b/c@0.3.0-draft'],
    ['wasi:b/c@0.3.0-rc-2026-03-15+build', 'wasi:b/c@0.3.0-rc-2026-03-15+build'],
    ['wasi:b/c@0.3.1-rc-2026-03-15', 'wasi:b/c@0.3.1-rc-2026-03-15'],
    ['wasi:b/c@0.2.0-rc-2023-11-10', 'wasi:b/c@0.2.0-rc-2023-11-10'],
    ['other:b/c@0.3.0-rc-2026-03-15', 'other:b/c@0.3.0-rc-2026-03-15'],
  ]
  for (const [name, key] of table) assert.equal(versionKey(name), key)
})

test('an import finds the equal version, else a compatible one, else none', () => {
  const index = new InterfaceIndex(
    new Map([
      ['a:b/c@0.2.3', 'old'],
      ['a:b/c@0.2.12', 'new'],
      ['a:b/c@0.3.0-rc-1', 'next'],
      ['wasi:b/c@0.3.0', 'released'],
      ['wasi:b/d@0.3.0', 'released'],
      ['wasi:b/d@0.3.0-rc-2026-03-15', 'candidate'],
      ['plain', 'plain'],
    ]),
  )
  const table: [string, string | undefined][] = [
    ['a:b/c@0.2.3', 'old'],
    ['a:b/c@0.2.0', 'new'],
    ['a:b/c@0.2.99', 'new'],
    ['a:b/c@0.3.0', undefined],
    ['a:b/c@0.3.0-rc-1', 'next'],
    ['a:b/c@0.3.0-rc-2', undefined],
    ['a:b/c@0.1.0', undefined],
    ['a:b/c', undefined],
    ['a:b/d@0.2.3', undefined],
    ['plain', 'plain'],
    ['wasi:b/c@0.3.0-rc-2025-09-16', 'released'],
    ['wasi:b/c@0.3.2', 'released'],
    ['wasi:b/c@0.3.0-draft', undefined],
    ['wasi:b/c@0.2.0-rc-2023-11-10', undefined],
    ['wasi:b/d@0.3.0-rc-2026-03-15', 'candidate'],
    ['wasi:b/d@0.3.0', 'released'],
  ]
  for (const [name, found] of table) assert.equal(index.find(name), found, name)
})
