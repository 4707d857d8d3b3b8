import assert from 'node:assert/strict'
import net from 'node:net'
import {test} from 'node:test'
import {guest} from '../guests/guests.ts'
import {folder, manifest} from './harness/app.ts'
import {ask, times} from './harness/client.ts'
import {up} from './harness/mayfly.ts'
import {scaled} from './harness/scale.ts'

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
  const latest = Math.max(...served.logged().map(({ms}) => ms))
  assert.ok(latest >= 600, `the last of 8 waited for three before it, ${latest} ms in all`)
})

test('when too many wait, the rest is sent away with Retry-After', async t => {
  const dir = folder(t, {
    'spin.toml': manifest([
      {id: 'sleep', route: '/...', source: await source('sleep'), limits: {concurrency: 1}},
    ]),
  })
  const served = await up(t, [dir])
  const agentless = (path: string) => ask(served.url + path)
  const first = agentless('/300')
  const crowd = 4096 + 50
  // One connection, pipelined, so that the crowd needs no file descriptors.
  const answers = await pipelined(served.port, crowd, '/0')
  assert.equal((await first).status, 200)
  const refused = answers.filter(({status}) => status === 503)
  assert.equal(answers.length, crowd)
  assert.ok(refused.length === 0 || refused.every(({head}) => /^retry-after: \d+$/im.test(head)))
  const {status} = await agentless('/0')
  assert.equal(status, 200)
})

/** `count` GETs sent at once over 50 connections, and the heads of their answers. */
async function pipelined(
  port: number,
  count: number,
  path: string,
): Promise<Readonly<{status: number; head: string}>[]> {
  const connections = 50
  const each = Math.ceil(count / connections)
  const texts = await times(
    connections,
    connections,
    index =>
      new Promise<string>((resolve, reject) => {
        const mine = Math.max(0, Math.min(each, count - index * each))
        const socket = net.connect(port, '127.0.0.1')
        let text = ''
        const requests = `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`.repeat(Math.max(0, mine - 1))
        socket.setEncoding('latin1').on('data', data => (text += data))
        socket.on('close', () => resolve(text)).on('error', reject)
        socket.write(`${requests}GET ${path} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`)
      }),
  )
  return texts.flatMap(text =>
    text
      .split(/(?=HTTP\/1\.1 )/)
      .filter(part => part.startsWith('HTTP/1.1'))
      .map(head => ({status: Number(head.slice(9, 12)), head})),
  )
}
