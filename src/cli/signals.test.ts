import assert from 'node:assert/strict'
import {EventEmitter} from 'node:events'
import {test} from 'node:test'
import {untilSignal} from './signals.ts'

function start() {
  const source = new EventEmitter()
  const seen = {stops: 0, kills: 0, time: 0, finish: () => {}, fail: (_: Error) => {}}
  const stopping = new Promise<void>((resolve, reject) => {
    seen.finish = resolve
    seen.fail = reject
  })
  const stop = (): Promise<void> => {
    seen.stops++
    return stopping
  }
  const code = untilSignal({stop, kill: () => void seen.kills++}, source, () => seen.time)
  const send = (signal: string): boolean => source.emit(signal, signal)
  return {source, seen, code, send}
}

test('the first signal ends politely, with 0', async () => {
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) {
    const {seen, code, send, source} = start()
    send(signal)
    seen.finish()
    assert.equal(await code, 0)
    assert.deepEqual([seen.stops, seen.kills], [1, 0])
    assert.equal(source.eventNames().length, 0)
  }
})

test('a second one ends at once, with 128 and its number', async () => {
  const {seen, code, send} = start()
  send('SIGTERM')
  seen.time = 1000
  send('SIGINT')
  assert.equal(await code, 130)
  assert.deepEqual([seen.stops, seen.kills], [1, 1])
})

test('the same Ctrl-C heard twice is one', async () => {
  const {seen, code, send} = start()
  send('SIGINT')
  seen.time = 20
  send('SIGINT')
  seen.finish()
  assert.equal(await code, 0)
  assert.equal(seen.kills, 0)
})

test('a stop that fails is an error', async () => {
  const {seen, code, send} = start()
  send('SIGTERM')
  seen.fail(new Error('stuck'))
  await assert.rejects(code, /stuck/)
})
