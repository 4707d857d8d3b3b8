import assert from 'node:assert/strict'
import {describe, test} from 'node:test'
import {ok} from '../../base/result.ts'
import {clocksInterfaces} from '../clocks/clocks.ts'
import {type Caller, caller, fakeClock, text, unwrap, utf8} from '../fixture.ts'
import {MAX_READ} from './input-stream.ts'
import {ioInterfaces} from './io.ts'
import {Pipe} from './pipe.ts'
import {Signal} from './signal.ts'
import type {Pollable} from './streams.ts'

const HUGE = (1n << 64n) - 1n
const closed = {tag: 'err', val: {tag: 'closed'}}

const io = (): Caller => caller(ioInterfaces())
const stream = (io: Caller, method: string, ...args: unknown[]) =>
  io.call('io/streams', `[method]${method}`, ...args)

/** A pollable that a test makes ready, and that counts who listens. */
function lamp(): Pollable & {on: boolean; asked: number; light(): void} {
  const signal = new Signal()
  return {
    on: false,
    asked: 0,
    ready() {
      return this.on
    },
    whenReady() {
      this.asked++
      return signal.wait()
    },
    light() {
      this.on = true
      signal.fire()
    },
  }
}

describe('poll', () => {
  test('traps on an empty list', () => {
    assert.throws(() => io().call('io/poll', 'poll', []), {code: 'TRAP_HOST'})
  })

  test('answers at once, with all that are ready', () => {
    const [a, b, c] = [lamp(), lamp(), lamp()]
    a.on = c.on = true
    assert.deepEqual(io().call('io/poll', 'poll', [a, b, c, a]), [0, 2, 3])
    assert.equal(a.asked + b.asked + c.asked, 0)
  })

  test('waits for the first', async () => {
    const [a, b] = [lamp(), lamp()]
    const polled = io().call('io/poll', 'poll', [a, b])
    assert.ok(polled instanceof Promise)
    b.light()
    assert.deepEqual(await polled, [1])
  })

  test('lets the world go on though one of them is always ready', async () => {
    const [a, b] = [lamp(), lamp()]
    a.on = true
    setImmediate(() => b.light())
    const guest = io()
    let polls = 0
    for (;;) {
      const polled = guest.call('io/poll', 'poll', [a, b])
      const found: number[] = polled instanceof Promise ? await polled : polled
      if (found.includes(1)) break
      assert.ok(++polls < 1000)
    }
    assert.ok(polls > 1, 'not every one waits')
  })

  test('listens once to a pollable that is polled again and again, by whichever subscription', async () => {
    const guest = io()
    const never = new Pipe()
    let listened = 0
    const {input} = never
    const source = {
      ...{ready: () => input.ready(), read: (max: number) => input.read(max)},
      whenReady: () => {
        listened++
        return input.whenReady()
      },
    }
    for (let i = 0; i < 100; i++) {
      const other = lamp()
      const polled = guest.call('io/poll', 'poll', [stream(guest, 'input-stream.subscribe', source), other])
      other.light()
      assert.deepEqual(await polled, [1])
    }
    assert.equal(listened, 1)
  })

  test('asks again when it was woken too early', async () => {
    let looks = 0
    const early: Pollable = {ready: () => ++looks > 5, whenReady: () => Promise.resolve()}
    assert.deepEqual(await io().call('io/poll', 'poll', [early]), [0])
    looks = 0
    await io().call('io/poll', '[method]pollable.block', early)
    assert.equal(looks, 6)
  })

  test('ten thousand leaked pollables are no trouble', async () => {
    const guest = caller([...ioInterfaces(), ...clocksInterfaces({clock: fakeClock()})])
    const far = () => guest.call('clocks/monotonic-clock', 'subscribe-duration', 1n << 62n)
    const many: Pollable[] = Array.from({length: 10_000}, far)
    const last = lamp()
    const polled = guest.call('io/poll', 'poll', [...many, last])
    last.light()
    assert.deepEqual(await polled, [10_000])
    // The timers that run would keep this test's process alive.
    guest.store.clear()
  })

  test('block returns at once what is ready', () => {
    const a = lamp()
    a.on = true
    assert.equal(io().call('io/poll', '[method]pollable.block', a), undefined)
    assert.equal(io().call('io/poll', '[method]pollable.ready', a), true)
  })

  test('dropping a subscription leaves its stream alone', () => {
    const guest = io()
    const pipe = new Pipe()
    guest.drop('io/poll', 'pollable', stream(guest, 'input-stream.subscribe', pipe.input))
    assert.equal(pipe.cancelled, false)
    guest.drop('io/streams', 'input-stream', pipe.input)
    assert.equal(pipe.cancelled, true)
  })

  test('a subscription of a dropped stream is ready, and breaks nothing', async () => {
    const guest = io()
    const pipe = new Pipe()
    const pollable = stream(guest, 'input-stream.subscribe', pipe.input)
    const polled = guest.call('io/poll', 'poll', [pollable])
    guest.drop('io/streams', 'input-stream', pipe.input)
    assert.deepEqual(await polled, [0])
    assert.deepEqual(stream(guest, 'input-stream.read', pipe.input, 1n), closed)
  })
})

describe('input-stream', () => {
  test('read never waits and never gives more than a bounded chunk', () => {
    const guest = io()
    const pipe = new Pipe()
    assert.deepEqual(stream(guest, 'input-stream.read', pipe.input, HUGE), ok(new Uint8Array(0)))
    pipe.write(new Uint8Array(MAX_READ * 2))
    assert.equal(unwrap(stream(guest, 'input-stream.read', pipe.input, HUGE)).length, MAX_READ)
    assert.equal(unwrap(stream(guest, 'input-stream.blocking-read', pipe.input, 1n << 63n)).length, MAX_READ)
  })

  test('blocking-read answers at once what is there, else waits', async () => {
    const guest = io()
    const pipe = new Pipe()
    const waiting = stream(guest, 'input-stream.blocking-read', pipe.input, 10n)
    assert.ok(waiting instanceof Promise)
    pipe.write(utf8('later'))
    assert.equal(text(unwrap(await waiting)), 'later')
    pipe.write(utf8('now'))
    assert.equal(text(unwrap(stream(guest, 'input-stream.blocking-read', pipe.input, 2n))), 'no')
    pipe.close()
    assert.equal(text(unwrap(stream(guest, 'input-stream.blocking-read', pipe.input, 2n))), 'w')
    assert.deepEqual(stream(guest, 'input-stream.blocking-read', pipe.input, 2n), closed)
  })

  test('skip counts what it threw away', async () => {
    const guest = io()
    const pipe = new Pipe()
    assert.deepEqual(stream(guest, 'input-stream.skip', pipe.input, 5n), ok(0n))
    const waiting = stream(guest, 'input-stream.blocking-skip', pipe.input, 3n)
    pipe.write(utf8('abcdef'))
    assert.deepEqual(await waiting, ok(3n))
    assert.deepEqual(stream(guest, 'input-stream.skip', pipe.input, HUGE), ok(3n))
    pipe.close()
    assert.deepEqual(stream(guest, 'input-stream.blocking-skip', pipe.input, 1n), closed)
  })

  test('a stream that says ready and has nothing does not spin', async () => {
    let reads = 0
    const liar = {
      ready: () => true,
      whenReady: () => Promise.resolve(),
      read: () => ok(new Uint8Array(++reads < 4 ? 0 : 1)),
    }
    assert.equal(unwrap(await stream(io(), 'input-stream.blocking-read', liar, 1n)).length, 1)
  })
})

describe('output-stream', () => {
  test('a write beyond the permit traps; one within it does not', () => {
    const guest = io()
    const pipe = new Pipe({capacity: 4})
    assert.deepEqual(stream(guest, 'output-stream.check-write', pipe.output), ok(4n))
    assert.throws(() => stream(guest, 'output-stream.write', pipe.output, utf8('hello')), {code: 'TRAP_HOST'})
    assert.deepEqual(stream(guest, 'output-stream.write', pipe.output, utf8('hell')), ok(undefined))
    assert.deepEqual(stream(guest, 'output-stream.check-write', pipe.output), ok(0n))
    assert.throws(() => stream(guest, 'output-stream.write', pipe.output, utf8('o')), {code: 'TRAP_HOST'})
    assert.throws(() => stream(guest, 'output-stream.write-zeroes', pipe.output, HUGE), {code: 'TRAP_HOST'})
  })

  test('blocking-write-and-flush writes as room comes', async () => {
    const guest = io()
    const pipe = new Pipe({capacity: 4})
    const written = stream(guest, 'output-stream.blocking-write-and-flush', pipe.output, utf8('hello, world'))
    assert.ok(written instanceof Promise)
    let got = ''
    while (got.length < 12) {
      await pipe.whenReadable()
      got += text(unwrap(pipe.read(3)))
    }
    assert.deepEqual(await written, ok(undefined))
    assert.equal(got, 'hello, world')
  })

  test('blocking functions that need not wait do not', () => {
    const guest = io()
    const pipe = new Pipe()
    for (const [method, arg] of [
      ['blocking-write-and-flush', utf8('x')],
      ['blocking-write-zeroes-and-flush', 3n],
      ['blocking-flush', undefined],
    ] as const)
      assert.deepEqual(stream(guest, `output-stream.${method}`, pipe.output, arg), ok(undefined))
    assert.equal(pipe.buffered, 4)
  })

  test('zeroes by the exabyte trap', () => {
    const {output} = new Pipe()
    assert.throws(() => stream(io(), 'output-stream.blocking-write-zeroes-and-flush', output, HUGE), {
      code: 'TRAP_HOST',
    })
  })

  test('a closed sink says so', async () => {
    const guest = io()
    const pipe = new Pipe({capacity: 2})
    const written = stream(guest, 'output-stream.blocking-write-and-flush', pipe.output, utf8('long'))
    pipe.cancel()
    assert.deepEqual(await written, closed)
    assert.deepEqual(stream(guest, 'output-stream.write', pipe.output, utf8('x')), closed)
    assert.deepEqual(stream(guest, 'output-stream.check-write', pipe.output), closed)
    assert.deepEqual(stream(guest, 'output-stream.blocking-flush', pipe.output), closed)
  })

  test('blocking-flush waits until check-write gives room again, and tells its error', async () => {
    const guest = io()
    const flushed = new Signal()
    let flushing = false
    const slow = {
      ready: () => !flushing,
      whenReady: () => flushed.wait(),
      checkWrite: () => ok(flushing ? 0 : 10),
      write: () => ok(undefined),
      flush: () => {
        flushing = true
        return ok(undefined)
      },
    }
    const waiting = stream(guest, 'output-stream.blocking-flush', slow)
    assert.ok(waiting instanceof Promise)
    assert.throws(() => stream(guest, 'output-stream.write', slow, utf8('x')), {code: 'TRAP_HOST'})
    flushing = false
    flushed.fire()
    assert.deepEqual(await waiting, ok(undefined))
  })

  test('splice moves what is there; blocking-splice waits for both ends', async () => {
    const guest = io()
    const [from, to] = [new Pipe(), new Pipe({capacity: 4})]
    assert.deepEqual(stream(guest, 'output-stream.splice', to.output, from.input, HUGE), ok(0n))
    const waiting = stream(guest, 'output-stream.blocking-splice', to.output, from.input, HUGE)
    from.write(utf8('abcdefgh'))
    assert.deepEqual(await waiting, ok(4n))
    assert.deepEqual(stream(guest, 'output-stream.splice', to.output, from.input, 1n), ok(0n))
    assert.equal(text(unwrap(to.read(9))), 'abcd')
    assert.deepEqual(stream(guest, 'output-stream.splice', to.output, from.input, 1n), ok(1n))
    from.close()
    assert.deepEqual(stream(guest, 'output-stream.blocking-splice', to.output, from.input, HUGE), ok(3n))
    to.read(9)
    assert.deepEqual(stream(guest, 'output-stream.splice', to.output, from.input, 1n), closed)
  })
})

test('an error shows its text', () => {
  assert.equal(
    io().call('io/error', '[method]error.to-debug-string', {debugString: 'broken pipe'}),
    'broken pipe',
  )
})
