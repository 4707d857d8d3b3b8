import assert from 'node:assert/strict'
import {spawnSync} from 'node:child_process'
import {test} from 'node:test'
import {Turns} from './turns.ts'

test('tasks run in their order, each in a turn of its own', async () => {
  const turns = new Turns()
  const log: string[] = []
  const task = (name: string) => () => {
    log.push(name)
    process.nextTick(() => log.push(`${name} tick`))
    Promise.resolve().then(() => log.push(`${name} microtask`))
    if (name === 'a') turns.add(task('d'))
  }
  for (const name of ['a', 'b', 'c']) turns.add(task(name))
  assert.deepEqual(log, [], 'nothing runs at once')
  while (log.length < 12) await new Promise(setImmediate)
  assert.deepEqual(
    log,
    ['a', 'b', 'c', 'd'].flatMap(name => [name, `${name} tick`, `${name} microtask`]),
  )
})

test('the next task is asked for before one runs, so that a task may fail', () => {
  const script = `
    const {turns} = await import(${JSON.stringify(new URL('./turns.ts', import.meta.url).href)})
    process.on('uncaughtException', error => console.log(error.message))
    turns.add(() => { throw new Error('failed') })
    turns.add(() => console.log('next'))`
  const {stdout} = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {encoding: 'utf8'})
  assert.equal(stdout, 'failed\nnext\n')
})
