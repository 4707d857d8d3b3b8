import assert from 'node:assert/strict'
import {mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {startWatching} from './watch.ts'

let dir: string
let watching: ReturnType<typeof startWatching> | undefined
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'mayfly-watch-'))
  mkdirSync(join(dir, 'src/deep'), {recursive: true})
  writeFileSync(join(dir, 'spin.toml'), '')
})
afterEach(() => {
  watching?.close()
  rmSync(dir, {recursive: true})
})

async function until(condition: () => boolean): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) await sleep(10)
  assert(condition(), 'it happened within five seconds')
}

function start(rebuild: () => Promise<readonly string[]> = async () => inputs()) {
  const seen = {builds: 0, served: 0, failures: [] as unknown[]}
  watching = startWatching({
    inputs: inputs(),
    rebuild: () => {
      seen.builds++
      return rebuild()
    },
    onServed: () => seen.served++,
    onFailure: error => seen.failures.push(error),
    debounceMs: 30,
  })
  return seen
}
const inputs = (): string[] => [join(dir, 'src'), join(dir, 'spin.toml')]

test('a change below a directory builds anew', async () => {
  const seen = start()
  writeFileSync(join(dir, 'src/deep/a.ts'), '1')
  await until(() => seen.served === 1)
})

test('a file that an editor replaces is seen, again and again', async () => {
  const seen = start()
  for (const round of [1, 2]) {
    writeFileSync(join(dir, '.spin.toml.swp'), 'x')
    renameSync(join(dir, '.spin.toml.swp'), join(dir, 'spin.toml'))
    await until(() => seen.served >= round)
    await sleep(80)
  }
})

test('changes close together are one; other files are none', async () => {
  const seen = start()
  for (let i = 0; i < 20; i++) writeFileSync(join(dir, 'src/a.ts'), `${i}`)
  writeFileSync(join(dir, 'notes.txt'), '')
  mkdirSync(join(dir, 'src/node_modules'))
  await until(() => seen.served >= 1)
  await sleep(200)
  const {served} = seen
  writeFileSync(join(dir, 'notes.txt'), 'more')
  writeFileSync(join(dir, 'src/node_modules/x.js'), 'more')
  await sleep(200)
  assert.equal(seen.served, served)
  assert(served <= 2)
})

test('a failure is told, and the next change builds again', async () => {
  let broken = true
  const seen = start(async () => {
    if (broken) throw new Error('syntax')
    return inputs()
  })
  writeFileSync(join(dir, 'src/a.ts'), '1')
  await until(() => seen.failures.length === 1)
  broken = false
  writeFileSync(join(dir, 'src/a.ts'), '2')
  await until(() => seen.served === 1)
})

test('a change while building is built afterwards', async () => {
  let finish: () => void = () => {}
  const seen = start(async () => {
    await new Promise<void>(resolve => (finish = resolve))
    return inputs()
  })
  writeFileSync(join(dir, 'src/a.ts'), '1')
  await until(() => seen.builds === 1)
  await sleep(100)
  writeFileSync(join(dir, 'src/a.ts'), '2')
  await sleep(100)
  assert.equal(seen.builds, 1)
  finish()
  await until(() => seen.builds === 2)
  finish()
  await until(() => seen.served === 2)
})

test('nothing happens after close', async () => {
  const seen = start()
  watching!.close()
  writeFileSync(join(dir, 'src/a.ts'), '1')
  await sleep(150)
  assert.equal(seen.builds, 0)
})
