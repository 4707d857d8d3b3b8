import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {guest} from '../guests/guests.ts'
import {DEEP} from '../guests/wat/deep.ts'
import {folder, manifest} from './harness/app.ts'
import {ask, times} from './harness/client.ts'
import {type Mayfly, up} from './harness/mayfly.ts'
import {scaled} from './harness/scale.ts'

/** Deeper than any stack here. */
const TOO_DEEP = 1_000_000
/** Depths tried on each side of the deepest that fits. */
const AROUND = scaled(100, 600)

/** An answer, or the guest's own trap; never a failure of the host. */
async function isDeepEnough(served: Mayfly, name: string, depth: number): Promise<boolean> {
  const {status, body} = await ask(`${served.url}/${depth}/${name}`)
  if (status === 200) {
    assert.equal(body, 'ok\n')
    return false
  }
  assert.equal(status, 500)
  assert.match(body, /500 TRAP_CORE/, `${name} ${depth}: ${body.slice(0, 400)}`)
  return true
}

describe('a guest whose stack is almost full calls the host', () => {
  const stops: (() => Promise<void>)[] = []
  let served: Mayfly

  test('it is served', async () => {
    const parts = await Promise.all(
      Object.keys(DEEP).map(async name => {
        const made = await guest(`wat/${name}`)
        if ('skip' in made) throw new Error(made.skip)
        return {id: name, route: `/:n/${name}`, source: made.path, files: 'data'}
      }),
    )
    const dir = folder(
      {after: done => stops.push(async () => done())},
      {'spin.toml': manifest(parts), 'data/a.txt': 'a'},
    )
    served = await up({after: done => stops.push(done)}, [dir])
  })
  test.after(async () => {
    for (const stop of stops.reverse()) await stop()
  })

  for (const name of Object.keys(DEEP))
    test(`${name}: it gets an answer, or its stack is full before`, async t => {
      assert.equal(await isDeepEnough(served, name, 0), false)
      let [fits, full] = [0, TOO_DEEP]
      while (full - fits > 1) {
        const middle = (fits + full) >> 1
        if (await isDeepEnough(served, name, middle)) full = middle
        else fits = middle
      }
      t.diagnostic(`${fits} calls deep`)
      await times(2 * AROUND, 4, i => isDeepEnough(served, name, fits - AROUND + i))
      assert.equal(await isDeepEnough(served, name, 0), false)
    })

  test('the process is the one it was', async () => {
    assert.deepEqual(served.workers(), [served.pid])
    assert.equal((await served.stop()).code, 0)
  })
})
