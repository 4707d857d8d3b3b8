import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type Idler, IdleWatch} from './idle-watch.ts'

function idler(idleLimitMs: number, waitedMs = 0) {
  let end!: () => void
  const idled = new Promise<void>(resolve => {
    end = resolve
  })
  const each: Idler = {waitingSinceMs: performance.now() - waitedMs, idleLimitMs, idled: end}
  return {each, idled}
}

/** The watch's timer keeps no process alive, so the test does. */
async function within(promise: Promise<void>): Promise<void> {
  const timer = setInterval(() => {}, 1000)
  await promise
  clearInterval(timer)
}

test('who waits for longer than its limit is told, once', async () => {
  const watch = new IdleWatch()
  const [late, patient] = [idler(20), idler(1_000_000)]
  let told = 0
  watch.add(late.each)
  watch.add(patient.each)
  late.idled.then(() => told++)
  patient.idled.then(() => assert.fail('it was not its time'))
  await within(late.idled)
  const next = idler(20)
  watch.add(next.each)
  await within(next.idled)
  assert.equal(told, 1)
})

test('who goes on in time is not told, and the watch can begin anew', async () => {
  const watch = new IdleWatch()
  const [gone, late] = [idler(20, 1000), idler(20)]
  watch.add(gone.each)
  watch.delete(gone.each)
  gone.idled.then(() => assert.fail('it went on'))
  watch.add(late.each)
  await within(late.idled)
  const again = idler(20)
  watch.add(again.each)
  await within(again.idled)
})
