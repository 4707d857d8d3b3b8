// engine/async/copy.test.ts: streams and futures (the behaviours of run_tests.py and of the suite's async scripts).
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import fc from 'fast-check'
import {MayflyError} from '../../base/errors.ts'
import {
  CHAR,
  FUTURE,
  Guest,
  packed,
  STREAM,
  type Stack,
  taskReturn,
  unpacked,
  World,
  wait,
} from './async.fixtures.ts'
import {type CopyType, copyNew, liftSide, lowerSide} from './copy-end.ts'
import {HostFuture} from './host-future.ts'
import {GuestFuture, GuestStream} from './host-sink.ts'
import {HostStream} from './host-stream.ts'
import {COPY} from './rendezvous.ts'
import {BLOCKED, EVENT} from './waitable.ts'

const trapsWith = (code: string, part: RegExp) => (error: unknown) =>
  error instanceof MayflyError && error.code === code && part.test(error.message)

const COMPLETED = (count: number): number => packed(COPY.completed, count)
const DROPPED = (count: number): number => packed(COPY.dropped, count)
const CANCELLED = (count: number): number => packed(COPY.cancelled, count)

/** Core code, on its stack if it is a generator. */
// biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is no generator
type Body = (world: World, guest: Guest) => Stack | void

/** Runs `body` as a stackful task. */
async function inTask(world: World, guest: Guest, body: Body): Promise<void> {
  await world.call(
    world.func({
      instance: guest.instance,
      form: 'stackful',
      *stack() {
        const stack = body(world, guest)
        if (stack) yield* stack
        taskReturn(world.thread, 'utf8', undefined, () => undefined)
      },
    }),
  )
}

const NONE: CopyType = {kind: 'stream', element: undefined}

describe('a stream', () => {
  type Case = {name: string; body: Body; trap?: RegExp}
  const cases: Case[] = [
    {
      name: 'copies what both sides have room for, and counts',
      body: (_, g) => {
        const [r, w] = g.pair()
        g.memory.splice(0, 6, 1, 2, 3, 4, 5, 6)
        assert.equal(g.copy('write', w, 0, 6), BLOCKED)
        assert.equal(g.copy('read', r, 100, 2), COMPLETED(2))
        assert.equal(g.copy('read', r, 102, 2), COMPLETED(2))
        assert.deepEqual(g.memory.slice(100, 104), [1, 2, 3, 4])
        const set = g.set()
        g.join(w, set)
        assert.deepEqual(g.wait(set), [EVENT.streamWrite, w, COMPLETED(4)])
        assert.equal(g.copy('write', w, 4, 2), BLOCKED)
        assert.equal(g.copy('read', r, 104, 9), COMPLETED(2))
        g.drop('read', r)
        assert.deepEqual(g.wait(set), [EVENT.streamWrite, w, DROPPED(2)])
        g.drop('write', w)
      },
    },
    {
      name: 'fills a reader by several writes until it looks',
      body: (_, g) => {
        const [r, w] = g.pair()
        g.memory.splice(0, 4, 1, 2, 3, 4)
        assert.equal(g.copy('read', r, 100, 4), BLOCKED)
        assert.equal(g.copy('write', w, 0, 1), COMPLETED(1))
        assert.equal(g.copy('write', w, 1, 2), COMPLETED(2))
        const set = g.set()
        g.join(r, set)
        assert.deepEqual(g.poll(set), [EVENT.streamRead, r, COMPLETED(3)])
        assert.deepEqual(g.memory.slice(100, 104), [1, 2, 3, 0])
        assert.equal(g.copy('write', w, 3, 1), BLOCKED)
      },
    },
    {
      name: 'tells the reader of the end',
      body: (_, g) => {
        const [r, w] = g.pair()
        assert.equal(g.copy('read', r, 100, 4), BLOCKED)
        assert.equal(g.copy('write', w, 0, 1), COMPLETED(1))
        g.drop('write', w)
        const set = g.set()
        g.join(r, set)
        assert.deepEqual(g.poll(set), [EVENT.streamRead, r, DROPPED(1)])
        g.drop('read', r)
      },
    },
    {
      name: 'cancels a read that has got something',
      body: (_, g) => {
        const [r, w] = g.pair()
        assert.equal(g.copy('read', r, 100, 4), BLOCKED)
        assert.equal(g.copy('write', w, 0, 3), COMPLETED(3))
        assert.equal(g.cancelCopy('read', r), CANCELLED(3))
        assert.equal(g.copy('read', r, 100, 4), BLOCKED)
        assert.equal(g.cancelCopy('read', r), CANCELLED(0))
        assert.equal(g.copy('write', w, 0, 3), BLOCKED)
        assert.equal(g.copy('read', r, 100, 1), COMPLETED(1))
        assert.equal(g.cancelCopy('write', w), CANCELLED(1))
        g.drop('write', w)
        assert.equal(g.copy('read', r, 0, 1), DROPPED(0))
      },
    },
    {
      name: 'of nothing copies nothing, but counts',
      body: (_, g) => {
        const [r, w] = g.pair(NONE)
        assert.equal(g.copy('write', w, 0, 2 ** 28 - 1, {type: NONE}), BLOCKED)
        assert.equal(g.copy('read', r, 0, 5, {type: NONE}), COMPLETED(5))
        assert.equal(g.cancelCopy('write', w, {type: NONE}), CANCELLED(5))
      },
    },
    {
      name: 'lets a write of nothing wait for a reader',
      body: (_, g) => {
        const [r, w] = g.pair()
        assert.equal(g.copy('write', w, 0, 0), BLOCKED)
        assert.equal(g.copy('read', r, 100, 1), BLOCKED)
        const set = g.set()
        g.join(w, set)
        assert.deepEqual(g.poll(set), [EVENT.streamWrite, w, COMPLETED(0)])
        assert.equal(g.copy('write', w, 0, 0), COMPLETED(0))
        assert.equal(g.copy('write', w, 0, 1), COMPLETED(1))
      },
    },
    {
      name: 'lets a read of nothing wait for a writer',
      body: (_, g) => {
        const [r, w] = g.pair()
        assert.equal(g.copy('read', r, 0, 0), BLOCKED)
        assert.equal(g.copy('write', w, 0, 0), COMPLETED(0))
        assert.equal(g.copy('write', w, 0, 2), BLOCKED)
        const set = g.set()
        g.join(r, set)
        assert.deepEqual(g.poll(set), [EVENT.streamRead, r, COMPLETED(0)])
        assert.equal(g.copy('read', r, 0, 0), COMPLETED(0))
        assert.equal(g.copy('read', r, 100, 2), COMPLETED(2))
      },
    },
    {
      name: 'is not read twice at once',
      body: (_, g) => {
        const [r] = g.pair()
        g.copy('read', r, 0, 1)
        g.copy('read', r, 0, 1)
      },
      trap: /cannot have concurrent operations active/,
    },
    {
      name: 'is not dropped while it is read',
      body: (_, g) => {
        const [r] = g.pair()
        g.copy('read', r, 0, 1)
        g.drop('read', r)
      },
      trap: /cannot remove busy stream/,
    },
    {
      name: 'is not dropped while it is written',
      body: (_, g) => {
        const [, w] = g.pair()
        g.copy('write', w, 0, 1)
        g.drop('write', w)
      },
      trap: /cannot drop busy stream/,
    },
    {
      name: 'is not written after its reader has gone',
      body: (_, g) => {
        const [r, w] = g.pair()
        g.drop('read', r)
        assert.equal(g.copy('write', w, 0, 1), DROPPED(0))
        g.copy('write', w, 0, 1)
      },
      trap: /cannot write to stream after being notified that the readable end dropped/,
    },
    {
      name: 'is not given away after its writer has gone',
      body: (_, g) => {
        const [r, w] = g.pair()
        g.drop('write', w)
        assert.equal(g.copy('read', r, 0, 1), DROPPED(0))
        liftSide(g.instance, STREAM, r)
      },
      trap: /cannot lift stream after being notified that the writable end dropped/,
    },
    {
      name: 'is not given away in a waitable set',
      body: (_, g) => {
        const [r] = g.pair()
        g.join(r, g.set())
        liftSide(g.instance, STREAM, r)
      },
      trap: /cannot lift stream while it's in a waitable set/,
    },
    {
      name: 'is not used synchronously in a waitable set',
      *body(_, g) {
        const [r] = g.pair()
        g.join(r, g.set())
        yield* wait(g.copy('read', r, 0, 1, {async: false}))
      },
      trap: /waitable cannot be used synchronously while added to a waitable set/,
    },
    {
      name: 'is of one type',
      body: (_, g) => {
        const [r] = g.pair()
        g.copy('read', r, 0, 1, {type: NONE})
      },
      trap: /used with the wrong type/,
    },
    {
      name: 'has two ends, each for one thing',
      body: (_, g) => {
        const [, w] = g.pair()
        g.copy('read', w, 0, 1)
      },
      trap: /used with the wrong type/,
    },
    {
      name: 'of characters is not copied within an instance',
      body: (_, g) => {
        const type: CopyType = {kind: 'stream', element: CHAR}
        const [r, w] = g.pair(type)
        g.copy('write', w, 0, 1, {type})
        g.copy('read', r, 0, 1, {type})
      },
      trap: /cannot read from and write to intra-component stream/,
    },
    {
      name: 'is no longer than 2^28 - 1',
      body: (_, g) => {
        const [, w] = g.pair(NONE)
        g.copy('write', w, 0, 2 ** 28, {type: NONE})
      },
      trap: /too long/,
    },
    {
      name: 'has no copy to be cancelled',
      body: (_, g) => {
        const [r] = g.pair()
        g.cancelCopy('read', r)
      },
      trap: /cannot cancel a read that is not under way/,
    },
  ]
  for (const {name, body, trap} of cases)
    test(name, async () => {
      const world = new World()
      const run = inTask(world, new Guest(world, 'a'), body)
      if (trap === undefined) await run
      else await assert.rejects(run, trap)
    })

  test('that waits for nobody is a deadlock', async () => {
    const world = new World()
    const run = inTask(world, new Guest(world, 'a'), function* (_, g) {
      const [r] = g.pair()
      yield* wait(g.copy('read', r, 0, 1, {async: false}))
    })
    await assert.rejects(run, trapsWith('TRAP_DEADLOCK', /a#f waits for a writer of the stream it reads/))
  })
})

describe('a future', () => {
  const type = FUTURE
  const cases: {name: string; body: Body; trap?: RegExp}[] = [
    {
      name: 'is written, then read',
      body: (_, g) => {
        const [r, w] = g.pair(type)
        g.memory[0] = 9
        assert.equal(g.copy('write', w, 0, 1, {type}), BLOCKED)
        assert.equal(g.copy('read', r, 100, 1, {type}), COPY.completed)
        assert.equal(g.memory[100], 9)
        const set = g.set()
        g.join(w, set)
        assert.deepEqual(g.poll(set), [EVENT.futureWrite, w, COPY.completed])
        g.drop('write', w, type)
        g.drop('read', r, type)
      },
    },
    {
      name: 'is read, then written',
      body: (_, g) => {
        const [r, w] = g.pair(type)
        assert.equal(g.copy('read', r, 100, 1, {type}), BLOCKED)
        assert.equal(g.cancelCopy('read', r, {type}), COPY.cancelled)
        assert.equal(g.copy('read', r, 100, 1, {type}), BLOCKED)
        assert.equal(g.copy('write', w, 0, 1, {type}), COPY.completed)
        assert.equal(g.cancelCopy('read', r, {type}), COPY.completed)
      },
    },
    {
      name: 'tells its writer that nobody reads',
      body: (_, g) => {
        const [r, w] = g.pair(type)
        assert.equal(g.copy('write', w, 0, 1, {type}), BLOCKED)
        g.drop('read', r, type)
        assert.equal(g.cancelCopy('write', w, {type}), COPY.dropped)
        g.drop('write', w, type)
      },
    },
    {
      name: 'must be written',
      body: (_, g) => {
        const [, w] = g.pair(type)
        g.drop('write', w, type)
      },
      trap: /cannot drop future write end without first writing a value/,
    },
    {
      name: 'is written once',
      body: (_, g) => {
        const [r, w] = g.pair(type)
        g.copy('read', r, 100, 1, {type})
        g.copy('write', w, 0, 1, {type})
        g.copy('write', w, 0, 1, {type})
      },
      trap: /cannot write to future after previous write succeeded/,
    },
    {
      name: 'is read once',
      body: (_, g) => {
        const [r, w] = g.pair(type)
        g.copy('write', w, 0, 1, {type})
        g.copy('read', r, 100, 1, {type})
        liftSide(g.instance, type, r)
      },
      trap: /cannot lift future after previous read succeeded/,
    },
  ]
  for (const {name, body, trap} of cases)
    test(name, async () => {
      const world = new World()
      const run = inTask(world, new Guest(world, 'a'), body)
      if (trap === undefined) await run
      else await assert.rejects(run, trap)
    })
})

describe('between a guest and the host', () => {
  test('chunks of the host arrive as the guest reads, and not before', async () => {
    const world = new World()
    let asked = 0
    const chunks = (async function* () {
      asked++
      yield Uint8Array.of(1, 2, 3)
      asked++
      yield Uint8Array.of(4)
    })()
    await inTask(world, new Guest(world, 'a'), function* (_, g) {
      const r = lowerSide(g.instance, new HostStream(world.scheduler, STREAM.element, chunks))
      assert.equal(asked, 0)
      assert.equal(yield* wait(g.copy('read', r, 0, 2, {async: false})), COMPLETED(2))
      assert.equal(yield* wait(g.copy('read', r, 2, 2, {async: false})), COMPLETED(1))
      assert.equal(asked, 1)
      assert.equal(g.copy('read', r, 3, 9), BLOCKED)
      assert.equal(g.cancelCopy('read', r), CANCELLED(0))
      assert.equal(yield* wait(g.copy('read', r, 3, 9, {async: false})), COMPLETED(1))
      assert.equal(yield* wait(g.copy('read', r, 4, 9, {async: false})), DROPPED(0))
      assert.deepEqual(g.memory.slice(0, 4), [1, 2, 3, 4])
      g.drop('read', r)
    })
  })

  test('a source of the host that fails ends the guest', async () => {
    const world = new World()
    const chunks = {
      [Symbol.asyncIterator]: () => ({next: () => Promise.reject(new Error('the line is dead'))}),
    }
    const run = inTask(world, new Guest(world, 'a'), function* (_, g) {
      const r = lowerSide(g.instance, new HostStream(world.scheduler, STREAM.element, chunks))
      yield* wait(g.copy('read', r, 0, 2, {async: false}))
    })
    await assert.rejects(run, /the line is dead/)
  })

  test('a source of the host is told when the guest wants no more', async () => {
    const world = new World()
    let returned = 0
    const chunks = (function* () {
      try {
        for (;;) yield [1]
      } finally {
        returned++
      }
    })()
    chunks.next()
    await inTask(world, new Guest(world, 'a'), (_, g) => {
      g.drop('read', lowerSide(g.instance, new HostStream(world.scheduler, STREAM.element, chunks)))
    })
    assert.equal(returned, 1)
  })

  test('what the guest writes waits until the host reads', async () => {
    const world = new World()
    let stream: GuestStream | undefined
    let written = 0
    const guest = new Guest(world, 'a')
    const run = inTask(world, guest, function* (_, g) {
      const [r, w] = g.pair()
      stream = new GuestStream(world.scheduler, liftSide(g.instance, STREAM, r))
      for (let i = 1; i <= 3; i++) {
        g.memory.splice(0, 2, i, i)
        assert.equal(yield* wait(g.copy('write', w, 0, 2, {async: false})), COMPLETED(2))
        written++
      }
      g.drop('write', w)
    })
    await new Promise(resolve => setImmediate(resolve))
    assert.equal(written, 0)
    const all: unknown[] = []
    for await (const chunk of stream!) all.push(...(chunk as number[]))
    assert.deepEqual(all, [1, 1, 2, 2, 3, 3])
    await run
  })

  test('a host that stops reading is heard of', async () => {
    const world = new World()
    let stream: GuestStream | undefined
    const run = inTask(world, new Guest(world, 'a'), function* (_, g) {
      const [r, w] = g.pair()
      stream = new GuestStream(world.scheduler, liftSide(g.instance, STREAM, r))
      assert.equal(yield* wait(g.copy('write', w, 0, 2, {async: false})), DROPPED(0))
    })
    await new Promise(resolve => setImmediate(resolve))
    stream!.cancel()
    stream!.cancel()
    await run
    assert.equal(await stream!.read(), undefined)
  })

  test('a trap ends what the host reads', async () => {
    const world = new World()
    let stream: GuestStream | undefined
    const run = inTask(world, new Guest(world, 'a'), function* (_, g) {
      const [r] = g.pair()
      stream = new GuestStream(world.scheduler, liftSide(g.instance, STREAM, r))
      yield* wait(g.wait(g.set()))
    })
    await new Promise(resolve => setImmediate(resolve))
    const read = stream!.read()
    await assert.rejects(run, trapsWith('TRAP_DEADLOCK', /waitable set/))
    await assert.rejects(read, trapsWith('TRAP_DEADLOCK', /waitable set/))
    await assert.rejects(stream!.read(), trapsWith('TRAP_DEADLOCK', /waitable set/))
  })

  test('a stream is given on while it is whole', async () => {
    const world = new World()
    await inTask(world, new Guest(world, 'a'), function* (_, g) {
      const [r, w] = g.pair()
      const stream = new GuestStream(world.scheduler, liftSide(g.instance, STREAM, r))
      const again = lowerSide(g.instance, stream.take(STREAM.element))
      assert.throws(() => stream.take(STREAM.element), trapsWith('TRAP_BAD_VALUE', /given on/))
      g.copy('write', w, 0, 1)
      assert.equal(g.copy('read', again, 0, 1), COMPLETED(1))
      yield* wait(0)
    })
  })

  test('futures are promises', async () => {
    const world = new World()
    let promise: Promise<unknown> | undefined
    await inTask(world, new Guest(world, 'a'), function* (_, g) {
      const type = FUTURE
      const [r, w] = g.pair(type)
      promise = new GuestFuture(world.scheduler, liftSide(g.instance, type, r))
      g.memory[0] = 5
      assert.equal(g.copy('write', w, 0, 1, {type}), COPY.completed)
      const mine = lowerSide(g.instance, new HostFuture(world.scheduler, type.element, Promise.resolve(6)))
      assert.equal(yield* wait(g.copy('read', mine, 1, 1, {type, async: false})), COPY.completed)
      assert.equal(g.memory[1], 6)
      lowerSide(
        g.instance,
        new HostFuture(world.scheduler, type.element, Promise.reject(new Error('unread'))),
      )
    })
    assert.equal(await promise, 5)
  })
})

describe('in any order of events', () => {
  test('elements arrive once and in order, and every subtask ends', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(1000), {minLength: 50, maxLength: 50}),
        fc.array(fc.nat(5), {minLength: 1, maxLength: 12}),
        fc.array(fc.integer({min: 1, max: 7}), {minLength: 1, maxLength: 6}),
        fc.boolean(),
        async (choices, writes, reads, yields) => {
          let at = 0
          const world = new World(count => choices[at++ % choices.length]! % count)
          const producer = new Guest(world, 'producer')
          const consumer = new Guest(world, 'consumer')
          const total = writes.reduce((sum, count) => sum + count, 0)
          let next = 0
          const produce = world.func({
            instance: producer.instance,
            name: 'produce',
            form: 'stackful',
            *stack() {
              const packedEnds = copyNew(producer.instance, STREAM)
              const [r, w] = [Number(packedEnds & 0xffffffffn), Number(packedEnds >> 32n)]
              const side = liftSide(producer.instance, STREAM, r)
              taskReturn(world.thread, 'utf8', STREAM, () => lowerSide(consumer.instance, side))
              const set = producer.set()
              for (const count of writes) {
                for (let sent = 0; sent < count; ) {
                  for (let i = sent; i < count; i++) producer.memory[i] = next + i - sent
                  let result = producer.copy('write', w, sent, count - sent) as number
                  if (result === BLOCKED) {
                    producer.join(w, set)
                    result = (yield* wait(producer.wait(set)))[2]
                    producer.join(w, 0)
                  }
                  const [code, moved] = unpacked(result)
                  assert.equal(code, COPY.completed)
                  sent += moved
                  next += moved
                }
              }
              producer.drop('write', w)
            },
            result: STREAM,
          })
          const got: unknown[] = []
          const consume = world.func({
            instance: consumer.instance,
            name: 'consume',
            form: 'stackful',
            *stack() {
              const r = (yield* wait(consumer.lower(produce, 'produce', false)())) as number
              for (let i = 0; ; i++) {
                const result = (yield* wait(
                  consumer.copy('read', r, 0, reads[i % reads.length]!, {async: false}),
                )) as number
                const [code, count] = unpacked(result)
                got.push(...consumer.memory.slice(0, count))
                if (code === COPY.dropped) break
                if (yields) yield* wait(world.thread.yield(false))
              }
              consumer.drop('read', r)
              taskReturn(world.thread, 'utf8', undefined, () => undefined)
            },
          })
          await world.call(consume)
          await world.scheduler.whenIdle()
          assert.deepEqual(
            got,
            Array.from({length: total}, (_, i) => i),
          )
          assert.ok(world.scheduler.isIdle && producer.instance.isIdle && consumer.instance.isIdle)
        },
      ),
      {numRuns: 100},
    )
  })
})
