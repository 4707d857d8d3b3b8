// engine/async/cancel.test.ts: cancellation and traps (the behaviours of run_tests.py and of the suite's async scripts).
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {Call} from '../call.ts'
import {Guest, packed, taskReturn, World, wait} from './async.fixtures.ts'
import {taskCancel, threadYield} from './builtins.ts'
import {CALLBACK} from './callback.ts'
import {hostFunc} from './host-function.ts'
import {SUBTASK, subtaskDrop} from './subtask.ts'
import {TaskFunction} from './task-function.ts'
import {BLOCKED, EVENT} from './waitable.ts'

const EXIT = CALLBACK.exit
const waitFor = (set: number): number => packed(CALLBACK.wait, set)

/** A promise and what settles it. */
function later<T>() {
  const {promise, resolve, reject} = Promise.withResolvers<T>()
  return {promise, resolve, reject}
}

function worldWith(...names: string[]) {
  const world = new World()
  return {world, guests: names.map(name => new Guest(world, name)) as [Guest, Guest, Guest]}
}

describe('cancellation', () => {
  test('of a subtask that has not started', async () => {
    const {world, guests} = worldWith('a', 'b')
    const [a, b] = guests
    b.instance.addBackpressure(1)
    const g = world.func({
      instance: b.instance,
      form: 'callback',
      code: () => assert.fail(),
      callback: () => EXIT,
    })
    const f = world.func({
      instance: a.instance,
      form: 'stackful',
      *stack() {
        const status = a.lower(g)() as number
        assert.equal(yield* wait(a.cancel(status >>> 4)), SUBTASK.cancelledBeforeStarted)
        subtaskDrop(a.instance, status >>> 4)
        taskReturn(world.thread, 'utf8', undefined, () => undefined)
      },
    })
    await world.call(f)
    assert.equal(b.instance.waitingToEnter, 0)
  })

  for (const callee of ['callback', 'stackful'] as const)
    for (const [how, finalState] of [
      ['returns all the same', SUBTASK.returned],
      ['gives up', SUBTASK.cancelledBeforeReturned],
    ] as const)
      test(`of a ${callee} task that waits and ${how}`, async () => {
        const {world, guests} = worldWith('a', 'b')
        const [a, b] = guests
        const cancelled = (event: number) => {
          assert.equal(event, EVENT.taskCancelled)
          if (finalState === SUBTASK.returned) taskReturn(world.thread, 'utf8', undefined, () => undefined)
          else taskCancel(world.thread)
          return EXIT
        }
        const g =
          callee === 'callback'
            ? world.func({
                instance: b.instance,
                form: callee,
                code: () => waitFor(b.set()),
                callback: cancelled,
              })
            : world.func({
                instance: b.instance,
                form: callee,
                *stack() {
                  cancelled((yield* wait(b.wait(b.set(), true)))[0])
                },
              })
        const f = world.func({
          instance: a.instance,
          form: 'stackful',
          *stack() {
            const status = a.lower(g)() as number
            assert.equal(status & 0xf, SUBTASK.started)
            assert.equal(yield* wait(a.cancel(status >>> 4)), finalState)
            subtaskDrop(a.instance, status >>> 4)
            taskReturn(world.thread, 'utf8', undefined, () => undefined)
          },
        })
        await world.call(f)
        await world.scheduler.whenIdle()
        assert.ok(b.instance.isIdle)
      })

  test('of a task that is on a stack, by one that is not, comes later', async () => {
    const {world, guests} = worldWith('a', 'b')
    const [a, b] = guests
    const g = world.func({
      instance: b.instance,
      form: 'stackful',
      *stack() {
        assert.equal((yield* wait(b.wait(b.set(), true)))[0], EVENT.taskCancelled)
        taskCancel(world.thread)
      },
    })
    const f = world.func({
      instance: a.instance,
      form: 'callback',
      code: () => {
        const status = a.lower(g)() as number
        assert.equal(a.cancel(status >>> 4), BLOCKED)
        const set = a.set()
        a.join(status >>> 4, set)
        return waitFor(set)
      },
      callback: (...event) => {
        assert.deepEqual([event[0], event[2]], [EVENT.subtask, SUBTASK.cancelledBeforeReturned])
        taskReturn(world.thread, 'utf8', undefined, () => undefined)
        return EXIT
      },
    })
    await world.call(f)
  })

  test('waits until the task looks', async () => {
    const {world, guests} = worldWith('a', 'b')
    const [a, b] = guests
    const answer = later<void>()
    const g = world.func({
      instance: b.instance,
      form: 'stackful',
      *stack() {
        yield* wait(
          b.lower(
            hostFunc(() => answer.promise),
            'h',
            false,
          )(),
        )
        assert.equal(yield* wait(threadYield(world.thread, true)), 1)
        taskCancel(world.thread)
      },
    })
    const f = world.func({
      instance: a.instance,
      form: 'stackful',
      *stack() {
        const status = a.lower(g)() as number
        assert.equal(yield* wait(a.cancel(status >>> 4)), BLOCKED)
        answer.resolve()
        const set = a.set()
        a.join(status >>> 4, set)
        const event = yield* wait(a.wait(set))
        assert.deepEqual(event, [EVENT.subtask, status >>> 4, SUBTASK.cancelledBeforeReturned])
        taskReturn(world.thread, 'utf8', undefined, () => undefined)
      },
    })
    await world.call(f)
  })

  test('of a function of the host', async () => {
    const {world, guests} = worldWith('a')
    const [a] = guests
    let told = 0
    const host = hostFunc(() => Object.assign(new Promise(() => {}), {cancel: () => told++}))
    const f = world.func({
      instance: a.instance,
      form: 'stackful',
      *stack() {
        const status = a.lower(host)() as number
        assert.equal(yield* wait(a.cancel(status >>> 4, false)), SUBTASK.cancelledBeforeReturned)
        taskReturn(world.thread, 'utf8', undefined, () => undefined)
      },
    })
    await world.call(f)
    assert.equal(told, 1)
  })

  test('by the host', async () => {
    const {world, guests} = worldWith('a')
    const [a] = guests
    const f = world.func({
      instance: a.instance,
      form: 'callback',
      code: () => waitFor(a.set()),
      callback: () => {
        taskCancel(world.thread)
        return EXIT
      },
    })
    world.scheduler.hostBegins()
    const called = new Call()
    new TaskFunction(world.scheduler, f, 'f').call(called, []).cancel()
    await assert.rejects(called.outcome() as Promise<unknown>, /the call was cancelled/)
    world.scheduler.hostEnds()
    await world.scheduler.whenIdle()
    assert.ok(a.instance.isIdle)
  })
})

describe('a trap', () => {
  test('ends every call, and every stack', async () => {
    const {world, guests} = worldWith('a', 'b')
    const [a, b] = guests
    let unwound = false
    const waiting = world.func({
      instance: b.instance,
      form: 'sync',
      *stack() {
        try {
          yield* wait(
            b.lower(
              hostFunc(() => new Promise(() => {})),
              'h',
              false,
            )(),
          )
        } finally {
          unwound = true
        }
      },
    })
    const trapping = world.func({
      instance: a.instance,
      form: 'callback',
      code: () => CALLBACK.yield,
      callback: () => {
        throw new WebAssembly.RuntimeError('unreachable')
      },
    })
    const first = world.call(waiting)
    const second = world.call(trapping)
    await assert.rejects(second, /unreachable/)
    await assert.rejects(first, /unreachable/)
    assert.ok(unwound)
  })

  test('of the host function ends the guest', async () => {
    const {world, guests} = worldWith('a')
    const [a] = guests
    const f = world.func({
      instance: a.instance,
      form: 'sync',
      *stack() {
        yield* wait(
          a.lower(
            hostFunc(() => Promise.reject(new Error('no such host'))),
            'h',
            false,
          )(),
        )
      },
    })
    await assert.rejects(world.call(f), /no such host/)
  })
})
