import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import {ModuleCache} from './module-cache.ts'

const app = (data: string, code = '7') =>
  parse(
    `(module (memory 1) (data (i32.const 0) "${data}") (func (export "f") (result i32) i32.const ${code}))`,
  )

test('two apps of the same code share one compiled module, and keep their own data', async () => {
  const cache = new ModuleCache()
  const [one, two, other] = [await app('one'), await app('two'), await app('one', '8')].map(bytes =>
    cache.compile(bytes),
  )
  assert.equal(one!.module, two!.module)
  assert.notEqual(one!.module, other!.module)
  assert.equal(cache.size, 2)
  assert.deepEqual(
    [one, two].map(each => Buffer.from(each!.lean.data[0]!.bytes).toString()),
    ['one', 'two'],
  )
})

test('a module that the engine refuses is named as invalid', async () => {
  const bytes = await parse('(module (func (result i32)))')
  assert.throws(() => new ModuleCache().compile(bytes), {code: 'VALIDATE_INVALID'})
})
