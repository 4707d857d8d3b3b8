import assert from 'node:assert/strict'
import {test} from 'node:test'
import {Q, R} from './abi.fixtures.ts'
import {giveBack, type Handle, HandleQuota, HandleTable} from './handles.ts'

const BAD = {code: 'TRAP_BAD_HANDLE'}

function opened(table: HandleTable): Handle[] {
  const found: Handle[] = []
  table.forEachOpen(handle => found.push(handle))
  return found
}

test('indices start at 1, and freed ones are given again, the last one first', () => {
  const table = new HandleTable()
  assert.deepEqual(
    ['a', 'b', 'c'].map(rep => table.addOwn(R, rep)),
    [1, 2, 3],
  )
  table.takeOwn(R, 1)
  table.drop(R, 3)
  assert.deepEqual(
    ['d', 'e', 'f'].map(rep => table.addOwn(R, rep)),
    [3, 1, 4],
  )
  assert.equal(table.rep(R, 3), 'd')
})

test('every misuse traps', () => {
  const make = () => {
    const table = new HandleTable()
    const scope = {borrows: 0}
    table.addOwn(R, 'own')
    table.addBorrow(R, 'borrow', scope)
    table.addOwn(Q, 'other')
    return table
  }
  const misuses: [string, (table: HandleTable) => unknown, RegExp][] = [
    ['index 0', table => table.entry(0), /unknown handle index 0/],
    ['an index never given', table => table.rep(R, 9), /unknown handle index 9/],
    ['the largest index', table => table.drop(R, 0xffffffff), /unknown handle index 4294967295/],
    ['another type', table => table.takeOwn(Q, 1), /wrong type/],
    ['dropping another type', table => table.drop(Q, 1), /wrong type/],
    ['borrowing another type', table => table.borrow(R, 3), /wrong type/],
    ['taking a borrow', table => table.takeOwn(R, 2), /cannot lift own resource from a borrow/],
    ['taking twice', table => [table.takeOwn(R, 1), table.takeOwn(R, 1)], /unknown handle index 1/],
    ['dropping twice', table => [table.drop(R, 1), table.drop(R, 1)], /unknown handle index 1/],
    ['taking what is lent', table => [table.lend(R, 1, []), table.takeOwn(R, 1)], /while borrowed/],
    ['dropping what is lent', table => [table.lend(R, 1, []), table.drop(R, 1)], /while borrowed/],
    ['lending another type', table => table.lend(Q, 1, []), /wrong type/],
  ]
  for (const [name, act, message] of misuses) {
    assert.throws(() => act(make()), BAD, name)
    assert.throws(() => act(make()), message, name)
  }
})

test('lenders are free once they are given back', () => {
  const table = new HandleTable()
  const lenders: Handle[] = []
  table.addOwn(R, 'a')
  assert.equal(table.lend(R, 1, lenders), 'a')
  assert.equal(table.lend(R, 1, lenders), 'a')
  giveBack(lenders)
  assert.equal(table.takeOwn(R, 1), 'a')
})

test('a scope counts the borrows that are open', () => {
  const table = new HandleTable()
  const scope = {borrows: 0}
  const index = table.addBorrow(R, 'a', scope)
  assert.equal(scope.borrows, 1)
  table.drop(R, index)
  assert.equal(scope.borrows, 0)
})

test('a table becomes what it was', () => {
  const table = new HandleTable()
  assert.ok(table.isPristine)
  assert.equal(table.capture(), undefined)
  table.addOwn(R, 'a')
  table.addOwn(R, 'b')
  table.drop(R, 1)
  const state = table.capture()
  table.addOwn(R, 'c')
  table.addOwn(R, 'd')
  table.lend(R, 2, [])
  for (let i = 0; i < 2; i++) {
    table.restore(state)
    assert.deepEqual(
      opened(table).map(({rep, lends}) => [rep, lends]),
      [['b', 0]],
    )
    assert.equal(table.addOwn(R, 'e'), 1)
  }
  table.restore(undefined)
  assert.ok(table.isPristine)
  assert.throws(() => table.entry(2), BAD)
})

test('the tables of a sandbox share what they may hold, and get it back', () => {
  const quota = new HandleQuota()
  const [a, b] = [new HandleTable(quota), new HandleTable(quota)]
  const all = quota.left
  const fill = (table: HandleTable, count: number) => {
    for (let i = 0; i < count; i++) table.addOwn(R, i)
  }
  fill(a, 1)
  const state = a.capture()
  fill(a, 999)
  fill(b, 500)
  b.drop(R, 7)
  assert.equal(quota.left, all - 1499)
  a.restore(state)
  b.restore(undefined)
  assert.equal(quota.left, all - 1)
  a.restore(undefined)
  assert.equal(quota.left, all)
  quota.left = 2
  assert.throws(() => fill(b, 3), {code: 'TRAP_TOO_MUCH'})
})
