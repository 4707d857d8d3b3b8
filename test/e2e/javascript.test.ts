import assert from 'node:assert/strict'
import {execFileSync, spawnSync} from 'node:child_process'
import {describe, test} from 'node:test'
import {folder, manifest} from './harness/app.ts'
import {ask, load} from './harness/client.ts'
import {up} from './harness/mayfly.ts'
import {FULL, scaled} from './harness/scale.ts'
import {until} from './harness/until.ts'

const EVENTS = scaled(500, 10_000)
const TIERS = ['cow', 'madvise', 'copy']

const HANDLER = `
let counter = 0
export default {
  async fetch(request, env, ctx) {
    const {pathname} = new URL(request.url)
    if (pathname === '/random') return new Response(Math.random() + ' ' + crypto.randomUUID())
    if (pathname === '/now') return new Response(String(Date.now()))
    if (pathname === '/later') {
      ctx.waitUntil(new Promise(done => setTimeout(() => { console.log('worked on'); done() }, 300)))
      return new Response('answered')
    }
    return new Response(String(++counter))
  },
}`

/** Every answer under wrk's load must be \`1\`; it prints how many were, and how many were not. */
const WRK = `
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() good = 0; bad = 0 end
function response(status, headers, body)
  if status == 200 and body == '1' then good = good + 1 else bad = bad + 1 end
end
function done()
  local good, bad = 0, 0
  for _, t in ipairs(threads) do good = good + t:get('good'); bad = bad + t:get('bad') end
  print('answers ' .. good .. ' ' .. bad)
end`

const hasWrk = spawnSync('wrk', ['-v']).error === undefined

for (const tier of TIERS) {
  describe(`a handler in JavaScript, restored by ${tier}`, () => {
    test(`a counter at module level is 1 in each of ${EVENTS} events, randomness is never the same`, async t => {
      const dir = folder(t, {'app.js': HANDLER, 'wrk.lua': WRK})
      const served = await up(t, [`${dir}/app.js`], {env: {MAYFLY_TIER: tier}})
      const answers = await load(served.url, EVENTS, 64)
      assert.deepEqual(new Set(answers.map(({body}) => body)), new Set(['1']))

      const drawn = (await load(`${served.url}/random`, EVENTS, 64)).map(({body}) => body.split(' '))
      for (const index of [0, 1]) assert.equal(new Set(drawn.map(pair => pair[index])).size, EVENTS)

      if (!FULL || !hasWrk) return
      let counted = 0
      while (counted < EVENTS) {
        const args = ['-t1', '-c64', '-d3s', '-s', `${dir}/wrk.lua`, served.url]
        const [, good, bad] = /answers (\d+) (\d+)/.exec(execFileSync('wrk', args, {encoding: 'utf8'}))!
        assert.equal(Number(bad), 0)
        assert.ok(Number(good) > 0)
        counted += Number(good)
      }
      t.diagnostic(`${counted} answers to wrk -c64`)
    })
  })
}

test('the clock goes on from event to event', async t => {
  const dir = folder(t, {'app.js': HANDLER})
  const served = await up(t, [`${dir}/app.js`])
  const before = Date.now()
  const first = Number((await ask(`${served.url}/now`)).body)
  await new Promise(resolve => setTimeout(resolve, 50))
  const second = Number((await ask(`${served.url}/now`)).body)
  assert.ok(first >= before - 1000 && second > first, `${before} ${first} ${second}`)
})

test('a guest may work on when it has answered', async t => {
  const dir = folder(t, {'app.js': HANDLER})
  const served = await up(t, [`${dir}/app.js`])
  assert.equal((await ask(`${served.url}/later`)).body, 'answered')
  await until(() => served.err().includes('worked on') || served.out().includes('worked on'))
  assert.equal((await served.untilLogged(({path}) => path === '/later')).status, 200)
})

test('what a handler throws is shown with its place in development, and hidden in production', async t => {
  const dir = folder(t, {
    'app.ts': `const price = (item: {cost?: number}): number => {\n  throw new TypeError('no price: secret')\n}\nexport default {fetch: () => new Response(String(price({})))}\n`,
  })
  const shown = await up(t, [`${dir}/app.ts`])
  const page = await ask(shown.url)
  assert.equal(page.status, 500)
  assert.match(page.body, /app\.ts:2/)
  await until(() => /app\.ts:2/.test(shown.err()), {what: () => shown.err()})
  const hidden = await up(t, [`${dir}/app.ts`, '--production'])
  const answer = await ask(hidden.url)
  assert.equal(answer.status, 500)
  assert.doesNotMatch(answer.body, /secret|app\.ts/)
  await until(() => /app\.ts:2/.test(hidden.err()), {what: () => hidden.err()})
})

test('requests to warm up are answered once, before all events, and every event has its own clock', async t => {
  const dir = folder(t, {
    'spin.toml': manifest([
      {
        id: 'warm',
        route: '/...',
        source: 'dist/warm.wasm',
        build: {entry: 'app.js', warmUp: ['/warm', '/twice']},
      },
    ]),
    'app.js': `const answered = []
export default {
  fetch(request) {
    answered.push(new URL(request.url).pathname)
    return Response.json([answered, answered.length > 2 ? performance.now() : 0])
  },
}
`,
  })
  const served = await up(t, [dir])
  for (const {body} of await load(served.url, 20, 4)) {
    const [answered, elapsedMs] = JSON.parse(body)
    assert.deepEqual(answered, ['/warm', '/twice', '/'])
    assert.ok(elapsedMs >= 0 && elapsedMs < 60_000, body)
  }
})
