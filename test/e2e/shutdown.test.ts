import assert from 'node:assert/strict'
import {test} from 'node:test'
import {guest} from '../guests/guests.ts'
import {ask, load, times} from './harness/client.ts'
import {up} from './harness/mayfly.ts'
import {until} from './harness/until.ts'

const source = async (name: string): Promise<string> => {
  const made = await guest(`wat/${name}`)
  if ('skip' in made) throw new Error(made.skip)
  return made.path
}

for (const workers of ['1', '2']) {
  test(`requests in flight are finished before it ends, with ${workers} worker(s)`, async t => {
    const served = await up(t, [await source('sleep'), '--workers', workers])
    await ask(`${served.url}/1`)
    const pending = times(20, 20, () => ask(`${served.url}/700`))
    await new Promise(resolve => setTimeout(resolve, 300))
    const ended = await served.stop()
    assert.deepEqual(ended, {code: 0, signal: null})
    for (const {status, body, cut} of await pending) {
      assert.deepEqual({status, body, cut}, {status: 200, body: 'ok\n', cut: false})
    }
  })
}

test('a second signal ends it at once', async t => {
  const served = await up(t, [await source('sleep')])
  const pending = ask(`${served.url}/20000`).catch((error: Error) => error)
  await new Promise(resolve => setTimeout(resolve, 200))
  process.kill(served.pid, 'SIGTERM')
  await new Promise(resolve => setTimeout(resolve, 500))
  process.kill(served.pid, 'SIGTERM')
  assert.equal((await served.ended).code, 143)
  assert.ok((await pending) instanceof Error)
})

test('a worker that is killed is replaced, its end logged, and requests go on', async t => {
  const served = await up(t, [await source('hello'), '--workers', '2'])
  await load(served.url, 50, 8)
  await until(() => served.workers().length === 2, {what: () => `its workers: ${served.workers()}`})
  const before = served.workers()
  process.kill(before[0]!, 'SIGKILL')
  await until(() => served.err().includes('is back'), {what: () => served.err()})
  assert.match(served.err(), new RegExp(`^worker \\d \\(process ${before[0]}\\) died: signal SIGKILL$`, 'm'))
  const after = served.workers()
  assert.equal(after.length, 2)
  assert.ok(!after.includes(before[0]!) && after.includes(before[1]!))
  const answers = await load(served.url, 200, 8)
  assert.ok(answers.every(({status}) => status === 200))
})
