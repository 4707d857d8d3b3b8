// engine/async/task-function.test.ts: what the host is told of its calls, and when.
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {Guest, STREAM, taskReturn, U32, World} from './async.fixtures.ts'
import {CALLBACK} from './callback.ts'
import {liftSide} from './copy-end.ts'
import {type ChunkReader, GuestStream} from './host-sink.ts'
import {TaskFunction} from './task-function.ts'

/** Calls a function of the callback form with this code. What the host is told is in `order`, as what the code adds. */
function worldOf(code: (world: World, order: string[]) => void) {
  const world = new World()
  const order: string[] = []
  const func = world.func({
    instance: new Guest(world, 'a').instance,
    form: 'callback',
    result: U32,
    code: () => {
      code(world, order)
      return CALLBACK.exit
    },
    callback: () => assert.fail(),
  })
  const call = () =>
    new TaskFunction(world.scheduler, func, 'f').call(
      {
        returned: value => order.push(`returned ${value}`),
        failed: error => order.push(`failed: ${(error as Error).message}`),
      },
      [],
    )
  return {world, order, call}
}

const returnSeven = (world: World): void => taskReturn(world.thread, 'utf8', U32, () => 7)

describe('the host is told', () => {
  test('what a task returns, before that goes on', () => {
    const {order, call} = worldOf((world, order) => {
      returnSeven(world)
      order.push('goes on')
    })
    call()
    assert.deepEqual(order, ['returned 7', 'goes on'])
  })

  test('what a task returns, and then that it traps', async () => {
    const {world, order, call} = worldOf(() => {
      returnSeven(world)
      throw new WebAssembly.RuntimeError('unreachable')
    })
    assert.throws(call, /unreachable/)
    await world.scheduler.whenIdle()
    assert.deepEqual(order, ['returned 7'])
    assert.ok(world.scheduler.failure)
  })

  test('what ends a task from outside only when that is off the stack', async () => {
    const {world, order, call} = worldOf(({scheduler}, order) => {
      scheduler.fail(new Error('the client has gone'))
      order.push('goes on')
    })
    assert.throws(call, /without task.return/)
    assert.deepEqual(order, ['goes on'])
    await world.scheduler.whenIdle()
    assert.deepEqual(order, ['goes on', 'failed: the client has gone'])
  })
})

test('a stream that the host reads as soon as it is returned does not keep the guest waiting', () => {
  const world = new World()
  const guest = new Guest(world, 'a')
  const read: unknown[] = []
  const results: unknown[] = []
  const func = world.func({
    instance: guest.instance,
    form: 'callback',
    code: () => {
      const [readable, writable] = guest.pair()
      const lift = () => new GuestStream(world.scheduler, liftSide(guest.instance, STREAM, readable))
      taskReturn(world.thread, 'utf8', undefined, lift)
      for (let i = 1; i <= 3; i++) {
        guest.memory[0] = i
        results.push(guest.copy('write', writable, 0, 1))
      }
      guest.drop('write', writable)
      return CALLBACK.exit
    },
    callback: () => assert.fail(),
  })
  const returned = (stream: unknown): void => {
    const reader: ChunkReader = {
      take(chunk) {
        read.push(chunk)
        if (chunk !== undefined) (stream as GuestStream).pull(reader)
      },
      refuse: () => assert.fail(),
    }
    ;(stream as GuestStream).pull(reader)
  }
  new TaskFunction(world.scheduler, func, 'f').call({returned, failed: () => assert.fail()}, [])
  const ONE_COMPLETED = 1 << 4
  assert.deepEqual(results, [ONE_COMPLETED, ONE_COMPLETED, ONE_COMPLETED])
  assert.deepEqual(read, [[1], [2], [3], undefined])
})
