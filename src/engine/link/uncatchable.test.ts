import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import {MayflyError} from '../../base/errors.ts'
import {uncatchable} from './uncatchable.ts'

class Ended extends Error {
  override readonly name = 'Ended'
  readonly status = 3
}

test('a copy keeps class, message, properties and cause, and passes every handler of core code', async () => {
  const module = new WebAssembly.Module(
    await parse(`(module (import "" "f" (func $f))
      (func (export "g") (block $caught (try_table (catch_all $caught) (call $f)))))`),
  )
  const throughCore = (thrown: unknown): any => {
    const f = () => {
      throw thrown
    }
    try {
      ;(new WebAssembly.Instance(module, {'': {f}}).exports['g'] as () => void)()
    } catch (error) {
      return error
    }
    return 'caught'
  }
  const cause = new Error('the cause')
  const table: unknown[] = [
    new MayflyError('TRAP_HOST', {reason: 'x'}, {cause, at: {byteOffset: 5}}),
    new Ended('it ended', {cause}),
    new TypeError('type'),
    new Error(),
    new WebAssembly.RuntimeError('made by hand'),
  ]
  for (const error of table as Error[]) {
    assert.equal(throughCore(error), 'caught', 'without it, core code catches')
    const copy = throughCore(uncatchable(error))
    assert.equal(copy.constructor, error.constructor)
    assert.equal(copy.message, error.message)
    assert.equal(copy.stack, error.stack)
    assert.deepEqual({...copy}, {...error})
    assert.equal(copy.cause, error.cause)
    assert.equal(throughCore(uncatchable(copy)).message, error.message, 'a copy of a copy')
  }
  for (const primitive of [undefined, null, 'text', 7])
    assert.equal(throughCore(uncatchable(primitive)).message, String(primitive))
})
