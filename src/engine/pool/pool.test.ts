import assert from 'node:assert/strict'
import {test} from 'node:test'
import {caller, link, prepare} from '../link/link.fixtures.ts'
import {Pool, type PoolOptions} from './pool.ts'
import type {Sandbox} from './sandbox.ts'

const COMPONENT = `(component
  (core module $M (func (export "f")) (func (export "trap") unreachable))
  (core instance $m (instantiate $M))
  (func (export "f") (canon lift (core func $m "f")))
  (func (export "trap") (canon lift (core func $m "trap"))))`

async function poolOf(options: Partial<PoolOptions> = {}, snapshot: 'auto' | 'never' = 'auto') {
  const linked = await link(COMPONENT)
  const pool = new Pool(prepare(linked, {snapshot}), {concurrency: 2, queue: 2, ahead: 1, ...options})
  return {pool, lease: () => pool.lease() as Sandbox, call: (sandbox: Sandbox) => caller(linked, sandbox)}
}

test('the sandbox that came back last is leased first', async () => {
  const {pool, lease} = await poolOf({concurrency: 3})
  const [a, b, c] = [lease(), lease(), lease()]
  for (const sandbox of [b, c, a]) pool.release(sandbox)
  assert.deepEqual([lease(), lease(), lease()], [a, c, b])
  assert.equal(pool.alive, 3)
})

test('where all are busy events wait in their order, and where too many wait, no more do', async () => {
  const {pool, lease} = await poolOf()
  const [a, b] = [lease(), lease()]
  const order: string[] = []
  const waiting = ['first', 'second'].map(async name => {
    const sandbox = await lease()
    order.push(name)
    return sandbox
  })
  assert.throws(lease, {code: 'LIMIT_CONCURRENCY'})
  pool.release(b)
  pool.release(a)
  assert.deepEqual(await Promise.all(waiting), [b, a])
  assert.deepEqual(order, ['first', 'second'])
})

test('a sandbox that failed is retired, and whoever waits gets a new one', async () => {
  const {pool, lease, call} = await poolOf({concurrency: 1})
  const bad = lease()
  const waiting = lease()
  assert.throws(() => call(bad)('trap'))
  pool.release(bad)
  const good = await waiting
  assert.notEqual(good, bad)
  call(good)('f')
  pool.release(good)
  assert.equal(lease(), good)
  assert.equal(pool.alive, 1)
})

test('single-event sandboxes are made ahead, as many as asked for, and used once', async () => {
  const {pool, lease, call} = await poolOf({concurrency: 4, ahead: 2}, 'never')
  const one = lease()
  call(one)('f')
  pool.release(one)
  assert.equal(pool.alive, 0)
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate)
  assert.equal(pool.alive, 2)
  assert.notEqual(lease(), one)
})

test('warming makes no more than may be alive', async () => {
  const {pool} = await poolOf({concurrency: 3})
  pool.warm(2)
  assert.equal(pool.alive, 2)
  pool.warm(9)
  assert.equal(pool.alive, 3)
})

test('a pool that closes serves who waits, and is closed when the last sandbox is back', async () => {
  const {pool, lease, call} = await poolOf({concurrency: 1})
  const first = lease()
  const waiting = [lease(), lease()] as unknown as Promise<Sandbox>[]
  let closed = false
  const closing = pool.close().then(() => {
    closed = true
  })
  assert.throws(() => call(first)('trap'))
  pool.release(first)
  for (const next of waiting) {
    const sandbox = await next
    call(sandbox)('f')
    await new Promise(setImmediate)
    assert.ok(!closed)
    pool.release(sandbox)
  }
  await closing
  assert.equal(pool.alive, 0)
})
