// engine/async/threads.test.ts: threads that a guest starts, and stacks that JSPI keeps.
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {Guest, jspi, type Stack, type StackCode, taskReturn, World, wait} from './async.fixtures.ts'
import {
  threadIndex,
  threadNew,
  threadPromote,
  threadResumeLater,
  threadSuspend,
  threadSwitch,
  threadYield,
} from './builtins.ts'
import {type StackCall, stackCall} from './core-call.ts'
import {hostFunc} from './host-function.ts'
import {subtaskCancel} from './subtask.ts'

type Case = {name: string; main: (world: World, log: string[]) => Stack; order: string[]; sync?: true}

const start = (world: World, code: StackCode): number =>
  threadNew(world.thread, stackCall(world.scheduler, jspi(code)), 7)

const cases: Case[] = [
  {
    name: 'begin when they are resumed',
    *main(world, log) {
      const other = start(world, function* (argument) {
        log.push(`other ${argument}`)
        yield* wait(threadYield(world.thread, false))
        log.push('other again')
      })
      log.push('main')
      threadResumeLater(world.thread, other)
      yield* wait(threadYield(world.thread, false))
      log.push('main again')
      yield* wait(threadYield(world.thread, false))
    },
    order: ['main', 'other 7', 'main again', 'other again'],
  },
  {
    name: 'hand over to each other',
    *main(world, log) {
      const main = threadIndex(world.thread)
      const other = start(world, function* () {
        log.push('other')
        yield* wait(threadSwitch(world.thread, main, false, false))
        log.push('other again')
      })
      yield* wait(threadSwitch(world.thread, other, false, false))
      log.push('main')
      yield* wait(threadSwitch(world.thread, other, false, true))
      log.push('main again')
    },
    order: ['other', 'main', 'other again', 'main again'],
  },
  {
    name: 'are preferred when they are ready',
    *main(world, log) {
      const main = threadIndex(world.thread)
      const slow = start(world, function* () {
        log.push('slow')
        yield* wait(0)
      })
      const quick = start(world, function* () {
        log.push('quick')
        threadResumeLater(world.thread, main)
        yield* wait(0)
      })
      threadResumeLater(world.thread, slow)
      threadResumeLater(world.thread, quick)
      yield* wait(threadPromote(world.thread, quick, false, false))
      log.push('main')
      yield* wait(threadYield(world.thread, false))
    },
    order: ['quick', 'slow', 'main'],
  },
  {
    name: 'run during a synchronous call',
    sync: true,
    *main(world, log) {
      const main = threadIndex(world.thread)
      const other = start(world, function* () {
        log.push('other')
        threadResumeLater(world.thread, main)
        yield* wait(0)
      })
      threadResumeLater(world.thread, other)
      yield* wait(threadSuspend(world.thread, false))
      log.push('main')
    },
    order: ['other', 'main'],
  },
]

describe('threads of a guest', () => {
  for (const {name, main, order, sync} of cases)
    test(name, async () => {
      const world = new World()
      const {instance} = new Guest(world, 'a')
      const log: string[] = []
      const f = world.func({
        instance,
        ...(sync ? {sync, form: 'sync'} : {form: 'stackful'}),
        *stack() {
          yield* main(world, log)
          if (!sync) taskReturn(world.thread, 'utf8', undefined, () => undefined)
        },
      })
      await world.call(f)
      await world.scheduler.whenIdle()
      assert.deepEqual(log, order)
      assert.ok(instance.isIdle)
    })

  test('that nobody resumes hang for good', async () => {
    const world = new World()
    const f = world.func({
      instance: new Guest(world, 'a').instance,
      form: 'stackful',
      *stack() {
        yield* wait(threadSuspend(world.thread, false))
      },
    })
    await assert.rejects(world.call(f), /deadlock detected.*nobody is left to do it/)
  })

  test('are resumed only where they are suspended', async () => {
    const world = new World()
    const f = world.func({
      instance: new Guest(world, 'a').instance,
      form: 'stackful',
      *stack() {
        threadResumeLater(world.thread, threadIndex(world.thread))
        yield* wait(0)
      },
    })
    await assert.rejects(world.call(f), /cannot resume thread which is not suspended/)
  })
})

/** (func (export "g") (param i32) (result i32)): f(f(x)) + 1, where f is the import "" "f". */
const CORE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 6, 1, 0x60, 1, 0x7f, 1, 0x7f],
  ...[2, 6, 1, 0, 1, 0x66, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 5, 1, 1, 0x67, 0, 1],
  ...[10, 13, 1, 11, 0, 0x20, 0, 0x10, 0, 0x10, 0, 0x41, 1, 0x6a, 0x0b],
])

describe('core code on stacks of V8', () => {
  /** The exported function of CORE, which suspends at each of its two calls of `f`. */
  function core(f: (x: number) => unknown): StackCall {
    const {exports} = new WebAssembly.Instance(new WebAssembly.Module(CORE), {
      '': {f: new WebAssembly.Suspending(f as (...args: any[]) => any)},
    })
    return {call: WebAssembly.promising(exports['g'] as never), done: false, result: undefined}
  }

  test('waits in the middle, while others run', async () => {
    const world = new World()
    const a = new Guest(world, 'a')
    const log: number[] = []
    const call = a.lower(
      hostFunc(async x => (x as number) + 10),
      'host',
      false,
    )
    const blocking = core(x => {
      log.push(x)
      return call(x)
    })
    const f = world.core(a.instance, blocking)
    assert.deepEqual(await Promise.all([world.call(f, 1), world.call(f, 2)]), [22, 23])
    assert.deepEqual(log, [1, 2, 11, 12])
    await world.scheduler.whenIdle()
    assert.ok(world.scheduler.isIdle && a.instance.isIdle)
  })

  test('is unwound when the sandbox fails', async () => {
    const world = new World()
    const a = new Guest(world, 'a')
    const blocking = core(() => a.wait(a.set()))
    await assert.rejects(world.call(world.core(a.instance, blocking), 1), /deadlock detected/)
    assert.equal(world.scheduler.stacks.size, 0)
  })
})

test('a subtask that has ended cannot be cancelled', async () => {
  const world = new World()
  const a = new Guest(world, 'a')
  const f = world.func({
    instance: a.instance,
    form: 'stackful',
    *stack() {
      const status = a.lower(hostFunc(() => Promise.resolve(1)))() as number
      const set = a.set()
      a.join(status >>> 4, set)
      yield* wait(a.wait(set))
      subtaskCancel(world.thread, status >>> 4, true)
    },
  })
  await assert.rejects(world.call(f), /called after terminal status delivered/)
})
