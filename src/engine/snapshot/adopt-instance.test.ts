import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {virtualPages} from './adopt-instance.ts'
import {createMemoryBudget} from './budget.ts'
import {build, guestOf, instantiate, pairOfGuests} from './snapshot.fixtures.ts'

const GROWER = `(module (memory (export "memory") 3)
  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) local.get 0 memory.grow))`

const PASSER = `(module (import "a" "memory" (memory 1)) (export "memory" (memory 0))
  (func (export "grow") (param i32) (result i32) local.get 0 memory.grow))`

describe('adoptInstance', () => {
  test('an imported memory finds its owner through any number of instances', async () => {
    const owner = instantiate(await build(GROWER))
    const passer = await build(PASSER)
    const first = instantiate(passer, {a: owner.exports} as unknown as WebAssembly.Imports)
    const second = instantiate(passer, {a: first.exports} as unknown as WebAssembly.Imports)
    assert.equal(guestOf(second)['grow']!(4), 3)
    assert.equal(guestOf(owner)['size']!(), 7)
    const memory = guestOf(second)['memory'] as unknown as WebAssembly.Memory
    assert.equal(virtualPages(memory).value, 7)
  })

  test('a memory that no adopted instance defines is refused', async () => {
    const passer = await build(PASSER)
    const memory = new WebAssembly.Memory({initial: 1})
    assert.throws(() => instantiate(passer, {a: {memory}}), {code: 'INTERNAL'})
  })

  test('memories that do not fit the budget are refused before they are made', async () => {
    const makePair = await pairOfGuests()
    assert.throws(() => makePair(createMemoryBudget({limitPages: 4, component: 'greeter'})), {
      code: 'LIMIT_MEMORY',
    })
    makePair(createMemoryBudget({limitPages: 5}))
  })

  test('a guest under a budget is refused with -1, and the budget says so', async () => {
    const budget = createMemoryBudget({limitPages: 10})
    const guest = guestOf(instantiate(await build(GROWER), {}, budget))
    assert.equal(guest['grow']!(8), -1)
    assert.equal(budget.exceeded, true)
    assert.equal(guest['grow']!(7), 3)
    assert.equal(guest['grow']!(-1), -1)
    assert.equal(guest['size']!(), 10)
  })

  test('without a budget the limit is that of the address space', async () => {
    const guest = guestOf(instantiate(await build(GROWER)))
    assert.equal(guest['grow']!(65_534), -1)
    assert.equal(guest['grow']!(1), 3)
  })
})
