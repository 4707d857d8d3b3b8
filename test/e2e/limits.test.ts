import assert from 'node:assert/strict'
import http2 from 'node:http2'
import {test} from 'node:test'
import {guest} from '../guests/guests.ts'
import {folder, manifest} from './harness/app.ts'
import {ask, times} from './harness/client.ts'
import {up} from './harness/mayfly.ts'
import {scaled} from './harness/scale.ts'
import {until} from './harness/until.ts'

const source = async (name: string): Promise<string> => {
  const made = await guest(`wat/${name}`)
  if ('skip' in made) throw new Error(made.skip)
  return made.path
}

const WAITING = scaled(200, 1000)

test(`${WAITING} requests that each wait a second in a component in text form are all answered`, async t => {
  const served = await up(t, [await source('sleep')])
  const answers = await times(WAITING, WAITING, () => ask(`${served.url}/1000`))
  assert.ok(answers.every(({status, body}) => status === 200 && body === 'ok\n'))
})

test(`${WAITING} requests that each wait a second in JavaScript are all answered`, async t => {
  const dir = folder(t, {
    'wait.js': `export default {
      async fetch() {
        await new Promise(resolve => setTimeout(resolve, 1000))
        return new Response('awake')
      },
    }`,
  })
  const served = await up(t, [`${dir}/wait.js`])
  const answers = await times(WAITING, WAITING, () => ask(served.url))
  const other = answers.find(({status, body}) => status !== 200 || body !== 'awake')
  assert.equal(other && `${other.status} ${other.body}`, undefined)
})

test('no more sandboxes than allowed run at once; the others wait their turn', async t => {
  const served = await up(t, [await source('sleep'), '--sandboxes', '2'])
  const answers = await times(8, 8, () => ask(`${served.url}/150`))
  assert.ok(answers.every(({status}) => status === 200))
  await until(() => served.logged().length >= 8)
  // Two at a time: the guests' own waiting adds up, however slow the machine.
  const latest = Math.max(...served.logged().map(({ms}) => ms))
  assert.ok(latest > 500, `the last of 8 waited for three before it, ${latest} ms in all`)
})

test('when too many wait, the rest is sent away with Retry-After', async t => {
  const dir = folder(t, {
    'spin.toml': manifest([
      {id: 'sleep', route: '/...', source: await source('sleep'), limits: {concurrency: 1}},
    ]),
  })
  const served = await up(t, [dir, '--grace', '0'])
  const crowd = await streams(served.url, {sessions: 24, each: 200, path: '/60000'})
  t.after(() => crowd.close())
  // One runs and 4096 wait; the rest is answered at once.
  await until(() => crowd.answers.length >= 24 * 200 - 4097)
  assert.ok(crowd.answers.every(({status, retryAfter}) => status === 503 && /^\d+$/.test(retryAfter ?? '')))
  crowd.close()
  await until(async () => (await ask(`${served.url}/0`)).status === 200)
})

type Answer = Readonly<{status: number; retryAfter: string | undefined}>

/** Many requests at once over few connections: HTTP/2 without TLS. `answers` grows as they are answered. */
async function streams(
  url: string,
  {sessions, each, path}: {sessions: number; each: number; path: string},
): Promise<{answers: readonly Answer[]; close: () => void}> {
  const answers: Answer[] = []
  const open = Array.from({length: sessions}, () => {
    const session = http2.connect(url).on('error', () => {})
    for (let i = 0; i < each; i++) {
      const stream = session.request({':path': path})
      stream.on('error', () => {})
      stream.on('response', headers =>
        answers.push({status: headers[':status']!, retryAfter: headers['retry-after']}),
      )
      stream.resume()
    }
    return session
  })
  return {answers, close: () => open.forEach(session => void session.destroy())}
}
