// engine/async/task.test.ts: calls between guests (the behaviours of run_tests.py and of the suite's async scripts).
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {MayflyError} from '../../base/errors.ts'
import {Guest, packed, RESULT, taskReturn, U32, World, wait} from './async.fixtures.ts'
import {contextGet, contextSet, taskCancel, threadYield} from './builtins.ts'
import {CALLBACK} from './callback.ts'
import {hostFunc} from './host-function.ts'
import {Instance} from './instance.ts'
import {SUBTASK, subtaskDrop} from './subtask.ts'
import {EVENT} from './waitable.ts'
import {waitableSetDrop} from './waitable-set.ts'

const trapsWith = (code: string, part: RegExp) => (error: unknown) =>
  error instanceof MayflyError && error.code === code && part.test(error.message)

const YIELD = CALLBACK.yield
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

describe('a task of the callback form', () => {
  test('that returns at once costs neither a promise nor a turn', () => {
    const {world, guests} = worldWith('a')
    const f = world.func({
      instance: guests[0].instance,
      form: 'callback',
      result: U32,
      code: x => {
        taskReturn(world.thread, 'utf8', U32, () => x + 1)
        return EXIT
      },
      callback: () => assert.fail(),
    })
    assert.equal(world.begin(f, 41), 42)
    assert.equal(world.turns, 0)
    assert.ok(world.scheduler.isIdle)
    assert.ok(guests[0].instance.isIdle)
  })

  test('waits for the host without a stack, and is told what happened', async () => {
    const {world, guests} = worldWith('a')
    const [a] = guests
    const answer = later<number>()
    const g = a.lower(hostFunc(() => answer.promise))
    const events: number[][] = []
    let set = 0
    const f = world.func({
      instance: a.instance,
      form: 'callback',
      result: U32,
      code: () => {
        const status = g()
        assert.equal(status & 0xf, SUBTASK.started)
        set = a.set()
        a.join(status >>> 4, set)
        return waitFor(set)
      },
      callback: (...event) => {
        events.push(event as number[])
        subtaskDrop(a.instance, event[1])
        taskReturn(world.thread, 'utf8', U32, () => a.memory[RESULT])
        waitableSetDrop(a.instance, set)
        return EXIT
      },
    })
    const result = world.call(f)
    answer.resolve(7)
    assert.equal(await result, 7)
    assert.deepEqual(events, [[EVENT.subtask, 1, SUBTASK.returned]])
    await world.scheduler.whenIdle()
    assert.ok(a.instance.isIdle)
  })

  test('yields', async () => {
    const {world, guests} = worldWith('a')
    const order: string[] = []
    const make = (name: string) =>
      world.func({
        instance: guests[0].instance,
        form: 'callback',
        code: () => {
          order.push(`${name}1`)
          return YIELD
        },
        callback: () => {
          order.push(`${name}2`)
          taskReturn(world.thread, 'utf8', undefined, () => undefined)
          return EXIT
        },
      })
    await Promise.all([world.call(make('x')), world.call(make('y'))])
    assert.deepEqual(order, ['x1', 'y1', 'x2', 'y2'])
  })

  for (const code of [3, 4, 15])
    test(`traps for the callback code ${code}`, async () => {
      const {world, guests} = worldWith('a')
      const f = world.func({
        instance: guests[0].instance,
        form: 'callback',
        code: () => code,
        callback: () => EXIT,
      })
      await assert.rejects(world.call(f), trapsWith('TRAP_ASYNC', /unsupported callback code/))
      await assert.rejects(world.call(f), trapsWith('TRAP_REENTERED', /cannot enter component instance/))
    })
})

describe('what a task may return', () => {
  const cases: {name: string; code: (world: World) => unknown; trap: RegExp}[] = [
    {name: 'nothing', code: () => EXIT, trap: /ended without task\.return/},
    {
      name: 'twice',
      code: world => {
        taskReturn(world.thread, 'utf8', U32, () => 1)
        taskReturn(world.thread, 'utf8', U32, () => 1)
      },
      trap: /called more than once/,
    },
    {
      name: 'another type',
      code: world => taskReturn(world.thread, 'utf8', undefined, () => undefined),
      trap: /invalid `task.return` signature/,
    },
    {
      name: 'with other options',
      code: world => taskReturn(world.thread, 'utf16', U32, () => 1),
      trap: /invalid `task.return` signature/,
    },
    {
      name: 'a cancellation that nobody asked for',
      code: world => taskCancel(world.thread),
      trap: /not been cancelled/,
    },
    {
      name: 'while it holds a borrow',
      code: world => {
        world.thread.task.borrows++
        taskReturn(world.thread, 'utf8', U32, () => 1)
      },
      trap: /borrow handles still remain/,
    },
  ]
  for (const {name, code, trap} of cases)
    test(name, async () => {
      const {world, guests} = worldWith('a')
      const f = world.func({
        instance: guests[0].instance,
        form: 'callback',
        result: U32,
        code: () => {
          code(world)
          return EXIT
        },
        callback: () => EXIT,
      })
      await assert.rejects(world.call(f), trap)
    })

  test('task.return belongs to the asynchronous forms', async () => {
    const {world, guests} = worldWith('a')
    const f = world.func({
      instance: guests[0].instance,
      form: 'sync',
      code: () => taskReturn(world.thread, 'utf8', undefined, () => undefined),
    })
    await assert.rejects(world.call(f), trapsWith('TRAP_ASYNC', /task\.return/))
  })
})

describe('a call between instances', () => {
  const forms = ['callback', 'stackful', 'sync'] as const
  for (const callerAsync of [true, false])
    for (const form of forms)
      for (const waits of [false, true])
        test(`${callerAsync ? 'async' : 'sync'} lower, ${form} lift${waits ? ', which waits' : ''}`, async () => {
          const {world, guests} = worldWith('a', 'b')
          const [a, b] = guests
          const answer = later<number>()
          const host = b.lower(
            hostFunc(() => (waits ? answer.promise : 20)),
            'h',
            form === 'callback',
          )
          const finish = (x: number) => taskReturn(world.thread, 'utf8', U32, () => x + 1)
          const g =
            form === 'callback'
              ? world.func({
                  instance: b.instance,
                  form,
                  result: U32,
                  code: () => {
                    const status = host()
                    if (status === SUBTASK.returned) {
                      finish(b.memory[RESULT] as number)
                      return EXIT
                    }
                    const set = b.set()
                    b.join(status >>> 4, set)
                    return waitFor(set)
                  },
                  callback: () => {
                    finish(b.memory[RESULT] as number)
                    return EXIT
                  },
                })
              : world.func({
                  instance: b.instance,
                  form,
                  result: U32,
                  *stack() {
                    const x = (yield* wait(host())) as number
                    if (form === 'sync') return x + 1
                    finish(x)
                    return undefined
                  },
                })
          const call = a.lower(g, 'g', callerAsync)
          const f = world.func({
            instance: a.instance,
            form: 'stackful',
            result: U32,
            *stack() {
              let result = yield* wait(call())
              if (callerAsync) {
                if (result !== SUBTASK.returned) {
                  assert.equal((result as number) & 0xf, SUBTASK.started)
                  const set = a.set()
                  a.join((result as number) >>> 4, set)
                  const event = yield* wait(a.wait(set))
                  assert.deepEqual(event, [EVENT.subtask, (result as number) >>> 4, SUBTASK.returned])
                  subtaskDrop(a.instance, (result as number) >>> 4)
                }
                result = a.memory[RESULT]
              }
              taskReturn(world.thread, 'utf8', U32, () => (result as number) * 2)
            },
          })
          const result = world.begin(f)
          assert.equal(result instanceof Promise, waits)
          answer.resolve(20)
          assert.equal(await result, 42)
          await world.scheduler.whenIdle()
          assert.ok(a.instance.isIdle && b.instance.isIdle)
        })

  test('does not start while the callee is kept back, and starts in order', async () => {
    const {world, guests} = worldWith('a', 'b')
    const [a, b] = guests
    const order: number[] = []
    const g = world.func({
      instance: b.instance,
      form: 'callback',
      code: x => {
        order.push(x)
        taskReturn(world.thread, 'utf8', undefined, () => undefined)
        return EXIT
      },
      callback: () => EXIT,
    })
    b.instance.addBackpressure(1)
    const call = a.lower(g)
    const f = world.func({
      instance: a.instance,
      form: 'stackful',
      *stack() {
        const statuses = [1, 2, 3].map(x => call(x) as number)
        for (const status of statuses) assert.equal(status & 0xf, SUBTASK.starting)
        b.instance.addBackpressure(-1)
        const late = call(4) as number
        assert.equal(late & 0xf, SUBTASK.starting)
        const set = a.set()
        for (const status of [...statuses, late]) a.join(status >>> 4, set)
        for (let i = 0; i < 4; i++) yield* wait(a.wait(set))
        taskReturn(world.thread, 'utf8', undefined, () => undefined)
      },
    })
    await world.call(f)
    assert.deepEqual(order, [1, 2, 3, 4])
  })

  test('of one instance do not interleave, but stackful ones do', async () => {
    for (const [form, expected] of [
      ['sync', ['1', '-1', '2', '-2']],
      ['stackful', ['1', '2', '-1', '-2']],
    ] as const) {
      const {world, guests} = worldWith('a')
      const order: string[] = []
      const f = world.func({
        instance: guests[0].instance,
        form,
        *stack(x: string) {
          order.push(x)
          yield* wait(threadYield(world.thread, false))
          order.push(`-${x}`)
          if (form === 'stackful') taskReturn(world.thread, 'utf8', undefined, () => undefined)
        },
      })
      await Promise.all([world.call(f, '1'), world.call(f, '2')])
      assert.deepEqual(order, expected)
    }
  })

  test('cannot come back into an instance that is being run', async () => {
    const {world, guests} = worldWith('a', 'b')
    const [a, b] = guests
    const inner = world.func({instance: a.instance, form: 'sync', code: () => 0})
    const g = world.func({instance: b.instance, form: 'sync', code: () => b.lower(inner)()})
    const f = world.func({instance: a.instance, form: 'sync', code: () => a.lower(g)()})
    await assert.rejects(world.call(f), trapsWith('TRAP_REENTERED', /cannot enter component instance/))
  })

  test('a child is entered through its parent', () => {
    const parent = new Instance({name: 'p'})
    const child = new Instance({name: 'c', parent})
    const other = new Instance({name: 'o', parent})
    assert.deepEqual(child.entering(undefined), [child, parent])
    assert.deepEqual(child.entering(parent), [child])
    assert.deepEqual(child.entering(other), [child])
    assert.deepEqual(parent.entering(child), [])
    child.enterFrom(other)
    assert.ok(!child.mayEnterFrom(undefined) && other.mayEnterFrom(parent))
    child.leaveTo(other)
    assert.ok(child.mayEnterFrom(undefined))
  })
})

describe('a function of a synchronous type', () => {
  const cases: {
    name: string
    stack: (world: World, guest: Guest) => Generator<Promise<unknown>, unknown, unknown>
    result?: unknown
    trap?: RegExp
  }[] = [
    {
      name: 'may not wait',
      *stack(_, guest) {
        return yield* wait(guest.wait(guest.set()))
      },
      trap: /cannot block a synchronous task before returning/,
    },
    {
      name: 'may poll',
      *stack(_, guest) {
        return yield* wait(guest.poll(guest.set()))
      },
      result: [EVENT.none, 0, 0],
    },
    {
      name: 'may yield',
      *stack(world) {
        yield* wait(threadYield(world.thread, false))
        return 42
      },
      result: 42,
    },
    {
      name: 'may not call what waits',
      *stack(_, guest) {
        return yield* wait(
          guest.lower(
            hostFunc(() => new Promise(() => {})),
            'never',
            false,
          )(),
        )
      },
      trap: /cannot block a synchronous task before returning/,
    },
    {
      name: 'may not call what could have waited',
      *stack(_, guest) {
        return yield* wait(
          guest.lower(
            hostFunc(() => 5),
            'five',
            false,
          )(),
        )
      },
      trap: /cannot block a synchronous task before returning/,
    },
  ]
  for (const {name, stack, result, trap} of cases)
    test(name, async () => {
      const {world, guests} = worldWith('a')
      const [a] = guests
      const f = world.func({instance: a.instance, form: 'sync', sync: true, stack: () => stack(world, a)})
      if (trap !== undefined) await assert.rejects(world.call(f), trap)
      else assert.deepEqual(await world.call(f), result)
    })

  test('of code without a stack may not wait either', async () => {
    const {world, guests} = worldWith('a')
    const [a] = guests
    const f = world.func({instance: a.instance, form: 'sync', sync: true, code: () => a.wait(a.set())})
    await assert.rejects(world.call(f), trapsWith('TRAP_CANNOT_BLOCK', /cannot block a synchronous task/))
  })

  test('is reached past tasks that have the instance to themselves', async () => {
    const {world, guests} = worldWith('a')
    const [a] = guests
    const answer = later<number>()
    const slow = world.func({
      instance: a.instance,
      form: 'sync',
      *stack() {
        return yield* wait(
          a.lower(
            hostFunc(() => answer.promise),
            'h',
            false,
          )(),
        )
      },
    })
    const quick = world.func({instance: a.instance, form: 'sync', sync: true, code: () => 1})
    const first = world.call(slow)
    assert.equal(await world.call(quick), 1)
    answer.resolve(2)
    assert.equal(await first, 2)
  })
})

describe('deadlock', () => {
  test('names what waits for what', async () => {
    const {world, guests} = worldWith('c', 'd')
    const [c, d] = guests
    const f = world.func({
      instance: c.instance,
      form: 'callback',
      code: () => waitFor(c.set()),
      callback: () => EXIT,
    })
    const g = world.func({
      instance: d.instance,
      name: 'g',
      form: 'sync',
      *stack() {
        const status = d.lower(f, 'c#f')() as number
        const set = d.set()
        d.join(status >>> 4, set)
        yield* wait(d.wait(set))
      },
    })
    await assert.rejects(
      world.call(g),
      trapsWith(
        'TRAP_DEADLOCK',
        /the call cannot return, since c#f waits for a waitable set with nothing in it, d#g waits for c#f to return/,
      ),
    )
    await assert.rejects(world.call(f), trapsWith('TRAP_REENTERED', /cannot enter/))
  })

  test('is none while the host has work to do', async () => {
    const {world, guests} = worldWith('a')
    const [a] = guests
    const answer = later<number>()
    const f = world.func({
      instance: a.instance,
      form: 'sync',
      *stack() {
        return yield* wait(
          a.lower(
            hostFunc(() => answer.promise),
            'h',
            false,
          )(),
        )
      },
    })
    const result = world.call(f)
    await new Promise(resolve => setImmediate(resolve))
    answer.resolve(3)
    assert.equal(await result, 3)
  })

  test('of what goes on after the call has returned ends nothing', async () => {
    const {world, guests} = worldWith('a')
    const [a] = guests
    const f = world.func({
      instance: a.instance,
      form: 'callback',
      code: () => {
        taskReturn(world.thread, 'utf8', undefined, () => undefined)
        return waitFor(a.set())
      },
      callback: () => EXIT,
    })
    await world.call(f)
    await world.scheduler.whenIdle()
    assert.equal(world.scheduler.failure, undefined)
    world.scheduler.fail(new Error('the event is over'))
    world.scheduler.reset()
    a.instance.reset()
    assert.ok(world.scheduler.isIdle && a.instance.isIdle)
  })
})

test('every task has context of its own', async () => {
  const {world, guests} = worldWith('a')
  const [a] = guests
  const f = world.func({
    instance: a.instance,
    form: 'stackful',
    *stack(x: number) {
      assert.equal(contextGet(world.thread, 0, 'i32'), 0)
      contextSet(world.thread, 0, -x)
      contextSet(world.thread, 1, 2n ** 63n)
      yield* wait(threadYield(world.thread, false))
      assert.equal(contextGet(world.thread, 0, 'i32'), -x >>> 0)
      assert.equal(contextGet(world.thread, 1, 'i64'), 2n ** 63n)
      taskReturn(world.thread, 'utf8', undefined, () => undefined)
    },
  })
  await Promise.all([world.call(f, 1), world.call(f, 2)])
})

test('backpressure has bounds', () => {
  const instance = new Instance({name: 'a'})
  assert.throws(() => instance.addBackpressure(-1), trapsWith('TRAP_ASYNC', /backpressure/))
  instance.backpressure = 2 ** 16 - 1
  assert.throws(() => instance.addBackpressure(1), trapsWith('TRAP_ASYNC', /backpressure/))
})

test('what an event has left waiting never reaches the next one', async () => {
  const {world, guests} = worldWith('a')
  const [a] = guests
  const answer = later<number>()
  let resumed = 0
  const f = world.func({
    instance: a.instance,
    form: 'sync',
    *stack() {
      yield* wait(
        a.lower(
          hostFunc(() => answer.promise),
          'h',
          false,
        )(),
      )
      resumed++
    },
  })
  const old = world.call(f)
  world.scheduler.fail(new Error('the event is over'))
  world.scheduler.reset()
  a.instance.reset()
  await assert.rejects(old, /the event is over/)
  const quick = world.func({instance: a.instance, form: 'sync', code: () => 7})
  answer.resolve(1)
  assert.equal(await world.call(quick), 7)
  await world.scheduler.whenIdle()
  assert.equal(world.scheduler.failure, undefined)
  assert.equal(resumed, 0)
})
