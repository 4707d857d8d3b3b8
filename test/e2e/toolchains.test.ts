import assert from 'node:assert/strict'
import {createHash, randomBytes} from 'node:crypto'
import {describe, test} from 'node:test'
import {guest, RECIPES} from '../guests/guests.ts'
import {ask, load} from './harness/client.ts'
import {converse, post} from './harness/conversation.ts'
import {type Mayfly, up} from './harness/mayfly.ts'
import {scaled} from './harness/scale.ts'

const EVENTS = scaled(100, 1000)
const MB = 1024 * 1024

const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const bodies = async (served: Mayfly, path: string, count: number, connections = 8): Promise<string[]> => {
  const answers = await load(served.url + path, count, connections)
  for (const {status, body} of answers) assert.equal(status, 200, body)
  return answers.map(({body}) => body.trim())
}

/** What each of them must answer, in the order of a first acquaintance. */
const CHECKS: Readonly<Record<string, (served: Mayfly) => Promise<void>>> = {
  async 'says hello'(served) {
    const {status, headers, body} = await ask(served.url)
    assert.deepEqual([status, headers['content-type'], body], [200, 'text/plain', 'hello world\n'])
  },
  async 'answers 404 and 405'(served) {
    assert.equal((await ask(`${served.url}/nothing`)).status, 404)
    assert.equal((await ask(served.url, {method: 'DELETE'})).status, 405)
  },
  async 'answers HEAD without a body, a doubtful client first, and what is pipelined in order'(served) {
    const done: (() => void)[] = []
    const {say, hear, heard} = converse({after: end => done.push(end)}, served.port)
    say('HEAD / HTTP/1.1\r\nhost: a\r\n\r\n')
    await hear(/^HTTP\/1\.1 \d+ .*\r\n\r\n$/s)
    say('POST /echo HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 5\r\n\r\n')
    await hear(/HTTP\/1\.1 100 /)
    say('doubt')
    await hear(/doubt/)
    say(post('/echo', 'first') + post('/echo', 'second') + post('/echo', 'third'))
    await hear(/first.*second.*third/s)
    assert.doesNotMatch(heard(), /HTTP\/1\.1 5/)
    for (const end of done) end()
  },
  async 'ends with its client'(served) {
    if ((await ask(`${served.url}/sleep?ms=1`)).status === 404) return
    const done: (() => void)[] = []
    const {say, hangUp} = converse({after: end => done.push(end)}, served.port)
    say('GET /sleep?ms=50000 HTTP/1.1\r\nhost: a\r\n\r\n')
    await new Promise(resolve => setTimeout(resolve, 500))
    hangUp()
    const {error} = await served.untilLogged(({path, status}) => path === '/sleep' && status !== 200)
    assert.equal(error?.code, 'CLIENT_GONE')
    for (const end of done) end()
  },
  async 'sends ten megabytes back as they came'(served) {
    const body = randomBytes(10 * MB)
    const {status, bytes, cut} = await ask(`${served.url}/echo`, {method: 'POST', body})
    assert.deepEqual([status, bytes.length, cut], [200, body.length, false])
    assert.equal(hash(bytes), hash(body))
  },
  async 'computes the same twice'(served) {
    const [first, second] = await bodies(served, '/cpu', 2, 1)
    assert.match(first!, /\d+/)
    assert.equal(first, second)
  },
  async 'counts to one in every event'(served) {
    assert.deepEqual(new Set(await bodies(served, '/counter', EVENTS)), new Set(['1']))
  },
  async 'draws another random number in every event'(served) {
    assert.equal(new Set(await bodies(served, '/random', EVENTS)).size, EVENTS)
  },
  async 'finds no canary of the event before'(served) {
    for (const write of [1, 2, 255]) {
      const {body} = await ask(`${served.url}/canary?write=${write}`)
      assert.equal(body.trim(), '0')
    }
  },
}

for (const {name, language} of RECIPES) {
  const made = await guest(name, {slow: false})
  const skip = 'skip' in made ? made.skip : false
  describe(`a component made with ${name} (${language})`, {skip}, () => {
    let served: Mayfly
    const stops: (() => Promise<void>)[] = []
    test('is served as it is', async () => {
      served = await up({after: stop => stops.push(stop)}, [(made as {path: string}).path])
    })
    for (const [title, check] of Object.entries(CHECKS)) test(title, () => check(served))
    test.after(async () => {
      for (const stop of stops) await stop()
    })
  })
}
