import assert from 'node:assert/strict'
import fs from 'node:fs'
import {createRequire} from 'node:module'
import path from 'node:path'
import {test} from 'node:test'
import type {HostItem} from '../engine/link/imports.ts'
import {fakeClock, fakeRandom} from './fixture.ts'
import {wasiImports} from './wasi.ts'

const PACKAGES = ['io', 'cli', 'clocks', 'random', 'filesystem', 'sockets']
/** What a guest exports, not the host. */
const EXPORTS = new Set(['wasi:cli/run@0.2.12'])

const jco = path.dirname(path.dirname(createRequire(import.meta.url).resolve('@bytecodealliance/jco')))
const witPath = (name: string): string => {
  for (const root of [jco, path.dirname(jco)]) {
    const found = path.join(root, 'lib/wit/builtin/0.2.12', `wasi-${name}`, 'package.wit')
    if (fs.existsSync(found)) return found
  }
  throw new Error(`no WIT of wasi:${name} in ${jco}`)
}

type Wit = Readonly<{kind: 'function' | 'resource'; count: number}>

/** The functions and resources of every interface of a WIT package, by name, with the number of parameters, self among them. */
function interfacesOf(wit: string, name: string): Map<string, Map<string, Wit>> {
  const found = new Map<string, Map<string, Wit>>()
  const bare = wit.replace(/\/\/.*$/gm, '').replace(/@\w+\([^)]*\)/g, '')
  for (const [, interfaceName, body] of bare.matchAll(/^interface ([\w-]+) \{\n([\s\S]*?)^\}/gm)) {
    const items = new Map<string, Wit>()
    found.set(`wasi:${name}/${interfaceName}@0.2.12`, items)
    let resource: string | undefined
    for (const statement of body!.matchAll(
      /resource ([\w-]+)\s*(\{|;)|([%\w-]+): func\(([^;]*?)\)(?: ->[^;]*)?;|^ {4}\}$/gm,
    )) {
      const [whole, resourceName, opens, functionName, parameters] = statement
      if (resourceName !== undefined) {
        items.set(resourceName, {kind: 'resource', count: 0})
        resource = opens === '{' ? resourceName : undefined
      } else if (functionName !== undefined) {
        const own = functionName.replace('%', '')
        const count = (parameters!.match(/[\w-]+:/g) ?? []).length
        if (resource === undefined) items.set(own, {kind: 'function', count})
        else items.set(`[method]${resource}.${own}`, {kind: 'function', count: count + 1})
      } else if (whole.trim() === '}') resource = undefined
    }
  }
  return found
}

/** Those of 0.3 are tested beside their rooms. */
const offered = new Map(
  [...wasiImports({clock: fakeClock(), random: fakeRandom()})].filter(([name]) => name.endsWith('@0.2.12')),
)
const specified = new Map(
  PACKAGES.flatMap(name => [...interfacesOf(fs.readFileSync(witPath(name), 'utf8'), name)]),
)

test('every interface of the WIT files is offered, and no other', () => {
  assert.deepEqual(
    [...offered.keys()].sort(),
    [...specified.keys()].filter(name => !EXPORTS.has(name)).sort(),
  )
  assert.ok(specified.size > 25)
})

for (const [name, items] of offered)
  test(`${name} holds exactly the functions and resources of its WIT`, () => {
    const expected = specified.get(name)!
    assert.deepEqual([...items.keys()].sort(), [...expected.keys()].sort())
    for (const [item, {kind, count}] of expected) {
      const found = items.get(item) as HostItem
      assert.equal(found.kind, kind, item)
      // The store comes first; a function may ignore its last parameters.
      if (found.kind === 'function')
        assert.ok(found.call.length <= count + 1, `${item} takes ${found.call.length - 1}, not ${count}`)
    }
  })

test('only functions that WASI lets wait may wait', () => {
  const waiting = [...offered].flatMap(([name, items]) =>
    [...items]
      .filter(([, item]) => item.kind === 'function' && item.mayBlock)
      .map(([item]) => `${name} ${item}`),
  )
  const io = 'wasi:io/streams@0.2.12 [method]'
  assert.deepEqual(waiting.sort(), [
    'wasi:filesystem/types@0.2.12 [method]descriptor.sync',
    'wasi:filesystem/types@0.2.12 [method]descriptor.sync-data',
    'wasi:io/poll@0.2.12 [method]pollable.block',
    'wasi:io/poll@0.2.12 poll',
    `${io}input-stream.blocking-read`,
    `${io}input-stream.blocking-skip`,
    `${io}output-stream.blocking-flush`,
    `${io}output-stream.blocking-splice`,
    `${io}output-stream.blocking-write-and-flush`,
    `${io}output-stream.blocking-write-zeroes-and-flush`,
  ])
})
