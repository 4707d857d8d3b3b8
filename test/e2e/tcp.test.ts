// A program that listens by WASI 0.2, made by another toolchain: in `mayfly run`, in wasmtime, and refused where it is not granted.
import assert from 'node:assert/strict'
import {once} from 'node:events'
import net from 'node:net'
import {createInterface} from 'node:readline'
import {describe, test} from 'node:test'
import {finish, mayfly, start} from '../../src/cli/run.fixtures.ts'
import {guest} from '../guests/guests.ts'
import {isSkip} from '../guests/toolchain.ts'
import {wasmtime, withoutWasmtime} from '../wasmtime.ts'
import {folder} from './harness/app.ts'
import {ask} from './harness/client.ts'
import {up} from './harness/mayfly.ts'

const made = await guest('tcp')
const path = isSkip(made) ? '' : made.path

const wasmtimeRun = (program: string) => (args: readonly string[]) =>
  start(program, ['run', '-S', 'inherit-network', path, ...args])

const RUNTIMES = {
  mayfly: (args: readonly string[]) => mayfly('--network', path, ...args),
  ...(wasmtime === undefined ? {} : {wasmtime: wasmtimeRun(wasmtime)}),
}

/** Sends `parts`, each when what came before has come back; then the end, and hears the end. */
async function talk(port: number, parts: readonly Buffer[]): Promise<void> {
  const socket = net.connect({port, host: '127.0.0.1', allowHalfOpen: true})
  const ended = once(socket, 'end')
  for (const part of parts) {
    const back: Buffer[] = []
    socket.write(part)
    let missing = part.length
    while (missing > 0) {
      const [chunk] = (await once(socket, 'data')) as [Buffer]
      back.push(chunk)
      missing -= chunk.length
    }
    assert.ok(Buffer.concat(back).equals(part))
  }
  socket.end()
  await ended
}

const PARTS = [1, 5000, 70_000].map(length => Buffer.from(Array.from({length}, (_, i) => (i * 7) & 0xff)))

describe('a program that listens', {skip: isSkip(made) && made.skip}, () => {
  for (const [name, run] of Object.entries(RUNTIMES)) {
    test(`echoes several connections at once in ${name}`, async () => {
      const child = run(['echo', '4'])
      const ended = finish(child)
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
      const port = Number(/^listening (\d+)$/.exec(line)?.[1])
      await Promise.all([PARTS, [], PARTS.toReversed(), PARTS].map(parts => talk(port, parts)))
      const {code, stdout, stderr} = await ended
      assert.deepEqual([code, `${stdout}`, stderr], [0, `${line}\ndone\n`, ''])
      // With the program its port is gone.
      const [error] = await once(net.connect(port, '127.0.0.1'), 'error')
      assert.equal(error.code, 'ECONNREFUSED')
    })

    test(`talks with itself in ${name}`, async () => {
      const {code, stdout, stderr} = await finish(run(['itself']))
      assert.deepEqual([code, `${stdout}`, stderr], [0, 'true\n4096\n4096\n', ''])
    })
  }

  test('hears in every state what wasmtime says', {
    skip: withoutWasmtime,
  }, async () => {
    const [ours, theirs] = await Promise.all(Object.values(RUNTIMES).map(run => finish(run(['states']))))
    assert.ok(`${ours!.stdout}`.split('\n').length > 100)
    assert.equal(`${ours!.stdout}`, `${theirs!.stdout}`)
  })

  test('has only so many sockets', async () => {
    const {code, stdout} = await finish(RUNTIMES.mayfly(['greedy']))
    assert.deepEqual([code, `${stdout}`], [0, '128 new-socket-limit\n'])
  })

  test('is refused without the network', async () => {
    const {code, stdout} = await finish(mayfly(path, 'echo', '1'))
    assert.deepEqual([code, `${stdout}`], [1, 'failed: access-denied\n'])
  })

  test('is refused behind a route, whatever it may reach', async t => {
    const lines = [
      'spin_manifest_version = 2',
      '[application]',
      'name = "tcp"',
      '[[trigger.http]]',
      'route = "/..."',
      'component = "tcp"',
      'executor = { type = "wagi" }',
      '[component.tcp]',
      `source = ${JSON.stringify(path)}`,
      'allowed_outbound_hosts = ["*://*:*"]',
    ]
    const served = await up(t, [folder(t, {'spin.toml': `${lines.join('\n')}\n`})])
    const {status, body} = await ask(`${served.url}/`)
    assert.deepEqual([status, body], [200, 'access-denied\n'])
  })
})
