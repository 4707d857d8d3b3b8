// Host functions of async type, called by guests in every way.
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {detectTier} from '../snapshot/detect.ts'
import type {Tier} from '../snapshot/snapshot.ts'
import {CALLER} from './async-host.fixtures.ts'
import {blockingFunction, type HostFunction, hostFunction} from './imports.ts'
import {caller, link, prepare, rootImports, sandboxOf} from './link.fixtures.ts'

const guestOf = (slow: HostFunction['call'], make = blockingFunction) =>
  sandboxOf(CALLER, rootImports({slow: make(slow)}))

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

describe('a function of async type', () => {
  const hosts: [string, HostFunction['call']][] = [
    ['that answers at once', (_, n: number) => n * 2],
    ['that answers soon', async (_, n: number) => n * 2],
    [
      'that answers later',
      async (_, n: number) => {
        await turn()
        return n * 2
      },
    ],
  ]
  for (const [name, slow] of hosts)
    test(`${name} is called from a stack, and beside other calls`, async () => {
      const {call} = await guestOf(slow)
      for (let i = 0; i < 3; i++) {
        assert.equal(await call('sync', 21), 42)
        assert.equal(await call('both', 5), 22)
      }
    })

  test('keeps nobody waiting: calls of one guest run beside each other', async () => {
    const asked: number[] = []
    const answers = [Promise.withResolvers<number>(), Promise.withResolvers<number>()]
    const {call} = await guestOf((_, n: number) => {
      asked.push(n)
      return answers[n]!.promise
    })
    const both = call('both', 0)
    assert.deepEqual(asked, [0, 1])
    answers[1]!.resolve(10)
    answers[0]!.resolve(1)
    assert.equal(await both, 11)
  })

  test('may not be waited for by a function that is not', async () => {
    const {call} = await guestOf(async () => 1)
    await assert.rejects(async () => call('plain', 1), {code: 'TRAP_CANNOT_BLOCK'})
  })

  test('that fails ends the guest, with its reason', async () => {
    for (const name of ['sync', 'both']) {
      const {call, sandbox} = await guestOf(async () => {
        throw new Error('the disk is full')
      })
      await assert.rejects(async () => call(name, 1), /the disk is full/, name)
      sandbox.restore()
      assert.ok(sandbox.spent)
    }
  })

  test('must be made with blockingFunction to answer later', async () => {
    for (const name of ['sync', 'both']) {
      const {call} = await guestOf(async (_, n: number) => n, hostFunction)
      await assert.rejects(async () => call(name, 1), /blockingFunction/, name)
    }
  })
})

describe('a call that the guest cancels', () => {
  const CANCELLED = 4

  test('is over, and the host told once', async () => {
    let told = 0
    const answer = Promise.withResolvers<number>()
    const {call, sandbox} = await guestOf(() => Object.assign(answer.promise, {cancel: () => void told++}))
    assert.equal(await call('cancel', 1), CANCELLED)
    assert.equal(told, 1)
    answer.resolve(77)
    await turn()
    assert.equal(await call('load', 64), 0, 'nothing is written any more')
    sandbox.restore()
    assert.equal(told, 1)
  })

  test('is over where the host cannot be told', async () => {
    const {call} = await guestOf(() => new Promise(() => {}))
    assert.equal(await call('cancel', 1), CANCELLED)
    const throwing = await guestOf(() =>
      Object.assign(new Promise(() => {}), {
        cancel: () => {
          throw new Error('too late')
        },
      }),
    )
    assert.equal(await throwing.call('cancel', 1), CANCELLED)
  })
})

describe('a call that is left behind', () => {
  test('is cancelled when the event ends, and answers nobody', async () => {
    let told = 0
    const answers: PromiseWithResolvers<number>[] = []
    const {call, sandbox} = await guestOf(() => {
      const answer = Promise.withResolvers<number>()
      answers.push(answer)
      return Object.assign(answer.promise, {cancel: () => void told++})
    })
    assert.equal(await call('leave', 1), 0)
    await sandbox.whenIdle()
    sandbox.restore()
    assert.equal(told, 1)
    assert.ok(!sandbox.spent, 'no stack of the guest waits')
    answers[0]!.resolve(0x55555555)
    await turn()
    await turn()
    assert.equal(call('load', 4096), 0, 'the next event')
  })

  test('fails nobody', async () => {
    const {call, sandbox} = await guestOf(() => Promise.reject(new Error('nobody hears')))
    const result = call('leave', 1)
    assert.equal(await result, 0)
    await assert.rejects(
      turn().then(() => sandbox.whenIdle()),
      /nobody hears/,
    )
    sandbox.restore()
    assert.ok(sandbox.spent)
  })
})

/** What the host writes after the call has returned must not reach the next event, whatever the kernel told of it. */
const tiers = new Map(
  (['cow', 'madvise', 'copy'] as const)
    .map(prefer => detectTier({prefer}).tier)
    .map(tier => [tier.name, tier]),
)
for (const tier of tiers.values())
  test(`an answer after the call has returned is undone (${tier.name})`, async () => {
    const answer = Promise.withResolvers<number>()
    let suspected = 0
    const watched: Tier = {
      ...tier,
      adopt(...args) {
        const restorer = tier.adopt(...args)
        const suspect = (): void => {
          suspected++
          restorer.suspect()
        }
        return Object.create(restorer, {suspect: {value: suspect}})
      },
    }
    const linked = await link(
      CALLER,
      rootImports({slow: blockingFunction((_, n) => (n === 1 ? answer.promise : n))}),
    )
    const sandbox = prepare(linked, {tier: watched}).make()
    const call = caller(linked, sandbox)
    // The pages that every event touches are known from here on.
    for (let i = 0; i < 3; i++) {
      await call('sync', 2)
      sandbox.restore()
    }
    assert.equal(suspected, 0, 'all was written while somebody looked')
    assert.equal(await call('leave', 1), 0)
    await sandbox.whenIdle()
    assert.equal(suspected, 1)
    answer.resolve(0x77777777)
    await turn()
    await turn()
    assert.equal(call('load', 4096), 0x77777777, 'written')
    sandbox.restore()
    assert.ok(!sandbox.spent)
    assert.equal(call('load', 4096), 0)
  })
