import assert from 'node:assert/strict'
import {spawn} from 'node:child_process'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import {test} from 'node:test'
import {Worker} from 'node:worker_threads'

test('endless guests are stopped in a process without any flags, whose own work goes on; it ends by itself', async () => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'stopped.fixtures.ts')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  const hint = 'raise limits.cpuMs in the options of load()'
  assert.deepEqual(
    stdout.trimEnd().split('\n'),
    [
      `spin: LIMIT_CPU, ${hint}`,
      'in the context of spin',
      `waitThenSpin: LIMIT_CPU, ${hint}`,
      'in the context of waitThenSpin',
      `spin: LIMIT_CPU, ${hint}`,
      'in the context of spin',
      'wait returned',
      'outside: undefined',
      'start: LIMIT_START',
      "the program's own work: all done",
    ],
    stderr,
  )
})

test('a worker thread cannot be stopped, and says so', async () => {
  const code = `
    const {parentPort} = require('node:worker_threads')
    const warnings = []
    process.on('warning', ({name, message}) => name === 'ExperimentalWarning' || warnings.push(message))
    import(${JSON.stringify(new URL('../index.ts', import.meta.url).href)}).then(async ({Engine}) => {
      await using engine = new Engine()
      const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0)
      const codeOf = limits => engine.load(empty, {limits}).then(() => 'loaded', error => error.code)
      const codes = [await codeOf({}), await codeOf({cpuMs: Infinity})]
      await engine.close()
      parentPort.postMessage([...codes, ...warnings])
    })`
  const worker = new Worker(code, {eval: true})
  const [message] = (await new Promise((resolve, reject) => {
    worker.once('message', value => resolve([value]))
    worker.once('error', reject)
  })) as [unknown]
  assert.deepEqual(message, ['EMBED_CPU_LIMIT', 'loaded'])
  await worker.terminate()
})
