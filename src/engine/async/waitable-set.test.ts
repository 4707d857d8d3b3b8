import assert from 'node:assert/strict'
import {test} from 'node:test'
import {FUTURE, Guest, taskReturn, World} from './async.fixtures.ts'
import {CALLBACK} from './callback.ts'

/** A call of a function of the callback form, of which only the first part runs. */
function call(code: (guest: Guest, world: World) => number): Promise<unknown> {
  const world = new World()
  const guest = new Guest(world, 'a')
  const {instance} = guest
  const form = 'callback'
  return world.call(
    world.func({instance, form, code: () => code(guest, world), callback: () => assert.fail()}),
  )
}

test('events come in the order in which they came about, not in that of joining; each once', async () => {
  await call((guest, world) => {
    const set = guest.set()
    const pairs = Array.from({length: 4}, () => guest.pair(FUTURE))
    for (const [readable] of pairs) {
      guest.join(readable, set)
      guest.copy('read', readable, 0, 1, {type: FUTURE})
    }
    for (const i of [2, 0, 3]) guest.copy('write', pairs[i]![1], 0, 1, {type: FUTURE})
    // One whose event has come before it joins.
    const late = guest.pair(FUTURE)
    guest.copy('read', late[0], 0, 1, {type: FUTURE})
    guest.copy('write', late[1], 0, 1, {type: FUTURE})
    guest.join(late[0], set)
    // One that leaves takes its event along.
    guest.join(pairs[0]![0], 0)
    const polled = Array.from({length: 4}, () => guest.poll(set)[1])
    assert.deepEqual(polled, [pairs[2]![0], pairs[3]![0], late[0], 0])
    taskReturn(world.thread, 'utf8', undefined, () => undefined)
    return CALLBACK.exit
  })
})

test('of a set with very many members a few are named', async () => {
  const called = call(guest => {
    const set = guest.set()
    for (let i = 0; i < 1000; i++) guest.join(guest.pair()[0], set)
    return CALLBACK.wait | (set << 4)
  })
  await assert.rejects(called, ({message}: Error) => {
    assert.match(message, /a stream that it does not read or 992 more/)
    assert.ok(message.length < 1000)
    return true
  })
})
