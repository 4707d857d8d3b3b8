import assert from 'node:assert/strict'
import {createHash} from 'node:crypto'
import http from 'node:http'
import net from 'node:net'
import {test} from 'node:test'
import {guest} from '../guests/guests.ts'
import {folder} from './harness/app.ts'
import {ask, times} from './harness/client.ts'
import {residentMb, up} from './harness/mayfly.ts'
import {scaled} from './harness/scale.ts'

const MB = 1024 * 1024
const BYTES = scaled(64, 1024) * MB
/** What streams may add to the memory of a worker, whatever their length: buffers, and a heap not yet collected. */
const GROWTH_MB = 150

const source = async (name: string): Promise<string> => ((await guest(`wat/${name}`)) as {path: string}).path

/** Watches a process's memory while `work` runs; the most that it grew, in MiB. */
async function growthDuring(pid: number, work: () => Promise<void>): Promise<number> {
  const before = residentMb(pid)
  let most = before
  const timer = setInterval(() => (most = Math.max(most, residentMb(pid))), 50)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  return most - before
}

/** Sends `length` bytes and compares the checksums of what went and what came. */
async function echo(url: string, length: number): Promise<void> {
  const sent = createHash('sha256')
  const got = createHash('sha256')
  let received = 0
  await new Promise<void>((resolve, reject) => {
    const request = http.request(url, {method: 'POST', agent: false}, response => {
      response.on('data', chunk => {
        got.update(chunk)
        received += chunk.length
      })
      response.on('end', resolve).on('error', reject)
    })
    request.on('error', reject)
    const chunk = Buffer.alloc(256 * 1024)
    let index = 0
    const pump = (): void => {
      while (index * chunk.length < length) {
        const bytes = Buffer.from(chunk)
        bytes.writeUInt32LE(index++, 0)
        bytes.fill(index & 255, 4, 5000)
        sent.update(bytes)
        if (!request.write(bytes)) {
          request.once('drain', pump)
          return
        }
      }
      request.end()
    }
    pump()
  })
  assert.equal(received, length)
  assert.equal(got.digest('hex'), sent.digest('hex'))
}

const JS = `export default {
  fetch(request) {
    const {pathname} = new URL(request.url)
    if (request.method === 'POST') return new Response(request.body)
    let n = 0
    const body = new ReadableStream({
      async pull(controller) {
        if (n === 5) return controller.close()
        await new Promise(resolve => setTimeout(resolve, 100))
        controller.enqueue(new TextEncoder().encode('data: ' + n++ + '\\n\\n'))
      },
    })
    return new Response(body, {headers: {'content-type': 'text/event-stream'}})
  },
}`

test(`${BYTES / MB} MiB up and down through a component in text form come back as they went`, async t => {
  const served = await up(t, [await source('echo')])
  await echo(served.url, MB)
  const grown = await growthDuring(served.pid, () => echo(served.url, BYTES))
  t.diagnostic(`memory grew by ${grown.toFixed(0)} MiB`)
  assert.ok(grown < GROWTH_MB, `${grown} MiB`)
})

test(`${BYTES / MB} MiB up and down through JavaScript come back as they went`, async t => {
  const served = await up(t, [`${folder(t, {'app.js': JS})}/app.js`])
  await echo(served.url, MB)
  const grown = await growthDuring(served.pid, () => echo(served.url, BYTES))
  t.diagnostic(`memory grew by ${grown.toFixed(0)} MiB`)
  assert.ok(grown < 2 * GROWTH_MB, `${grown} MiB`)
})

test('200 clients that send and read slowly are all served', async t => {
  const served = await up(t, [await source('echo')])
  await echo(served.url, MB)
  const parts = scaled(4, 20)
  const slow = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const socket = net.connect(served.port, '127.0.0.1')
      const part = 'x'.repeat(1000)
      let text = ''
      socket
        .setEncoding('latin1')
        .on('data', data => (text += data))
        .on('error', reject)
      socket.on('close', () => {
        const [head, body] = text.split('\r\n\r\n', 2)
        const count = (text.match(/x/g) ?? []).length
        if (/^HTTP\/1\.1 200/.test(head!) && body !== undefined && count === parts * 1000) resolve()
        else reject(new Error(`${head} ${count}`))
      })
      socket.write(
        `POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: ${parts * 1000}\r\n\r\n`,
      )
      let left = parts
      const timer = setInterval(() => {
        if (left-- > 0) socket.write(part)
        else clearInterval(timer)
      }, 100)
    })
  const grown = await growthDuring(served.pid, async () => void (await times(200, 200, slow)))
  t.diagnostic(`memory grew by ${grown.toFixed(0)} MiB`)
  assert.ok(grown < 3 * GROWTH_MB, `${grown} MiB`)
})

/** When each part of an answer came, in ms from the first. */
async function arrivals(url: string): Promise<{parts: string[]; at: number[]}> {
  const parts: string[] = []
  const at: number[] = []
  const response = await fetch(url)
  for await (const chunk of response.body!) {
    parts.push(Buffer.from(chunk).toString())
    at.push(performance.now())
  }
  return {parts, at}
}

test('events arrive one by one, as they are written', async t => {
  const ticks = await up(t, [await source('ticks')])
  const fromText = await arrivals(`${ticks.url}/5`)
  assert.equal(fromText.parts.join(''), 'tick\n'.repeat(5))
  assert.ok(fromText.parts.length >= 3, `${fromText.parts.length} parts`)

  const js = await up(t, [`${folder(t, {'app.js': JS})}/app.js`])
  const fromScript = await arrivals(js.url)
  assert.equal(fromScript.parts.join(''), [0, 1, 2, 3, 4].map(n => `data: ${n}\n\n`).join(''))
  assert.ok(fromScript.parts.length >= 3, `${fromScript.parts.length} parts`)
})

test('a client that goes away ends its guest, and its neighbours do not notice', async t => {
  const served = await up(t, [await source('ticks')])
  const neighbour = ask(`${served.url}/8`)
  await new Promise<void>(resolve => {
    const request = http.get(`${served.url}/1000`, {agent: false}, response => {
      response.once('data', () => request.destroy())
      response.on('error', () => {})
    })
    request.on('error', () => {}).on('close', resolve)
  })
  const line = await served.untilLogged(({path}) => path === '/1000')
  assert.equal(line.error?.code, 'CLIENT_GONE')
  const waited = http.get(`${served.url}/900`, {agent: false}).on('error', () => {})
  setTimeout(() => waited.destroy(), 30)
  const early = await served.untilLogged(({path}) => path === '/900')
  assert.equal(early.error?.code, 'CLIENT_GONE')
  assert.equal((await neighbour).body, 'tick\n'.repeat(8))
  assert.equal((await ask(`${served.url}/1`)).body, 'tick\n')
})
