import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import {decodeCoreModule, SECTION} from '../core/module-decode.ts'
import {decodeComponent} from './decode.ts'
import {coreModulesOf, countCoreModules, skeletonOf} from './skeleton.ts'

const MODULE = `(core module (import "a" "b" (func (param i32))) (memory (export "m") 1)
  (data (i32.const 0) "some data") (func (export "f") (result i32) i32.const 7))`
const COMPONENT = `(component (import "x" (func)) ${MODULE}
  (component ${MODULE} (core module (func (export "inner") nop))) (core module (global (export "g") i32 (i32.const 1))))`

test('what linking looks at stays as it is, at any depth; code and data are gone', async () => {
  const whole = decodeComponent(await parse(COMPONENT))
  const bare = decodeComponent(skeletonOf(whole.bytes))
  const kinds = ({definitions}: typeof whole): unknown =>
    definitions.map(one => (one.kind === 'component' ? kinds(one.component) : one.kind))
  assert.deepEqual(kinds(bare), kinds(whole))
  const [before, after] = [coreModulesOf(whole), coreModulesOf(bare)].map(modules =>
    modules.map(one => decodeCoreModule(one)),
  )
  assert.equal(after!.length, 4)
  assert.deepEqual(
    [whole, bare].map(({bytes}) => countCoreModules(bytes)),
    [4, 4],
  )
  for (const [i, {sections, ...module}] of after!.entries()) {
    for (const space of ['imports', 'exports', 'types', 'functions', 'memories'] as const)
      assert.deepEqual(module[space], before![i]![space])
    const ids = sections.map(({id}) => id)
    for (const id of [SECTION.code, SECTION.data, SECTION.dataCount, SECTION.custom])
      assert(!ids.includes(id))
  }
})

test('a core module has a skeleton too', async () => {
  const bytes = await parse('(module (func (export "f") (result i32) i32.const 7))')
  const {exports, sections} = decodeCoreModule(skeletonOf(bytes))
  assert.deepEqual(exports, decodeCoreModule(bytes).exports)
  assert.equal(countCoreModules(skeletonOf(bytes)), 1)
  assert(sections.every(({id}) => id !== SECTION.code))
})
