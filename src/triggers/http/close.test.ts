import assert from 'node:assert/strict'
import http from 'node:http'
import net from 'node:net'
import {text as readText} from 'node:stream/consumers'
import {test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import type {MayflyError} from '../../base/errors.ts'
import {ask, serve, to, until} from './fixture.ts'
import {createHttpTrigger} from './server.ts'

test('a failed start names the address and what to do', async t => {
  const served = await serve(t, [])
  const again = createHttpTrigger({
    host: '127.0.0.1',
    port: served.address.port,
    routes: [],
    app: {name: 'x'},
  })
  await assert.rejects(again, (error: MayflyError) => {
    assert.equal(error.code, 'HTTP_LISTEN')
    assert.match(error.message, new RegExp(`127.0.0.1:${served.address.port}.*EADDRINUSE`))
    assert.match(error.hint!, /--find-free-port/)
    return true
  })
  const tls = createHttpTrigger({
    host: '127.0.0.1',
    port: 0,
    routes: [],
    app: {name: 'x'},
    tls: {cert: 'no', key: 'no'},
  })
  await assert.rejects(tls, {code: 'HTTP_TLS'})
})

test('closing: what is under way finishes, idle connections go, new ones are refused', async t => {
  const served = await serve(t, [
    to('/...', async world => {
      await sleep(50)
      world.answer(200, 'finished')
    }),
  ])
  const idle = net.connect(served.address.port, '127.0.0.1')
  idle.on('error', () => {})
  await new Promise(resolve => idle.once('connect', resolve))
  const answer = ask(served, '/')
  await sleep(20)
  const closed = served.close(5000)
  assert.equal((await answer).body, 'finished')
  await closed
  await assert.rejects(ask(served, '/'), {code: 'ECONNREFUSED'})
  idle.destroy()
})

test('closing: when the grace is over the rest is aborted', async t => {
  let aborted = 0
  const served = await serve(t, [
    to('/...', world => {
      if (world.get('incoming-request.path-with-query') === '/after') world.answer(200, 'x')
      return new Promise<void>(resolve => {
        world.event.runner = {
          clientGone() {
            aborted++
            resolve()
          },
        }
      })
    }),
  ])
  const hanging = assert.rejects(ask(served, '/'))
  await ask(served, '/after')
  await served.close(30)
  await hanging
  await until(() => served.records.length === 2)
  assert.equal(aborted, 2)
})

test('closing: an answer that a slow client has not taken yet still arrives whole', async t => {
  // Far more than the kernel's buffers of both sides take.
  const size = 24 * 1024 * 1024
  const served = await serve(t, [
    {route: '/big', target: {kind: 'static', response: {body: 'x'.repeat(size)}}},
  ])
  const response = await new Promise<http.IncomingMessage>(resolve =>
    http.get(`${served.url}/big`, {agent: false}, resolve),
  )
  const closed = served.close(5000)
  await sleep(30)
  assert.equal((await readText(response)).length, size)
  await closed
})
