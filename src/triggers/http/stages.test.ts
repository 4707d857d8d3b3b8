import assert from 'node:assert/strict'
import {test} from 'node:test'
import {type Pace, type Staged, Stages} from './stages.ts'

const turn = () => new Promise(resolve => setImmediate(resolve))

/** A machine whose guests take as long as they say, and a log of what happened. */
function bench(limits = {maxCount: 100, budgetMs: 4, slowMs: 2}) {
  let now = 0
  const log: string[] = []
  const stages = new Stages(limits, () => now)
  const paces = new Map<string, Pace>()
  const event = (name: string, tookMs: number, component = name): Staged => {
    const pace = paces.get(component) ?? {averageMs: 0}
    paces.set(component, pace)
    const self: Staged = {
      pace,
      run() {
        log.push(`run ${name}`)
        now += tookMs
        stages.replyLater(self)
      },
      reply: () => log.push(`reply ${name}`),
    }
    return self
  }
  return {stages, log, event, paces, turnOver: () => log.push('--')}
}

test('all that came in one turn run, then all are answered', async () => {
  const {stages, log, event} = bench()
  for (const name of ['a', 'b', 'c']) stages.enqueue(event(name, 0.1))
  assert.deepEqual(log, [])
  await turn()
  assert.deepEqual(log, ['run a', 'run b', 'run c', 'reply a', 'reply b', 'reply c'])
})

test('a turn is bounded in time: what is finished is answered, the rest comes next turn', async () => {
  const {stages, log, event, turnOver} = bench()
  for (const name of ['a', 'b', 'c', 'd']) stages.enqueue(event(name, 3))
  await turn()
  turnOver()
  await turn()
  assert.deepEqual(log, [
    'run a',
    'run b',
    'reply a',
    'reply b',
    '--',
    'run c',
    'run d',
    'reply c',
    'reply d',
  ])
})

test('guests wait while connections come, but not for ever', async () => {
  const {stages, log, event} = bench()
  stages.enqueue(event('a', 0.1))
  stages.connected()
  await turn()
  assert.deepEqual(log, [])
  await turn()
  assert.deepEqual(log, ['run a', 'reply a'])
  stages.enqueue(event('b', 0.1))
  let rounds = 0
  while (log.length === 2 && rounds++ < 1000) {
    stages.connected()
    await turn()
  }
  assert.ok(rounds > 10 && rounds < 100, `${rounds}`)
})

test('all that wait have begun, the slow ones too, before it says so', async () => {
  const {stages, log, event, paces} = bench()
  for (const name of ['s1', 's2']) paces.set(name, {averageMs: 50})
  for (const name of ['s1', 'a', 's2']) stages.enqueue(event(name, 5))
  const begun = stages.begun().then(() => log.push('begun'))
  stages.enqueue(event('b', 0))
  await begun
  assert.deepEqual(
    log
      .slice(0, log.indexOf('begun'))
      .filter(line => /^run [as]/.test(line))
      .sort(),
    ['run a', 'run s1', 'run s2'],
  )
})

test('a turn is bounded in count', async () => {
  const {stages, log, event, turnOver} = bench({maxCount: 2, budgetMs: 4, slowMs: 2})
  for (const name of ['a', 'b', 'c']) stages.enqueue(event(name, 0))
  await turn()
  turnOver()
  await turn()
  assert.deepEqual(log, ['run a', 'run b', 'reply a', 'reply b', '--', 'run c', 'reply c'])
})

test('a component known to run long runs last, one of them at least in every turn', async () => {
  const {stages, log, event, paces, turnOver} = bench()
  paces.set('slow', {averageMs: 50})
  for (const name of ['s1', 's2']) stages.enqueue(event(name, 50, 'slow'))
  for (const name of ['a', 'b']) stages.enqueue(event(name, 0.1))
  await turn()
  turnOver()
  stages.enqueue(event('c', 0.1))
  await turn()
  assert.deepEqual(log, [
    'run a',
    'run b',
    'reply a',
    'reply b',
    'run s1',
    'reply s1',
    '--',
    'run c',
    'reply c',
    'run s2',
    'reply s2',
  ])
})

test('a component becomes slow and quick again by its average', async () => {
  const {stages, event, paces} = bench()
  for (let i = 0; i < 20; i++) {
    stages.enqueue(event(`long ${i}`, 10, 'x'))
    await turn()
  }
  assert.ok(paces.get('x')!.averageMs > 2)
  for (let i = 0; i < 40; i++) {
    stages.enqueue(event(`short ${i}`, 0, 'x'))
    await turn()
  }
  assert.ok(paces.get('x')!.averageMs < 2)
})

test('an answer that comes between turns is written in the next one', async () => {
  const {stages, log, event} = bench()
  stages.replyLater(event('later', 0))
  assert.deepEqual(log, [])
  await turn()
  assert.deepEqual(log, ['reply later'])
})
