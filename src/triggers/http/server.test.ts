import assert from 'node:assert/strict'
import {test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {ask, count, raw, serve, to, until} from './fixture.ts'

test('a guest that answers at once: one head, one length, nothing that nobody asked for', async t => {
  const served = await serve(t, [to('/...', world => world.answer(201, 'hällo', {'x-a': 'b'}))])
  const got = await ask(served, '/x?y=z')
  assert.equal(got.status, 201)
  assert.equal(got.body, 'hällo')
  const names = got.raw.filter((_, i) => i % 2 === 0).map(name => name.toLowerCase())
  assert.deepEqual(names.sort(), ['connection', 'content-length', 'date', 'x-a'])
  assert.equal(got.headers['content-length'], '6')
  await until(() => served.records.length === 1)
  const {durationMs, ...record} = served.records[0]!
  assert.ok(durationMs >= 0)
  assert.deepEqual(record, {
    method: 'GET',
    path: '/x',
    route: '/...',
    component: '/...',
    status: 201,
    sandbox: 'fresh',
    memoryTouchedBytes: 0,
  })
})

test('what the guest sees of a request', async t => {
  const served = await serve(t, [
    to('/a/:id/...', world => {
      const seen = {
        method: world.get('incoming-request.method'),
        path: world.get('incoming-request.path-with-query'),
        scheme: world.get('incoming-request.scheme'),
        authority: world.get('incoming-request.authority'),
        headers: world.headers(),
      }
      world.answer(200, JSON.stringify(seen))
    }),
  ])
  const {host} = new URL(served.url)
  const got = await ask(served, '/a/7/rest/?q', {
    method: 'PATCH',
    headers: {'X-Twice': ['1', '2'], 'spin-client-addr': 'evil', upgrade: 'none'},
  })
  const seen = JSON.parse(got.body)
  assert.deepEqual(seen.method, {tag: 'patch'})
  assert.equal(seen.path, '/a/7/rest/?q')
  assert.deepEqual(seen.scheme, {tag: 'HTTP'})
  assert.equal(seen.authority, host)
  const headers = new Map<string, string>(seen.headers)
  assert.deepEqual(
    seen.headers.filter(([name]: [string]) => name === 'x-twice'),
    [
      ['x-twice', '1'],
      ['x-twice', '2'],
    ],
  )
  assert.equal(headers.get('spin-full-url'), `${served.url}/a/7/rest/?q`)
  assert.equal(headers.get('spin-path-match-id'), '7')
  assert.match(headers.get('spin-client-addr')!, /^127\.0\.0\.1:\d+$/)
  for (const name of ['host', 'connection', 'transfer-encoding', 'upgrade'])
    assert.equal(headers.has(name), false, name)
})

test('the server answers by itself: health, info, no route, static responses, CONNECT', async t => {
  const served = await serve(t, [
    to('/only', world => world.answer(200, 'only')),
    {
      route: '/static',
      target: {
        kind: 'static',
        response: {status: 418, headers: {'x-a': 'b', 'Content-Length': '9'}, body: 'tea'},
      },
    },
    {route: '/bare', target: {kind: 'static', response: {}}},
    {route: {private: true}, target: {kind: 'static', response: {}}},
  ])
  const health = await ask(served, '/.well-known/spin/health')
  assert.deepEqual([health.status, health.body], [200, 'OK'])
  assert.deepEqual(JSON.parse((await ask(served, '/.well-known/spin/info')).body), {
    name: 'test',
    version: '1.2.3',
  })
  for (const path of ['/.well-known/spin/other', '/nothing', '/only/more', '/private', '/']) {
    const none = await ask(served, path)
    assert.deepEqual([none.status, none.body], [404, ''], path)
  }
  const tea = await ask(served, '/static')
  assert.deepEqual(
    [tea.status, tea.body, tea.headers['x-a'], tea.headers['content-length']],
    [418, 'tea', 'b', '3'],
  )
  const head = await ask(served, '/static', {method: 'HEAD'})
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [418, '', '3'])
  assert.deepEqual([(await ask(served, '/bare')).status, (await ask(served, '/bare')).body], [200, ''])
  assert.match(await raw(served, 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'), /^HTTP\/1.1 405 /)
  assert.equal(served.records.find(({path}) => path === '/nothing')!.status, 404)
})

test('keep-alive: one connection serves many, pipelined requests are answered in order', async t => {
  let turn = 0
  const served = await serve(t, [
    to('/slow', async world => {
      await sleep(20)
      world.answer(200, `slow ${turn++}`)
    }),
    to('/quick', world => world.answer(200, `quick ${turn++}`)),
  ])
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`
  const got = await raw(
    served,
    get('/slow') + get('/quick') + get('/nothing') + get('/quick'),
    got => count(got, 'quick') === 2,
  )
  assert.deepEqual(got.match(/slow \d|quick \d|404/g), ['slow 2', 'quick 0', '404', 'quick 1'])
  assert.equal(count(got.toLowerCase(), 'connection:'), 0)
})

test('HTTP/1.0 without and with keep-alive', async t => {
  const served = await serve(t, [to('/...', world => world.answer(200, 'ten'))])
  const once = await raw(served, 'GET / HTTP/1.0\r\nHost: h\r\n\r\n')
  assert.match(once, /^HTTP\/1.1 200 [\s\S]*Connection: close\r\n[\s\S]*ten$/)
  const kept = await raw(served, 'GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n', got =>
    got.endsWith('ten'),
  )
  assert.match(kept, /Connection: keep-alive/)
})

test('routes that can never be reached are told, and others serve from one request to the next', async t => {
  const warnings: string[] = []
  const served = await serve(
    t,
    [
      to('/a', world => world.answer(200, 'old')),
      {route: '/a/', target: {kind: 'static', response: {body: 'static'}}},
      to('/.well-known/spin/mine', world => world.answer(200, 'never')),
    ],
    {warn: message => warnings.push(message)},
  )
  assert.deepEqual(warnings, [
    'route "/a/" is given twice: a static response answers it, component "/a" never does',
    'route "/.well-known/spin/mine" is never reached: /.well-known/spin/ is answered by the server',
  ])
  assert.equal((await ask(served, '/a')).body, 'static')
  served.setRoutes([to('/b', world => world.answer(200, 'new'))])
  assert.equal((await ask(served, '/a')).status, 404)
  assert.equal((await ask(served, '/b')).body, 'new')
  assert.throws(() => served.setRoutes([to('/:', () => {})]))
  assert.equal((await ask(served, '/b')).body, 'new')
})

test('all requests of a turn run before the first is answered', async t => {
  const log: string[] = []
  const served = await serve(
    t,
    [
      to('/...', world => {
        log.push('run')
        world.answer(200, 'x')
      }),
    ],
    // However long each takes: a machine that others use stops a process for milliseconds.
    {
      observer: {request: () => log.push('reply')},
      stageLimits: {maxCount: 5, budgetMs: Number.POSITIVE_INFINITY, slowMs: Number.POSITIVE_INFINITY},
    },
  )
  const get = 'GET / HTTP/1.1\r\nHost: h\r\n\r\n'
  await raw(served, get.repeat(5), got => count(got, 'HTTP/1.1 200') === 5)
  assert.deepEqual(log, [...Array(5).fill('run'), ...Array(5).fill('reply')])
})
