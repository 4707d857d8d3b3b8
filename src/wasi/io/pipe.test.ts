import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {text, utf8} from '../fixture.ts'
import {Pipe} from './pipe.ts'

const closed = {tag: 'err', val: {tag: 'closed'}}
const empty = {tag: 'ok', val: new Uint8Array(0)}
const boom = {debugString: 'boom'}
const failedBoom = {tag: 'err', val: {tag: 'last-operation-failed', val: boom}}

test('chunks go through uncopied, cut where a read wants less', () => {
  const pipe = new Pipe()
  const chunk = utf8('hello')
  pipe.write(chunk)
  pipe.write(utf8('world'))
  assert.deepEqual(pipe.read(2), {tag: 'ok', val: utf8('he')})
  const rest = pipe.read(100)
  assert.ok(rest.tag === 'ok' && rest.val.buffer === chunk.buffer && text(rest.val) === 'llo')
  assert.equal(pipe.buffered, 5)
  assert.deepEqual(pipe.read(0), empty)
  assert.deepEqual(pipe.read(100), {tag: 'ok', val: utf8('world')})
  assert.deepEqual(pipe.read(100), empty)
})

test('a full pipe has no room until it is read, and tells who waits', async () => {
  const pipe = new Pipe({capacity: 4})
  assert.deepEqual(pipe.output.checkWrite(), {tag: 'ok', val: 4})
  pipe.write(utf8('abcdef'))
  assert.equal(pipe.room, 0)
  assert.equal(pipe.output.ready(), false)
  const room = pipe.whenWritable()
  pipe.read(5)
  await room
  assert.equal(pipe.room, 3)
})

test('a thousand chunks fill a pipe, however small they are', () => {
  const pipe = new Pipe({capacity: 1 << 20})
  let written = 0
  for (; pipe.room > 0; written++) pipe.write(new Uint8Array(1))
  assert.equal(written, 1024)
  for (let i = 0; i < 5000; i++) {
    assert.equal(pipe.read(10).tag, 'ok')
    pipe.write(new Uint8Array(1))
  }
  assert.equal(pipe.buffered, 1024)
})

test('after close the reader gets what is left, then closed', async () => {
  const pipe = new Pipe()
  pipe.write(utf8('last'))
  pipe.output.drop!()
  assert.ok(pipe.ended)
  assert.deepEqual(pipe.write(utf8('more')), closed)
  assert.deepEqual(pipe.output.checkWrite(), closed)
  assert.deepEqual(pipe.input.read(9), {tag: 'ok', val: utf8('last')})
  assert.deepEqual(pipe.input.read(9), closed)
  assert.deepEqual(pipe.input.read(9), closed)
  await pipe.input.whenReady()
})

test('after abort the reader gets what is left, then the error once, then closed', () => {
  const pipe = new Pipe()
  pipe.write(utf8('x'))
  pipe.abort(boom)
  assert.deepEqual(pipe.read(9), {tag: 'ok', val: utf8('x')})
  assert.deepEqual(pipe.read(9), failedBoom)
  assert.deepEqual(pipe.read(9), closed)
})

test('a reader that leaves frees what waits and tells the writer', async () => {
  const pipe = new Pipe({capacity: 1})
  pipe.write(utf8('xyz'))
  const waiting = pipe.output.whenReady()
  pipe.cancel(boom)
  await waiting
  assert.equal(pipe.buffered, 0)
  assert.deepEqual(pipe.output.checkWrite(), failedBoom)
  assert.deepEqual(pipe.output.checkWrite(), closed)
  assert.deepEqual(pipe.output.flush(), closed)
})

test('dropping the output end leaves the pipe open where someone else ends it', () => {
  const pipe = new Pipe({closeOnDrop: false})
  pipe.output.drop!()
  assert.equal(pipe.ended, false)
})

test('whatever is written in whatever pieces is read, in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.uint8Array({maxLength: 20}), fc.integer({min: 0, max: 30}))),
      fc.integer({min: 1, max: 64}),
      (steps, capacity) => {
        const pipe = new Pipe({capacity})
        const [sent, got]: number[][] = [[], []]
        for (const step of steps) {
          if (typeof step === 'number') {
            const read = pipe.read(step)
            assert.ok(read.tag === 'ok' && read.val.length <= step)
            got!.push(...read.val)
          } else {
            sent!.push(...step)
            pipe.write(step)
          }
          assert.equal(pipe.buffered, sent!.length - got!.length)
          assert.equal(pipe.readable, pipe.buffered > 0)
        }
        pipe.close()
        for (let read = pipe.read(7); read.tag === 'ok'; read = pipe.read(7)) got!.push(...read.val)
        assert.deepEqual(got, sent)
      },
    ),
  )
})
