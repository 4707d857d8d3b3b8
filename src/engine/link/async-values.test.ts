// Streams and futures between guests and the host: what crosses, what is refused, and how they end.
import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {ErrorContext} from '../async/error-context.ts'
import type {GuestStream} from '../async/host-sink.ts'
import {echo} from './async-host.fixtures.ts'
import {GuestResource} from './guest-resource.ts'
import {hostFunction, hostResource} from './imports.ts'
import {rootImports, sandboxOf} from './link.fixtures.ts'

const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** All elements, and that the chunks were such lists. */
async function all(stream: AsyncIterable<ArrayLike<unknown>>, like?: unknown): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const chunk of stream) {
    if (like !== undefined) assert.equal(chunk.constructor, like)
    found.push(...Array.from(chunk))
  }
  return found
}

describe('elements of every kind go into a guest and come out again', () => {
  const RECORD = `(type $R' (record (field "name" string) (field "at" (option u64))))
    (import "rec" (type $R (eq $R')))`
  const table: [element: string, before: string, values: unknown[], chunks: unknown[], like?: unknown][] = [
    ['u8', '', [0, 1, 255], [Uint8Array.of(0, 1, 255)], Uint8Array],
    ['s16', '', [-1, 2], [Int16Array.of(-1), Int16Array.of(2)], Int16Array],
    ['u64', '', [2n ** 64n - 1n], [BigUint64Array.of(2n ** 64n - 1n)], BigUint64Array],
    ['f32', '', [1.5, Number.NaN], [Float32Array.of(1.5, Number.NaN)], Float32Array],
    ['bool', '', [true, false], [[true, false]]],
    ['(tuple char s8)', '', [['🦋', -1]], [[['🦋', -1]]]],
    ['string', '', ['', 'mayfly', '🦋'], [['', 'mayfly'], [], ['🦋']]],
    ['(list u16)', '', [Uint16Array.of(1, 2)], [[Uint16Array.of(1, 2)]]],
    [
      '$R',
      RECORD,
      [
        {name: 'x', at: 7n},
        {name: '', at: undefined},
      ],
      [
        [
          {name: 'x', at: 7n},
          {name: '', at: undefined},
        ],
      ],
    ],
  ]
  for (const address of ['i32', 'i64'] as const)
    for (const [element, before, values, chunks, like] of table)
      test(`${element}, in a memory of ${address}`, async () => {
        const {call, sandbox} = await sandboxOf(echo(element, before, '', address))
        for (let event = 0; event < 2; event++) {
          assert.deepEqual(await all(await call('echo', chunks), like), values)
          await sandbox.whenIdle()
          for (const value of values)
            assert.deepEqual(await await call('echo-future', Promise.resolve(value)), value)
          assert.deepEqual(await await call('echo-future', values[0]), values[0])
          sandbox.restore()
          assert.ok(!sandbox.spent)
        }
      })

  test('nothing but their number', async () => {
    const {call} = await sandboxOf(echo(''))
    const stream: GuestStream = await call('echo', [{length: 3}, {length: 20}])
    let count = 0
    for await (const chunk of stream) count += chunk.length
    assert.equal(count, 23)
  })

  test('more than the guest holds at once', async () => {
    const {call} = await sandboxOf(echo('u32'))
    const numbers = Uint32Array.from({length: 1000}, (_, i) => i)
    assert.deepEqual(await all(await call('echo', numbers)), Array.from(numbers))
  })

  test('resources of the host, as themselves', async () => {
    const dropped: unknown[] = []
    const imports = rootImports({r: hostResource((_, resource) => void dropped.push(resource))})
    const {call, sandbox} = await sandboxOf(
      echo('(own $r)', '(import "r" (type $r (sub resource)))'),
      imports,
    )
    const things = [{thing: 1}, {thing: 2}, {thing: 3}]
    const found = await all(await call('echo', [things]))
    assert.deepEqual(found, things)
    assert.ok(found.every((thing, i) => thing === things[i]))
    assert.equal(await await call('echo-future', things[0]), things[0])
    sandbox.restore()
    assert.deepEqual(dropped, [], 'the guest has given them all back')
  })

  test('resources of the guest, which the host cannot make up', async () => {
    const before = `(type $r' (resource (rep i32))) (export $r "r" (type $r'))`
    const more = `(core module $N (import "" "new" (func $new (param i32) (result i32)))
        (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
        (func (export "rep") (param i32) (result i32) (local.get 0)))
      (core func $new' (canon resource.new $r'))
      (core instance $n (instantiate $N (with "" (instance (export "new" (func $new'))))))
      (func (export "make") (param "rep" u32) (result (own $r)) (canon lift (core func $n "make")))
      (func (export "rep") (param "r" (borrow $r)) (result u32) (canon lift (core func $n "rep")))`
    const guest = () => sandboxOf(echo('(own $r)', before, more))
    const {call, sandbox} = await guest()
    const made = [call('make', 77), call('make', 78)]
    const found = (await all(await call('echo', [made]))) as GuestResource[]
    assert.ok(found.every(each => each instanceof GuestResource))
    assert.deepEqual(
      found.map(each => call('rep', each)),
      [77, 78],
    )
    assert.throws(() => call('rep', made[0]), {code: 'TRAP_BAD_HANDLE'}, 'the guest had it since')

    for (const bad of [77, {rep: 77}, undefined, (await guest()).call('make', 1)]) {
      const other = await guest()
      await assert.rejects(all(await other.call('echo', [[bad]])), /the host gave/)
      const future = await guest()
      await assert.rejects(async () => await await future.call('echo-future', bad), /the host gave/)
    }
    const [kept] = found
    sandbox.restore()
    assert.throws(() => call('rep', kept), /over/, 'of an event that is over')
  })

  test('streams, futures and error contexts in a stream', async () => {
    const nested = await sandboxOf(echo('$E', '(type $E (stream u8))'))
    const streams = await all(await nested.call('echo', [[Uint8Array.of(1, 2), [Uint8Array.of(3)]]]))
    assert.deepEqual(await all(streams[0] as GuestStream), [1, 2])
    assert.deepEqual(await all(streams[1] as GuestStream), [3])
    const futures = await sandboxOf(echo('$E', '(type $E (future u8))'))
    const [first, second] = await all(await futures.call('echo', [[5, Promise.resolve(6)]]))
    assert.deepEqual([await first, await second], [5, 6])
    const contexts = await sandboxOf(echo('error-context'))
    const context = new ErrorContext('what went wrong')
    assert.deepEqual(await all(await contexts.call('echo', [[context]])), [context])
  })
})

describe('what is no chunk of its stream ends the guest with a reason', () => {
  const R = '(type $R\' (record (field "a" u8))) (import "rec" (type $R (eq $R\')))'
  const table: [element: string, chunk: unknown, reason: RegExp, before?: string][] = [
    ['u8', [1, 2], /class Array .* Uint8Array/],
    ['u8', 'text', /a string|gave string/],
    ['u8', undefined, /undefined/],
    ['u8', null, /object/],
    ['u8', new Uint16Array(4), /Uint16Array .* Uint8Array/],
    ['u8', {length: 2 ** 40}, /class Object/],
    ['u8', new DataView(new ArrayBuffer(8)), /DataView/],
    ['u64', new BigInt64Array(1), /BigInt64Array .* BigUint64Array/],
    ['string', 'text', /Array/],
    ['string', {length: 1, 0: 'x'}, /Array/],
    ['string', [undefined], /./],
    ['(tuple char u8)', [['ab', 1]], /char/],
    ['$R', [undefined], /./, R],
    ['', {length: -1}, /\{length\}/],
    ['', {length: 1.5}, /\{length\}/],
    ['', 3, /\{length\}/],
    ['$E', [7], /chunks of a stream/, '(type $E (stream u8))'],
    ['$E', [undefined], /chunks of a stream/, '(type $E (stream u8))'],
    ['$E', ['text'], /chunks of a stream/, '(type $E (stream u8))'],
    ['error-context', [{resource: undefined, kind: 'x', debugMessage: ''}], /ErrorContext/],
  ]
  for (const [element, chunk, reason, before] of table)
    test(`${element}: ${chunk?.constructor.name} ${String(chunk).slice(0, 20)}`, async () => {
      let returned = 0
      const chunks = {
        [Symbol.asyncIterator]: () => ({
          next: async () => ({done: false, value: chunk}),
          return: async () => {
            returned++
            return {done: true, value: undefined}
          },
        }),
      }
      const {call, sandbox} = await sandboxOf(echo(element, before))
      await assert.rejects(all(await call('echo', chunks)), reason)
      await assert.rejects(sandbox.whenIdle(), reason)
      await turn()
      assert.equal(returned, 1)
      sandbox.restore()
      assert.ok(sandbox.spent)
    })

  for (const given of [undefined, null, 7, 'text', {}, () => {}])
    test(`${String(given)} in place of a stream`, async () => {
      const {call} = await sandboxOf(echo('u8'))
      await assert.rejects(async () => call('echo', given), /chunks of a stream/)
    })

  test('a source that fails', async () => {
    const sources: unknown[] = [
      (async function* () {
        yield Uint8Array.of(1)
        throw new Error('the line is dead')
      })(),
      {
        [Symbol.iterator]: () => ({
          next: () => {
            throw new Error('the line is dead')
          },
        }),
      },
      {[Symbol.asyncIterator]: () => ({next: () => Promise.reject(new Error('the line is dead'))})},
    ]
    for (const source of sources) {
      const {call} = await sandboxOf(echo('u8'))
      await assert.rejects(async () => await all(await call('echo', source)), /the line is dead/)
    }
    const {call} = await sandboxOf(echo('u8'))
    const failing = Promise.reject(new Error('the line is dead'))
    await assert.rejects(async () => await call('echo-future', failing), /the line is dead/)
  })
})

describe('a stream of the host', () => {
  test('is asked only when the guest reads, and for as much as it has room for', async () => {
    const rooms: number[] = []
    let left = 3
    const chunks = {
      [Symbol.asyncIterator]: () => ({
        next: async (room: number) => {
          rooms.push(room)
          return left-- > 0 ? {done: false, value: Uint8Array.of(left)} : {done: true, value: undefined}
        },
      }),
    }
    const {call} = await sandboxOf(echo('u8'))
    const stream: GuestStream = await call('echo', chunks)
    for (let i = 0; i < 5; i++) await turn()
    assert.deepEqual(rooms, [8], 'the guest waits to be read')
    assert.deepEqual(await all(stream), [2, 1, 0])
    assert.deepEqual(rooms, [8, 8, 8, 8])
  })

  test('that the guest drops early is told so, once, and what was on its way is dropped', async () => {
    const dropped: unknown[] = []
    const imports = rootImports({r: hostResource((_, resource) => void dropped.push(resource))})
    const {call, sandbox} = await sandboxOf(
      echo('(own $r)', '(import "r" (type $r (sub resource)))'),
      imports,
    )
    let returned = 0
    const chunks = (function* () {
      try {
        yield ['a', 'b', 'c']
        yield ['d']
      } finally {
        returned++
      }
    })()
    assert.equal(await call('read', chunks, 1), 1)
    assert.equal(returned, 1)
    assert.deepEqual(dropped, ['b', 'c'])
    sandbox.restore()
    assert.deepEqual(dropped, ['b', 'c', 'a'], 'what the guest has ends with the event')
    assert.equal(returned, 1)
  })

  test('that nobody has read when the event ends is told so', async () => {
    const told: string[] = []
    const never = (name: string) => ({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => {}),
        return: () => {
          told.push(name)
          return Promise.reject(new Error('nobody hears'))
        },
      }),
    })
    const {call, sandbox} = await sandboxOf(echo('u8'))
    await call('echo', never('read'))
    const future = Object.assign(new Promise(() => {}), {cancel: () => void told.push('future')})
    call('echo-future', future).catch(() => {})
    await turn()
    sandbox.restore()
    assert.deepEqual(told.sort(), ['future', 'read'])
  })

  test('may end while a chunk is on its way', async () => {
    const chunk = Promise.withResolvers<IteratorResult<Uint8Array>>()
    let returned = 0
    const chunks = {
      [Symbol.asyncIterator]: () => ({
        next: () => chunk.promise,
        return: async () => ({done: true as const, value: void returned++}),
      }),
    }
    const {call, sandbox} = await sandboxOf(echo('u8'))
    const stream: GuestStream = await call('echo', chunks)
    const read = stream.read()
    await turn()
    sandbox.restore()
    await assert.rejects(read, /event ended/)
    chunk.resolve({done: false, value: Uint8Array.of(1, 2, 3)})
    await turn()
    await turn()
    assert.equal(returned, 1)
  })
})

describe('a future of the host', () => {
  test('that the guest drops unread is cancelled', async () => {
    let told = 0
    const {call} = await sandboxOf(echo('u8'))
    call('drop-future', Object.assign(new Promise(() => {}), {cancel: () => void told++}))
    assert.equal(told, 1)
    call('drop-future', Promise.reject(new Error('nobody reads it')))
    const settled = Object.assign(Promise.resolve(1), {cancel: () => void told++})
    await settled
    call('drop-future', settled)
    await turn()
  })
})

describe('what a guest passes on unread', () => {
  const PASS = `
    (func (export "pass") (param "in" $S) (result $S) (canon lift (core func $i "id")))
    (func (export "pass-future") (param "in" $F) (result $F) (canon lift (core func $i "id")))`

  test('of the host is the host’s own, and needs no guest any more', async () => {
    const {call, sandbox} = await sandboxOf(echo('u8', '', PASS))
    const given = Promise.withResolvers<number>()
    async function* bytes() {
      yield Uint8Array.of(1, 2)
      await turn()
      yield Uint8Array.of(3)
    }
    const future = call('pass-future', given.promise)
    const stream: GuestStream = await call('pass', bytes())
    assert.ok(stream.isHost)
    await sandbox.whenIdle()
    assert.deepEqual(await all(stream, Uint8Array), [1, 2, 3])
    given.resolve(7)
    assert.equal(await future, 7)
    assert.equal(await call('pass-future', 8), 8)
    sandbox.restore()
    assert.ok(!sandbox.spent)
  })

  test('of the guest is not', async () => {
    const {call} = await sandboxOf(echo('u8', '', PASS))
    const stream: GuestStream = await call('pass', await call('echo', [Uint8Array.of(1)]))
    assert.ok(!stream.isHost)
    assert.deepEqual(await all(stream, Uint8Array), [1])
  })
})

describe('a stream of a guest', () => {
  test('is ended by the host, and the guest told', async () => {
    const {call, sandbox} = await sandboxOf(echo('u8'))
    const stream: GuestStream = await call('echo', [Uint8Array.of(1, 2)])
    stream.cancel()
    await sandbox.whenIdle()
    assert.equal(await stream.read(), undefined)
    sandbox.restore()
    assert.ok(!sandbox.spent)
  })

  test('goes on to the same guest as it is, and to another as any chunks', async () => {
    const one = await sandboxOf(echo('u8'))
    const two = await sandboxOf(echo('u8'))
    const bytes = [Uint8Array.of(1, 2), Uint8Array.of(3)]
    const again = await one.call('echo', await one.call('echo', bytes))
    assert.deepEqual(await all(again, Uint8Array), [1, 2, 3])
    assert.deepEqual(await all(await two.call('echo', await one.call('echo', bytes)), Uint8Array), [1, 2, 3])
  })

  test('is not given on twice, nor while it is read, nor as one of another type', async () => {
    const given = await sandboxOf(echo('u8'))
    const stream: GuestStream = await given.call('echo', [Uint8Array.of(1)])
    given.call('echo', stream)
    await assert.rejects(async () => given.call('echo', stream), {code: 'TRAP_BAD_VALUE'})

    const read = await sandboxOf(echo('u8'))
    const begun: GuestStream = await read.call('echo', [Uint8Array.of(1), Uint8Array.of(2)])
    assert.deepEqual(await begun.read(), Uint8Array.of(1))
    const reading = begun.read()
    await assert.rejects(async () => read.call('echo', begun), {code: 'TRAP_BAD_VALUE'})
    await reading.catch(() => {})

    const other = await sandboxOf(
      echo(
        'u8',
        '',
        `(core module $T (func (export "f") (param i32)))
        (core instance $t (instantiate $T))
        (func (export "take") (param "s" (stream u16)) (canon lift (core func $t "f")))`,
      ),
    )
    const bytes: GuestStream = await other.call('echo', [Uint8Array.of(1)])
    await assert.rejects(async () => other.call('take', bytes), /a stream of u8 for one of u16/)
  })

  test('ends with its event: the next one cannot have it', async () => {
    const {call, sandbox} = await sandboxOf(echo('u8'))
    const stream: GuestStream = await call('echo', [Uint8Array.of(1)])
    sandbox.restore()
    await assert.rejects(stream.read(), /over|ended/)
    stream.cancel()
    await assert.rejects(async () => await all(await call('echo', stream)), /over|ended/)
  })

  test('rejects when its guest traps', async () => {
    const {call} = await sandboxOf(echo('u8'))
    const stream: GuestStream = await call('echo', {
      [Symbol.asyncIterator]: () => ({next: () => Promise.reject(new Error('the line is dead'))}),
    })
    await assert.rejects(stream.read(), /the line is dead/)
    await assert.rejects(stream.read(), /the line is dead/)
  })
})

test('a component without any asynchronous option passes streams on', async () => {
  const text = `(component
    (import "source" (func $source (result (stream u8))))
    (import "sink" (func $sink (param "s" (stream u8)) (result (future u8))))
    (core func $source' (canon lower (func $source))) (core func $sink' (canon lower (func $sink)))
    (core module $M
      (import "" "source" (func $source (result i32))) (import "" "sink" (func $sink (param i32) (result i32)))
      (func (export "join") (result i32) (call $sink (call $source))))
    (core instance $m (instantiate $M (with "" (instance
      (export "source" (func $source')) (export "sink" (func $sink'))))))
    (func (export "join") (result (future u8)) (canon lift (core func $m "join"))))`
  const {call} = await sandboxOf(
    text,
    rootImports({
      source: hostFunction(() => [Uint8Array.of(1, 2), Uint8Array.of(3)]),
      sink: hostFunction(async (_, stream: GuestStream) => (await all(stream, Uint8Array)).length),
    }),
  )
  assert.equal(await await call('join'), 3)
})
