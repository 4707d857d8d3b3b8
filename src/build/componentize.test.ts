import assert from 'node:assert/strict'
import {mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {after, test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import {carrier} from '../../test/guests/p3/services.ts'
import {isCoreModule} from '../engine/component/decode.ts'
import {componentized} from './componentize.ts'

const dir = mkdtempSync(join(tmpdir(), 'mayfly-componentize-'))
after(() => rmSync(dir, {recursive: true}))

function write(name: string, bytes: Uint8Array): string {
  const file = join(dir, name)
  writeFileSync(file, bytes)
  return file
}

test('a module that carries its world becomes a component, once', async () => {
  const path = write('carrier.wasm', await carrier())
  const made = await componentized(path, join(dir, 'cache'))
  assert.ok(made !== undefined && !isCoreModule(readFileSync(made)))
  assert.equal(await componentized(path, join(dir, 'cache')), made)
  assert.equal(readdirSync(join(dir, 'cache')).length, 1)
})

test('what is no such module stays as it is', async () => {
  for (const [name, text] of [
    ['component', '(component)'],
    ['module', '(module)'],
  ] as const)
    assert.equal(await componentized(write(`${name}.wasm`, await parse(text)), dir), undefined)
  assert.equal(await componentized(write('short.wasm', Uint8Array.of(0, 0x61)), dir), undefined)
})

test('a module whose imports are not those of its world is refused with a reason', async () => {
  const module = Buffer.from(await carrier())
  const at = module.indexOf('request.consume-body')
  const broken = at >= 0 ? at : module.indexOf('[constructor]fields')
  module.write('X', broken + 2)
  await assert.rejects(componentized(write('broken.wasm', module), join(dir, 'cache')), {
    code: 'BUILD_COMPONENTIZE',
  })
})
