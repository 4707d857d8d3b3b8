import assert from 'node:assert/strict'
import {test} from 'node:test'
import {testMemory} from './abi.fixtures.ts'
import {GuestMemory} from './memory.ts'

test('views are renewed after growth, and bounds are those of the virtual size', () => {
  const {memory, grow} = testMemory()
  const before = memory.u8
  assert.throws(() => memory.check(65_535, 2), {code: 'TRAP_OUT_OF_BOUNDS'})
  grow()
  assert.equal(before.length, 0, 'the old view is detached')
  assert.equal(memory.u8.length, 2 * 65_536)
  assert.equal(memory.view.byteLength, 2 * 65_536)
  memory.check(65_535, 2)
})

test('real pages beyond the virtual size are out of bounds, also after a restore', () => {
  const pages = new WebAssembly.Global({value: 'i32', mutable: true}, 2)
  const memory = new GuestMemory(new WebAssembly.Memory({initial: 4}), pages)
  memory.check(0, 2 * 65_536)
  assert.throws(() => memory.check(0, 2 * 65_536 + 1), {code: 'TRAP_OUT_OF_BOUNDS'})
  pages.value = 1
  memory.reset()
  assert.throws(() => memory.check(0, 65_537), {code: 'TRAP_OUT_OF_BOUNDS'})
})

test('a memory without pages has nothing in bounds but nothing itself', () => {
  const pages = new WebAssembly.Global({value: 'i32', mutable: true}, 0)
  const memory = new GuestMemory(new WebAssembly.Memory({initial: 0}), pages)
  memory.sync()
  memory.check(0, 0)
  assert.throws(() => memory.check(0, 1), {code: 'TRAP_OUT_OF_BOUNDS'})
  assert.throws(() => memory.checkAligned(2, 0, 4), {code: 'TRAP_MISALIGNED'})
})
