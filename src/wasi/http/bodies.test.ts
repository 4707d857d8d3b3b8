import assert from 'node:assert/strict'
import {PassThrough} from 'node:stream'
import {test} from 'node:test'
import {text, unwrap, utf8} from '../fixture.ts'
import {FutureTrailers, IncomingBody} from './incoming-body.ts'
import {BODY_BUFFER_BYTES, type BodySink, OutgoingBody} from './outgoing-body.ts'

class Sink implements BodySink {
  got = ''
  events: string[] = []
  takes = true
  write(bytes: Uint8Array): boolean {
    this.got += text(bytes)
    return this.takes
  }
  end(): void {
    this.events.push('end')
  }
  abort(): void {
    this.events.push('abort')
  }
}

test('what is written waits for its sink, then goes straight through', () => {
  const body = new OutgoingBody('response', undefined)
  const stream = body.takeStream()!
  assert.equal(body.takeStream(), undefined)
  unwrap(stream.write(utf8('ab')))
  assert.equal(unwrap(stream.checkWrite()), BODY_BUFFER_BYTES - 2)
  const sink = new Sink()
  body.attach(sink)
  unwrap(stream.write(utf8('c')))
  unwrap(body.finish(undefined))
  assert.equal(sink.got, 'abc')
  assert.deepEqual(sink.events, ['end'])
  assert.deepEqual(stream.write(utf8('d')), {tag: 'err', val: {tag: 'closed'}})
  assert.deepEqual(stream.checkWrite(), {tag: 'err', val: {tag: 'closed'}})
})

test('a full buffer and a full sink make the writer wait', async () => {
  const body = new OutgoingBody('response', undefined)
  unwrap(body.write(new Uint8Array(BODY_BUFFER_BYTES)))
  assert.equal(unwrap(body.checkWrite()), 0)
  assert.equal(body.ready(), false)
  const waited = body.whenReady()
  const sink = new Sink()
  body.attach(sink)
  await waited
  sink.takes = false
  unwrap(body.write(utf8('x')))
  assert.equal(unwrap(body.checkWrite()), 0)
  const again = body.whenReady()
  body.drained()
  await again
  assert.equal(body.ready(), true)
})

const LENGTHS: [promised: number, writes: string[], finish: 'ok' | 'err', out: string][] = [
  [3, ['abc'], 'ok', 'abc'],
  [0, [], 'ok', ''],
  [3, ['ab'], 'err', 'ab'],
  [3, [], 'err', ''],
  [3, ['ab', 'cd'], 'err', 'ab'],
  [3, ['abc', ''], 'ok', 'abc'],
]
for (const [promised, writes, finish, out] of LENGTHS) {
  test(`content-length ${promised} and ${JSON.stringify(writes)}: finish is ${finish}, ${JSON.stringify(out)} goes out`, () => {
    for (const [side, code] of [
      ['response', 'HTTP-response-body-size'],
      ['request', 'HTTP-request-body-size'],
    ] as const) {
      const body = new OutgoingBody(side, promised)
      const sink = new Sink()
      body.attach(sink)
      let total = 0
      for (const chunk of writes) {
        total += chunk.length
        const written = body.write(utf8(chunk))
        if (total <= promised) unwrap(written)
        else assert.deepEqual((written as any).val.val.cause, {tag: code, val: BigInt(total)})
      }
      const finished = body.finish(undefined)
      assert.deepEqual(
        finished,
        finish === 'ok' ? {tag: 'ok', val: undefined} : {tag: 'err', val: {tag: code, val: BigInt(total)}},
      )
      assert.deepEqual(sink.events, [finish === 'ok' ? 'end' : 'abort'])
      assert.equal(sink.got, out)
    }
  })
}

test('dropping an unfinished body aborts, a reader that goes closes the stream and wakes the writer', async () => {
  const dropped = new OutgoingBody('response', undefined)
  const sink = new Sink()
  dropped.attach(sink)
  dropped.abort()
  dropped.abort()
  assert.deepEqual(sink.events, ['abort'])

  const body = new OutgoingBody('response', undefined)
  unwrap(body.write(new Uint8Array(BODY_BUFFER_BYTES)))
  const waited = body.whenReady()
  body.readerGone()
  await waited
  assert.deepEqual(body.checkWrite(), {tag: 'err', val: {tag: 'closed'}})
})

async function readAll(body: IncomingBody, max: number): Promise<string> {
  let all = ''
  for (;;) {
    const bytes = body.read(max)
    if (bytes.tag === 'err') {
      assert.equal(bytes.val.tag, 'closed')
      return all
    }
    assert.ok(bytes.val.length <= max)
    all += text(bytes.val)
    if (bytes.val.length === 0) await body.whenReady()
  }
}

for (const max of [1, 3, 100]) {
  test(`a body is read to its end, at most ${max} bytes at a time`, async () => {
    const source = new PassThrough()
    let waits = 0
    const body = new IncomingBody(source, {side: 'request', onFirstWait: () => waits++})
    source.write('hello ')
    setImmediate(() => {
      source.write('wor')
      setImmediate(() => source.end('ld'))
    })
    assert.equal(await readAll(body, max), 'hello world')
    assert.equal(waits, 1)
  })
}

test('no source is an empty body', async () => {
  const body = new IncomingBody(undefined, {side: 'request'})
  assert.equal(body.ready(), true)
  assert.equal(await readAll(body, 10), '')
})

test('a source that breaks off fails the read once, then the stream is closed', async () => {
  for (const [side, code] of [
    ['request', 'connection-terminated'],
    ['response', 'HTTP-response-incomplete'],
  ] as const) {
    const source = new PassThrough()
    const body = new IncomingBody(source, {side})
    const waited = body.whenReady()
    source.destroy()
    await waited
    const failed = body.read(1) as any
    assert.equal(failed.val.tag, 'last-operation-failed')
    assert.deepEqual(failed.val.val.cause, {tag: code})
    assert.deepEqual(body.read(1), {tag: 'err', val: {tag: 'closed'}})
  }
})

test('a source that broke off before anybody waited fails the read', async () => {
  const source = new PassThrough()
  source.destroy()
  await new Promise(resolve => source.once('close', resolve))
  const body = new IncomingBody(source, {side: 'request'})
  assert.equal(body.ready(), true)
  assert.deepEqual((body.read(1) as any).val.val.cause, {tag: 'connection-terminated'})
})

test('a wait for bytes ends with its timeout', async () => {
  const body = new IncomingBody(new PassThrough(), {side: 'response', timeoutMs: 5})
  await body.whenReady()
  assert.deepEqual((body.read(1) as any).val.val.cause, {tag: 'connection-read-timeout'})
})

test('trailers come when the rest has been read, once', async () => {
  const source = Object.assign(new PassThrough(), {rawTrailers: ['X-Sum', '42']})
  source.write('unread')
  const trailers = new FutureTrailers(new IncomingBody(source, {side: 'request'}))
  assert.equal(trailers.get(), undefined)
  const waited = trailers.whenReady()
  source.end('more')
  await waited
  const got = unwrap(unwrap(trailers.get()))
  assert.deepEqual(got.get('x-sum').map(text), ['42'])
  assert.deepEqual(trailers.get(), {tag: 'err', val: undefined})
})

test('no trailers, and trailers of a body that broke off', async () => {
  const none = new FutureTrailers(new IncomingBody(undefined, {side: 'request'}))
  assert.deepEqual(none.get(), {tag: 'ok', val: {tag: 'ok', val: undefined}})
  const source = new PassThrough()
  const broken = new FutureTrailers(new IncomingBody(source, {side: 'request'}))
  const waited = broken.whenReady()
  source.destroy()
  await waited
  assert.deepEqual(broken.get(), {tag: 'ok', val: {tag: 'err', val: {tag: 'connection-terminated'}}})
})

test('releasing an unread body tells its owner, releasing a read one does not', async () => {
  let dropped = 0
  const options = {side: 'response', onDrop: () => dropped++} as const
  new IncomingBody(new PassThrough(), options).release()
  assert.equal(dropped, 1)
  const source = new PassThrough()
  const body = new IncomingBody(source, options)
  source.end('x')
  await readAll(body, 10)
  body.release()
  assert.equal(dropped, 1)
})
