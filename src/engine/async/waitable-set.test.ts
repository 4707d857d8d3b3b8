import assert from 'node:assert/strict'
import {test} from 'node:test'
import {FUTURE, Guest, taskReturn, World} from './async.fixtures.ts'
import {CALLBACK} from './callback.ts'

/** A callback function that returns at once, so that built-ins can be called. */
const inside = async (run: (guest: Guest) => void): Promise<void> => {
  const world = new World()
  const guest = new Guest(world, 'a')
  const func = world.func({
    instance: guest.instance,
    form: 'callback',
    code: () => {
      run(guest)
      taskReturn(world.thread, 'utf8', undefined, () => undefined)
      return CALLBACK.exit
    },
    callback: () => assert.fail(),
  })
  await world.call(func)
}

test('events come in the order in which they came about, not in that of joining; each once', async () => {
  await inside(guest => {
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
  })
})

test('of a set with very many members a few are named', async () => {
  const world = new World()
  const guest = new Guest(world, 'a')
  const func = world.func({
    instance: guest.instance,
    form: 'callback',
    code: () => {
      const set = guest.set()
      for (let i = 0; i < 1000; i++) guest.join(guest.pair()[0], set)
      return CALLBACK.wait | (set << 4)
    },
    callback: () => assert.fail(),
  })
  await assert.rejects(world.call(func), ({message}: Error) => {
    assert.match(message, /a stream that it does not read or 992 more/)
    assert.ok(message.length < 1000)
    return true
  })
})
