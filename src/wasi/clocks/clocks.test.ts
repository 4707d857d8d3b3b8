import assert from 'node:assert/strict'
import {mock, test} from 'node:test'
import {caller, fakeClock} from '../fixture.ts'
import {ioInterfaces} from '../io/io.ts'
import {clocksInterfaces, datetimeOf} from './clocks.ts'

const HUGE = (1n << 64n) - 1n

function guestWith(clock = fakeClock()) {
  const guest = caller([...clocksInterfaces({clock}), ...ioInterfaces()])
  const monotonic = (item: string, ...args: unknown[]) => guest.call('clocks/monotonic-clock', item, ...args)
  return {clock, guest, monotonic}
}

test('no clock stands still', () => {
  const {guest, monotonic} = guestWith()
  const before = monotonic('now')
  assert.ok(before < monotonic('now'))
  const [a, b] = [guest.call('clocks/wall-clock', 'now'), guest.call('clocks/wall-clock', 'now')]
  assert.equal(a.seconds, 1_700_000_000n)
  assert.ok(a.nanoseconds < b.nanoseconds)
  assert.equal(monotonic('resolution'), 1n)
  assert.deepEqual(guest.call('clocks/wall-clock', 'resolution'), {seconds: 0n, nanoseconds: 1})
})

test('datetimes', () => {
  for (const [ns, datetime] of [
    [0n, {seconds: 0n, nanoseconds: 0}],
    [1_999_999_999n, {seconds: 1n, nanoseconds: 999_999_999}],
    [-1n, {seconds: 0n, nanoseconds: 0}],
  ] as const)
    assert.deepEqual(datetimeOf(ns), datetime)
})

test('a duration of nothing and a past instant are ready at once', () => {
  const {guest, monotonic} = guestWith()
  const ready = [monotonic('subscribe-duration', 0n), monotonic('subscribe-instant', 0n)]
  assert.deepEqual(guest.call('io/poll', 'poll', ready), [0, 1])
})

test('a timer costs nothing until somebody waits, fires when its time has come, and may be polled again', async () => {
  mock.timers.enable({apis: ['setTimeout']})
  try {
    const {clock, guest, monotonic} = guestWith()
    const soon = monotonic('subscribe-duration', 5_000_000n)
    const later = monotonic('subscribe-duration', HUGE)
    const polled = guest.call('io/poll', 'poll', [later, soon])
    assert.ok(polled instanceof Promise)
    // The timer fires early; the guest is not woken for it.
    mock.timers.tick(5)
    await new Promise(setImmediate)
    clock.advance(6_000_000n)
    mock.timers.tick(6)
    assert.deepEqual(await polled, [1])
    assert.deepEqual(guest.call('io/poll', 'poll', [soon, later]), [0])
    guest.store.clear()
  } finally {
    mock.timers.reset()
  }
})

test('timers are cleared when dropped and when the event ends', async () => {
  const cleared: unknown[] = []
  const original = globalThis.clearTimeout
  globalThis.clearTimeout = (timeout?: any) => {
    if (timeout !== undefined) cleared.push(timeout)
    original(timeout)
  }
  try {
    const {guest, monotonic} = guestWith()
    const timers = Array.from({length: 3}, () => monotonic('subscribe-duration', 1n << 50n))
    for (const timer of timers) timer.whenReady()
    guest.drop('io/poll', 'pollable', timers[0])
    assert.equal(cleared.length, 1)
    guest.store.clear()
    assert.equal(cleared.length, 3)
    // Handles that the engine drops after the store was cleared.
    for (const timer of timers) guest.drop('io/poll', 'pollable', timer)
    assert.equal(cleared.length, 3)
  } finally {
    globalThis.clearTimeout = original
  }
})

test('who blocks on a timer does not arm it again when it is dropped, or when its event ends', async () => {
  const original = globalThis.setTimeout
  let armed = 0
  globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
    armed++
    return original(...args)
  }) as typeof setTimeout
  try {
    for (const ends of ['drop', 'clear'] as const) {
      armed = 0
      const {guest, monotonic} = guestWith()
      const timer = monotonic('subscribe-duration', HUGE)
      void guest.call('io/poll', '[method]pollable.block', timer)
      assert.equal(armed, 1)
      if (ends === 'drop') guest.drop('io/poll', 'pollable', timer)
      else guest.store.clear()
      await new Promise(setImmediate)
      assert.equal(armed, 1, ends)
      guest.store.clear()
    }
  } finally {
    globalThis.setTimeout = original
  }
})

test('the longest timers do not overflow into short ones', t => {
  const timeouts: unknown[] = []
  t.mock.method(globalThis, 'setTimeout', (_: unknown, ms: unknown) => {
    timeouts.push(ms)
  })
  const {monotonic} = guestWith()
  for (const timer of [monotonic('subscribe-duration', HUGE), monotonic('subscribe-instant', HUGE)]) {
    assert.equal(timer.ready(), false)
    timer.whenReady()
  }
  assert.deepEqual(timeouts, [0x7fff_ffff, 0x7fff_ffff])
})

test('the time zone is UTC', () => {
  const {guest} = guestWith()
  const when = {seconds: 0n, nanoseconds: 0}
  assert.equal(guest.call('clocks/timezone', 'utc-offset', when), 0)
  assert.deepEqual(guest.call('clocks/timezone', 'display', when), {
    utcOffset: 0,
    name: 'UTC',
    inDaylightSavingTime: false,
  })
})
