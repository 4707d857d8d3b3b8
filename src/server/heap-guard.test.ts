import assert from 'node:assert/strict'
import {test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {guardHeap} from './heap-guard.ts'

test('collects when the heap has grown too far, measured from what was left', async () => {
  let used = 50
  let collections = 0
  const collect = (): void => {
    collections++
    used = 80
  }
  const guard = guardHeap({maxGrowthBytes: 100, everyMs: 1, usedBytes: () => used, collect})
  used = 149
  await sleep(20)
  assert.equal(collections, 0)
  used = 150
  await sleep(20)
  assert.equal(collections, 1)
  used = 179
  await sleep(20)
  assert.equal(collections, 1)
  guard.stop()
  used = 1000
  await sleep(20)
  assert.equal(collections, 1)
})

test('really collects', async () => {
  let garbage: WeakRef<object> | undefined
  ;(() => {
    garbage = new WeakRef({})
  })()
  await sleep(1)
  const guard = guardHeap({maxGrowthBytes: 0, everyMs: 1})
  for (let i = 0; i < 200 && garbage!.deref() !== undefined; i++) await sleep(5)
  guard.stop()
  assert.equal(garbage!.deref(), undefined)
})
