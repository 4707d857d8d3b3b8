import assert from 'node:assert/strict'
import {type ChildProcess, fork} from 'node:child_process'
import {once} from 'node:events'
import {Agent, get} from 'node:http'
import {afterEach, describe, test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {fileURLToPath} from 'node:url'
import {MayflyError} from '../base/errors.ts'
import type {Server} from './app.ts'
import {canShareListening} from './port.ts'
import {superviseWorkers} from './supervisor.ts'
import type {FakeDescription} from './testing/fake-app.ts'

const FAKE_WORKER = fileURLToPath(new URL('./testing/fake-worker.ts', import.meta.url))
const LISTEN = {host: '127.0.0.1', port: 0, reusePort: true}

const skip = canShareListening() ? false : 'processes cannot share a port here'

let children: ChildProcess[] = []
let lines: string[] = []
afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  lines = []
})

const supervise = (workers: number, aloneMs = 0) =>
  superviseWorkers<FakeDescription>({
    workers,
    fork: () => {
      const child = fork(FAKE_WORKER, {
        serialization: 'advanced',
        stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      })
      children.push(child)
      return child
    },
    log: line => lines.push(line),
    backoffMs: () => 10,
    aloneMs,
  })

/** A connection of its own for each request, so that the kernel spreads them. */
const ask = (port: number, path = '/'): Promise<string> =>
  new Promise((resolve, reject) => {
    get({host: '127.0.0.1', port, path, agent: new Agent({keepAlive: false})}, async response => {
      try {
        resolve(String(Buffer.concat(await response.toArray())))
      } catch (error) {
        reject(error)
      }
    }).on('error', reject)
  })

async function askUntil(
  port: number,
  wanted: (answers: ReadonlySet<string>) => boolean,
): Promise<ReadonlySet<string>> {
  const answers = new Set<string>()
  for (let i = 0; i < 400 && !wanted(answers); i++) {
    answers.add(await ask(port).catch(() => 'refused'))
    if (i > 50) await sleep(10)
  }
  return answers
}

const workersOf = (answers: ReadonlySet<string>): string[] =>
  [...new Set([...answers].map(answer => answer.split(':')[0]!))].sort()

/** A server whose workers all serve. */
async function allServing(workers: number, description: FakeDescription): Promise<Server<FakeDescription>> {
  const server = await supervise(workers).start({description, listen: LISTEN})
  await askUntil(server.port, seen => workersOf(seen).length === workers)
  return server
}

const ended = (child: ChildProcess): Promise<unknown> =>
  child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit')

const isAlive = ({exitCode, signalCode}: ChildProcess): boolean => exitCode === null && signalCode === null

async function untilLogged(pattern: RegExp): Promise<void> {
  for (let i = 0; i < 500 && !lines.some(line => pattern.test(line)); i++) await sleep(10)
  assert(
    lines.some(line => pattern.test(line)),
    `${pattern} in ${JSON.stringify(lines)}`,
  )
}

/** All workers serve, and each serves this version. */
async function assertAllServe(port: number, workers: number, text: string): Promise<void> {
  const seen = await askUntil(port, answers => workersOf(answers).length === workers)
  assert.equal(workersOf(seen).length, workers)
  for (const answer of seen) assert.match(answer, new RegExp(`:${text}:`))
}

test('a worker that ends while the app is being prepared is told of when it is to start', {
  skip,
}, async () => {
  const supervisor = supervise(1)
  const [child] = children
  child!.kill('SIGKILL')
  await once(child!, 'exit')
  await assert.rejects(supervisor.start({description: {text: 'a'}, listen: LISTEN}), {code: 'WORKER_DIED'})
})

describe('the supervisor', {skip}, () => {
  test('serves from all workers on one port', async () => {
    const server = await supervise(2).start({description: {text: 'a'}, listen: LISTEN})
    assert.notEqual(server.port, 0)
    const answers = await askUntil(server.port, seen => workersOf(seen).length === 2)
    assert.deepEqual(workersOf(answers), ['0', '1'])
    await server.stop({graceMs: 1000})
    assert.deepEqual(
      children.map(({exitCode}) => exitCode),
      [0, 0],
    )
    assert.deepEqual(lines, [])
    await assert.rejects(ask(server.port))
  })

  test('replaces a worker that crashes, and says why it died; the others go on', async () => {
    const server = await allServing(2, {text: 'a'})
    await assert.rejects(ask(server.port, '/crash'))
    const answers = await askUntil(server.port, seen =>
      [...seen].some(answer => answer.endsWith(`:${children[2]?.pid}`)),
    )
    assert(children[2] !== undefined, 'a third process was started')
    assert(
      [...answers].some(answer => answer.endsWith(`:${children[2]!.pid}`)),
      'and answers',
    )
    assert.match(lines[0]!, /^worker \d \(process \d+\) died: exit code 7$/)
    await server.stop({graceMs: 1000})
  })

  test('replaces a worker that is killed', async () => {
    const server = await supervise(1).start({description: {text: 'a'}, listen: LISTEN})
    children[0]!.kill('SIGKILL')
    await askUntil(server.port, seen => [...seen].some(answer => answer.endsWith(`:${children[1]?.pid}`)))
    assert.match(lines[0]!, /died: signal SIGKILL/)
    await server.stop({graceMs: 1000})
  })

  test('has the others come when the first has served for a moment, and never once it ends', async () => {
    const server = await supervise(2, 50).start({description: {text: 'a'}, listen: LISTEN})
    assert.equal(children.length, 1)
    await assertAllServe(server.port, 2, 'a')
    const ending = await supervise(2, 50).start({description: {text: 'b'}, listen: LISTEN})
    await ending.stop({graceMs: 1000})
    await sleep(100)
    assert.equal(children.length, 3)
    await server.stop({graceMs: 1000})
  })

  test('serves when the first worker does; another that cannot is tried again, and it is said why', async () => {
    const server = await supervise(2).start({description: {text: 'x.bin', failsIn: 1}, listen: LISTEN})
    assert.equal(children.length, 2)
    for (let i = 0; i < 500 && children.length < 4; i++) {
      assert.match(await ask(server.port), /^0:x\.bin:/)
      await sleep(10)
    }
    assert(children.length >= 4, 'it was started again')
    assert.equal(lines[0], 'worker 1 could not be started: x.bin is nothing that can be served')
    await server.reload({text: 'b'})
    await askUntil(server.port, seen => workersOf(seen).length === 2)
    await server.stop({graceMs: 1000})
    await Promise.all(children.map(ended))
  })

  test('fails as the first worker fails, and leaves no process', async () => {
    const starting = supervise(2).start({description: {text: 'x.bin', failsIn: 0}, listen: LISTEN})
    await assert.rejects(starting, (error: unknown) => {
      assert(error instanceof MayflyError)
      assert.equal(error.code, 'SOURCE_UNKNOWN')
      assert.equal(error.message, 'x.bin is nothing that can be served')
      assert.deepEqual(error.at, {file: 'app', line: 3})
      return true
    })
    await Promise.all(children.map(ended))
  })

  test('names a worker that ends while it starts', async () => {
    const starting = supervise(2).start({description: {text: 'a', exitsIn: 0}, listen: LISTEN})
    await assert.rejects(starting, {
      code: 'WORKER_DIED',
      message: 'worker 0 ended before it was ready: exit code 9',
    })
    await Promise.all(children.map(ended))
  })

  test('reloads all workers, without a dropped request', async () => {
    const server = await allServing(2, {text: 'a'})
    const slow = [ask(server.port, '/slow'), ask(server.port, '/slow')]
    await server.reload({text: 'b'})
    for (let i = 0; i < 20; i++) assert.match(await ask(server.port), /:b:/)
    for (const answer of await Promise.all(slow)) assert.match(answer, /^\d:[ab]:\d+$/)
    await server.stop({graceMs: 1000})
  })

  test('keeps the old version everywhere when one worker cannot take the new one', async () => {
    const server = await allServing(2, {text: 'a'})
    await assert.rejects(server.reload({text: 'b', failsIn: 1}), {code: 'SOURCE_UNKNOWN'})
    for (let i = 0; i < 20; i++) assert.match(await ask(server.port), /:a:/)
    await server.stop({graceMs: 1000})
  })

  test('an edit served while other workers come up reaches them too', async () => {
    const server = await supervise(3).start({description: {text: 'a'}, listen: LISTEN})
    const [first, ...others] = children
    first!.kill('SIGSTOP')
    const reloaded = server.reload({text: 'b'})
    await Promise.all(others.map(child => once(child, 'message')))
    first!.kill('SIGCONT')
    await reloaded
    await assertAllServe(server.port, 3, 'b')
    await server.stop({graceMs: 1000})
  })

  test('an edit that a worker which came up meanwhile cannot take is served by none', async () => {
    const server = await supervise(2).start({description: {text: 'a'}, listen: LISTEN})
    const [first, second] = children
    first!.kill('SIGSTOP')
    const reloaded = assert.rejects(server.reload({text: 'b', failsIn: 1}), {code: 'SOURCE_UNKNOWN'})
    await once(second!, 'message')
    first!.kill('SIGCONT')
    await reloaded
    await assertAllServe(server.port, 2, 'a')
    assert.deepEqual(lines, [])
    await server.stop({graceMs: 1000})
  })

  test('a replacement that takes one edit while the next is served takes both', async () => {
    const server = await allServing(2, {text: 'a'})
    children[1]!.kill('SIGKILL')
    for (let i = 0; i < 500 && children.length < 3; i++) await sleep(1)
    const replacement = children[2]!
    replacement.kill('SIGSTOP')
    await server.reload({text: 'b'})
    replacement.kill('SIGCONT')
    // Stopped as soon as it is ready, it has yet to take the first edit.
    await once(replacement, 'message')
    replacement.kill('SIGSTOP')
    const reloaded = server.reload({text: 'c'})
    replacement.kill('SIGCONT')
    await reloaded
    await untilLogged(/^worker 1 is back/)
    await assertAllServe(server.port, 2, 'c')
    await server.stop({graceMs: 1000})
  })

  test('a worker that came up and cannot take the edit since is replaced once', async () => {
    const server = await supervise(2).start({description: {text: 'a'}, listen: LISTEN})
    const [, second] = children
    second!.kill('SIGSTOP')
    await server.reload({text: 'b', failsIn: 1})
    second!.kill('SIGCONT')
    await untilLogged(/^worker 1 could not be started: b is nothing/)
    await server.reload({text: 'c'})
    await untilLogged(/^worker 1 is back/)
    await assertAllServe(server.port, 2, 'c')
    assert.equal(children.filter(isAlive).length, 2)
    await server.stop({graceMs: 1000})
  })

  test('a worker that dies of an edit keeps none of the others from going back', async () => {
    const server = await allServing(3, {text: 'a'})
    await assert.rejects(server.reload({text: 'b', failsIn: 0, exitsIn: 1}), {code: 'SOURCE_UNKNOWN'})
    await untilLogged(/^worker 1 is back/)
    await assertAllServe(server.port, 3, 'a')
    await server.stop({graceMs: 1000})
  })

  test('a worker that can neither keep an edit nor go back is replaced', async () => {
    const before: {text: string; failsIn?: number} = {text: 'a'}
    const server = await allServing(2, before)
    before.failsIn = 0
    await assert.rejects(server.reload({text: 'b', failsIn: 1}), {code: 'SOURCE_UNKNOWN'})
    delete before.failsIn
    await untilLogged(/^worker 0 is back/)
    await assertAllServe(server.port, 2, 'a')
    await server.stop({graceMs: 1000})
  })

  test('a replacement serves the newest version', async () => {
    const server = await supervise(1).start({description: {text: 'a'}, listen: LISTEN})
    await server.reload({text: 'b'})
    await assert.rejects(ask(server.port, '/crash'))
    const answers = await askUntil(server.port, seen =>
      [...seen].some(answer => answer.includes(`:${children[1]?.pid}`)),
    )
    assert([...answers].some(answer => answer.includes(':b:')))
    assert(![...answers].some(answer => answer.includes(':a:')))
    await server.stop({graceMs: 1000})
  })

  test('stops politely: a request in flight is answered', async () => {
    const server = await supervise(1).start({description: {text: 'a'}, listen: LISTEN})
    const slow = ask(server.port, '/slow')
    await sleep(50)
    await server.stop({graceMs: 5000})
    assert.match(await slow, /^0:a:/)
  })

  test('stops within the grace time, whatever hangs', async () => {
    const server: Server<FakeDescription> = await supervise(1).start({
      description: {text: 'a'},
      listen: LISTEN,
    })
    const hanging = assert.rejects(ask(server.port, '/hang'))
    await sleep(50)
    await server.stop({graceMs: 50})
    await hanging
  })

  test('workers that lose their supervisor end', async () => {
    const server = await supervise(1).start({description: {text: 'a'}, listen: LISTEN})
    const [worker] = children
    worker!.disconnect()
    await ended(worker!)
    // No replacement may outlive the test.
    server.kill()
    assert.equal(worker!.exitCode, 0)
  })

  test('kill ends all at once', async () => {
    const server = await allServing(2, {text: 'a'})
    server.kill()
    await Promise.all(children.map(ended))
    assert.deepEqual(lines, [])
  })
})
