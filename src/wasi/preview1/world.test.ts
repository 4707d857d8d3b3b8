import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {fakeClock, utf8} from '../fixture.ts'
import {Pipe} from '../io/pipe.ts'
import {type Fixture, fixtureOf, fixtureWith, OUT} from './preview1.fixtures.ts'

/** The strings that a pair of get functions gives. */
function strings(guest: Fixture, name: string): string[] {
  assert.equal(guest.call(`${name}_sizes_get`, OUT, OUT + 4), 'success')
  const [count, size] = [guest.u32(), guest.u32(OUT + 4)]
  const [pointers, buffer] = [16_384, 20_480]
  assert.equal(guest.call(`${name}_get`, pointers, buffer), 'success')
  const all = guest.bytes(buffer, size)
  assert.equal(all.split('\0').length - 1, count)
  let at = buffer
  return Array.from({length: count}, (_, i) => {
    assert.equal(guest.u32(pointers + 4 * i), at)
    const text = guest.bytes(at, size - (at - buffer)).split('\0')[0]!
    at += utf8(text).length + 1
    return text
  })
}

const word = fc.string({unit: 'grapheme', maxLength: 12}).filter(text => !text.includes('\0'))

test('arguments and variables arrive as they were given', t => {
  fc.assert(
    fc.property(
      fc.array(word, {maxLength: 8}),
      fc.array(fc.tuple(word, word), {maxLength: 8}),
      (args, env) => {
        const guest = fixtureOf(t, {args: () => args, environment: () => env})
        assert.deepEqual(strings(guest, 'args'), args)
        assert.deepEqual(
          strings(guest, 'environ'),
          env.map(([name, value]) => `${name}=${value}`),
        )
      },
    ),
    {numRuns: 50},
  )
})

test('without any there are none', t => {
  const guest = fixtureOf(t)
  assert.deepEqual([strings(guest, 'args'), strings(guest, 'environ')], [[], []])
})

test('clocks: those that are there tell the time', t => {
  const clock = fakeClock()
  const guest = fixtureOf(t, {clock, resolutionNs: 1000n})
  assert.equal(guest.call('clock_time_get', 0, 0n, OUT), 'success')
  assert.ok(guest.u64() > 1_700_000_000_000_000_000n)
  assert.equal(guest.call('clock_time_get', 1, 0n, OUT), 'success')
  assert.ok(guest.u64() < 1_000_000n)
  assert.equal(guest.call('clock_res_get', 1, OUT), 'success')
  assert.equal(guest.u64(), 1000n)
  for (const [id, errno] of [
    [2, 'badf'],
    [3, 'badf'],
    [4, 'inval'],
    [0xffff_ffff, 'inval'],
  ] as const) {
    assert.equal(guest.call('clock_time_get', id, 0n, OUT), errno)
    assert.equal(guest.call('clock_res_get', id, OUT), errno)
  }
})

test('random bytes fill what they were asked for, no more', t => {
  const guest = fixtureOf(t)
  guest.guest.memory.u8.fill(0xee, 2000, 2010)
  assert.equal(guest.call('random_get', 2001, 8), 'success')
  assert.equal(guest.view.getUint8(2000), 0xee)
  assert.equal(guest.view.getUint8(2009), 0xee)
  assert.equal(guest.call('random_get', 2001, 0), 'success')
})

test('proc_exit ends the guest with its code; codes of signals are refused', t => {
  const guest = fixtureOf(t)
  for (const code of [0, 1, 125])
    assert.throws(() => guest.call('proc_exit', code), {name: 'GuestExit', statusCode: code})
  for (const code of [126, 255, 0xffff_ffff])
    assert.throws(() => guest.call('proc_exit', code), {code: 'TRAP_HOST'})
  assert.equal(guest.call('proc_raise', 6), 'notsup')
  assert.equal(guest.call('sched_yield'), 'success')
})

// Waiting

test('fd_read waits for input, and hears its end', async t => {
  const pipe = new Pipe()
  const guest = fixtureOf(t, {stdin: () => pipe.input})
  const [ptr, count] = guest.buffers(3, 8)
  const read = guest.wait('fd_read', 0, ptr, count, OUT)
  pipe.write(utf8('hello'))
  assert.equal(await read, 'success')
  assert.equal(guest.u32(), 5)
  assert.equal(guest.bytes(guest.u32(ptr), 3) + guest.bytes(guest.u32(ptr + 8), 2), 'hello')
  pipe.write(utf8('more than that: it stays'))
  assert.equal(guest.call('fd_read', 0, ptr, count, OUT), 'success')
  assert.equal(guest.u32(), 11)
  assert.equal(guest.call('fd_read', 0, ptr, count, OUT), 'success')
  pipe.close()
  assert.equal(guest.call('fd_read', 0, ptr, count, OUT), 'success')
  assert.equal(guest.call('fd_read', 0, ptr, count, OUT), 'success')
  assert.equal(guest.u32(), 0)
})

test('what does not want to wait is told to come again', t => {
  const pipe = new Pipe()
  const guest = fixtureOf(t, {stdin: () => pipe.input})
  assert.equal(guest.call('fd_fdstat_set_flags', 0, 4), 'success')
  const [ptr, count] = guest.buffers(8)
  assert.equal(guest.call('fd_read', 0, ptr, count, OUT), 'again')
  pipe.write(utf8('now'))
  assert.equal(guest.call('fd_read', 0, ptr, count, OUT), 'success')
  assert.equal(guest.u32(), 3)
})

test('an input that fails says so', t => {
  const pipe = new Pipe()
  pipe.abort({debugString: 'the line is cut'})
  const guest = fixtureOf(t, {stdin: () => pipe.input})
  assert.equal(guest.call('fd_read', 0, ...guest.buffers(8), OUT), 'io')
})

test('without an input there is its end; reads into nothing wait for nothing', t => {
  const pipe = new Pipe()
  for (const [guest, lengths] of [
    [fixtureOf(t), [8]],
    [fixtureOf(t, {stdin: () => pipe.input}), [0]],
  ] as const) {
    assert.equal(guest.call('fd_read', 0, ...guest.buffers(...lengths), OUT), 'success')
    assert.equal(guest.u32(), 0)
  }
})

test('what was waited for touches nothing before the guest goes on', async t => {
  const pipe = new Pipe()
  const guest = fixtureOf(t, {stdin: () => pipe.input})
  const {FUNCTIONS} = await import('./functions.ts')
  const [ptr, count] = guest.buffers(8)
  const waiting = FUNCTIONS.get('fd_read')!.call(guest.guest, 0, ptr, count, OUT)
  pipe.write(utf8('late'))
  assert.ok(waiting instanceof Promise)
  const before = Buffer.from(guest.guest.memory.u8)
  const complete = await waiting
  assert.ok(before.equals(guest.guest.memory.u8))
  complete()
  assert.equal(guest.u32(), 4)
})

const CLOCK = {realtime: 0, monotonic: 1}

type Subscription =
  | {clock: number; timeout: bigint; absolute?: boolean; flags?: number}
  | {read: number}
  | {write: number}
  | {type: number}

/** Puts subscriptions, whose user data count from 100: the arguments of poll_oneoff. Events go to 40,000. */
function subscriptions(guest: Fixture, ...all: Subscription[]): [number, number, number, number] {
  const ptr = 32_768
  guest.guest.memory.u8.fill(0, ptr, ptr + 48 * all.length)
  all.forEach((one, i) => {
    const at = ptr + 48 * i
    guest.view.setBigUint64(at, BigInt(100 + i), true)
    if ('clock' in one) {
      guest.view.setUint32(at + 16, one.clock, true)
      guest.view.setBigUint64(at + 24, one.timeout, true)
      guest.view.setUint16(at + 40, one.flags ?? (one.absolute ? 1 : 0), true)
    } else if ('type' in one) guest.view.setUint8(at + 8, one.type)
    else {
      guest.view.setUint8(at + 8, 'read' in one ? 1 : 2)
      guest.view.setUint32(at + 16, 'read' in one ? one.read : one.write, true)
    }
  })
  return [ptr, 40_000, all.length, OUT]
}

function events(
  guest: Fixture,
): {userdata: bigint; error: number; type: number; bytes: bigint; flags: number}[] {
  return Array.from({length: guest.u32()}, (_, i) => {
    const at = 40_000 + 32 * i
    return {
      userdata: guest.u64(at),
      error: guest.view.getUint16(at + 8, true),
      type: guest.view.getUint8(at + 10),
      bytes: guest.u64(at + 16),
      flags: guest.view.getUint16(at + 24, true),
    }
  })
}

test('poll_oneoff: what is ready is told at once', t => {
  const guest = fixtureWith(t, {f: 'content'})
  const fd = guest.open('f', 'read write')
  const all: Subscription[] = [
    {clock: CLOCK.monotonic, timeout: 1n << 50n},
    {read: fd},
    {write: fd},
    {write: 1},
    {read: 0},
    {clock: CLOCK.monotonic, timeout: 0n},
    {clock: CLOCK.monotonic, timeout: 0n, absolute: true},
    {clock: CLOCK.realtime, timeout: 1n, absolute: true},
  ]
  assert.equal(guest.call('poll_oneoff', ...subscriptions(guest, ...all)), 'success')
  const ready = {error: 0, flags: 0}
  assert.deepEqual(events(guest), [
    {userdata: 101n, type: 1, bytes: 7n, ...ready},
    {userdata: 102n, type: 2, bytes: 1n, ...ready},
    {userdata: 103n, type: 2, bytes: 1n, ...ready},
    {userdata: 104n, type: 1, bytes: 1n, ...ready},
    {userdata: 105n, type: 0, bytes: 0n, ...ready},
    {userdata: 106n, type: 0, bytes: 0n, ...ready},
    {userdata: 107n, type: 0, bytes: 0n, ...ready},
  ])
})

test('poll_oneoff: a file read to its end hangs up', t => {
  const guest = fixtureWith(t, {f: ''})
  assert.equal(guest.call('poll_oneoff', ...subscriptions(guest, {read: guest.open('f')})), 'success')
  assert.deepEqual(events(guest), [{userdata: 100n, error: 0, type: 1, bytes: 0n, flags: 1}])
})

test('poll_oneoff waits for whichever comes first', async t => {
  const pipe = new Pipe()
  const clock = {wallNs: () => 0n, monotonicNs: () => process.hrtime.bigint()}
  const guest = fixtureOf(t, {stdin: () => pipe.input, clock})
  const both: Subscription[] = [{read: 0}, {clock: CLOCK.monotonic, timeout: 3_600_000_000_000n}]
  const waiting = guest.wait('poll_oneoff', ...subscriptions(guest, ...both))
  pipe.write(utf8('x'))
  assert.equal(await waiting, 'success')
  assert.deepEqual(events(guest), [{userdata: 100n, error: 0, type: 1, bytes: 1n, flags: 0}])
  const timer: Subscription = {clock: CLOCK.realtime, timeout: 2_000_000n}
  assert.equal(await guest.wait('poll_oneoff', ...subscriptions(guest, timer)), 'success')
  assert.deepEqual(events(guest), [{userdata: 100n, error: 0, type: 0, bytes: 0n, flags: 0}])
})

const MISTAKES: readonly (readonly [string, Subscription, string])[] = [
  ['an unknown clock', {clock: 4, timeout: 0n}, 'inval'],
  ['a processor clock', {clock: 2, timeout: 0n}, 'inval'],
  ['unknown flags', {clock: 1, timeout: 0n, flags: 2}, 'inval'],
  ['an unknown type', {type: 3}, 'inval'],
  ['no descriptor', {read: 77}, 'badf'],
  ['a directory', {read: 3}, 'badf'],
  ['output to be read', {read: 1}, 'badf'],
  ['input to be written', {write: 0}, 'badf'],
]
for (const [what, subscription, errno] of MISTAKES)
  test(`poll_oneoff: ${what} is ${errno}`, t => {
    const guest = fixtureWith(t, {})
    const all = subscriptions(guest, {clock: CLOCK.monotonic, timeout: 1n << 60n}, subscription)
    assert.equal(guest.call('poll_oneoff', ...all), errno)
  })

test('poll_oneoff: times at the end of time wait, and cost nothing when the event ends', async t => {
  const guest = fixtureOf(t)
  const never: Subscription = {clock: CLOCK.monotonic, timeout: (1n << 64n) - 1n}
  const past: Subscription = {clock: CLOCK.realtime, timeout: 0n, absolute: true}
  let ended = false
  guest.wait('poll_oneoff', ...subscriptions(guest, never)).then(() => {
    ended = true
  })
  await new Promise(setImmediate)
  assert.equal(ended, false)
  assert.equal(guest.call('poll_oneoff', ...subscriptions(guest, past)), 'success')
})
