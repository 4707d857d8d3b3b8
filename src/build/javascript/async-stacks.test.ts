import assert from 'node:assert/strict'
import {test} from 'node:test'
import {withoutAsyncStacks} from './async-stacks.ts'
import {loadToolchain} from './toolchain.ts'

test('of the engine that we build with, only the bit that is asked for changes, and it stays valid', async () => {
  const {engine} = await loadToolchain()
  const changed = withoutAsyncStacks(engine)
  const places: number[] = []
  for (let i = 0; i < engine.length; i++) if (changed[i] !== engine[i]) places.push(i)
  assert.equal(changed.length, engine.length)
  assert.equal(places.length, 4)
  for (const at of places) assert.deepEqual([engine[at], changed[at]], [0x02, 0x00])
  assert.ok(WebAssembly.validate(changed as Uint8Array<ArrayBuffer>))
})

test('an engine of another version is refused, not left slow', () => {
  assert.throws(
    () => withoutAsyncStacks(Uint8Array.of(0, 0x61, 0x73, 0x6d)),
    /asyncStack in 0 places, not in 4/,
  )
})
