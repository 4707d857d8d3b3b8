// bench/sandboxes.ts: many live sandboxes of the 13 MB component in one process: time and memory for each.
//
// Runs itself anew in a process with the flags that workers have. Afterwards the sandboxes serve as a worker's do, and the
// JavaScript heap must stay bounded.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {getHeapStatistics} from 'node:v8'
import type {Sandbox} from '../src/engine/pool/sandbox.ts'
import {guardHeap} from '../src/server/heap-guard.ts'
import {GUEST_NODE_FLAGS, mayRunGuests} from '../src/server/node-flags.ts'
import {prepare} from './parts/engine.ts'
import {type Bar, barLines, figure, holds, median} from './parts/figures.ts'
import {describeMachine, memoryKb} from './parts/machine.ts'
import {buildHello} from './parts/subjects.ts'

const {values: options} = parseArgs({
  options: {
    count: {type: 'string', default: '1000'},
    /** Requests under load afterwards. */
    requests: {type: 'string', default: '100000'},
    component: {type: 'string'},
    strict: {type: 'boolean', default: false},
  },
})

const BARS = {makeMs: 2, residentKb: 950, heapGrowthMb: 300}
const PER_TURN = 32
const WARMUP = 10_000
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

if (mayRunGuests(process.execArgv)) process.exitCode = await run()
else {
  const again = spawnSync(process.execPath, [...GUEST_NODE_FLAGS, ...process.argv.slice(1)], {
    stdio: 'inherit',
  })
  process.exitCode = again.status ?? 1
}

async function run(): Promise<number> {
  console.log((await describeMachine()).lines.join('\n'))
  const dir = mkdtempSync(join(tmpdir(), 'mayfly-bench-'))
  let path: string
  let prepared: ReturnType<typeof prepare>
  try {
    path = options.component ?? buildHello(dir).path
    prepared = prepare(path)
  } finally {
    rmSync(dir, {recursive: true, force: true})
  }
  const {component, tier, ask} = prepared
  // The first one compiles what all share, and has the heap's young generation grow; that is no sandbox's cost.
  const first = component.make()
  for (let i = 0; i < WARMUP; i++) {
    ask(first)
    first.restore()
    if (i % PER_TURN === 0) await turn()
  }
  const count = Number(options.count)
  const before = memoryKb('self')

  const times: number[] = []
  const sandboxes: Sandbox[] = []
  const started = performance.now()
  for (let i = 0; i < count; i++) {
    const start = performance.now()
    sandboxes.push(component.make())
    times.push(performance.now() - start)
    if (i % PER_TURN === 0) await turn()
  }
  const totalMs = performance.now() - started
  await turn()
  const idle = memoryKb('self')

  const asked = performance.now()
  for (const [i, sandbox] of sandboxes.entries()) {
    ask(sandbox)
    sandbox.restore()
    if (i % PER_TURN === 0) await turn()
  }
  const firstUs = ((performance.now() - asked) / count) * 1000
  const after = memoryKb('self')
  const each = (kb: number): string => figure(kb / count)
  console.log(
    `${count} sandboxes, tier ${tier.name}, image ${figure((component.image?.byteLength ?? 0) / 2 ** 20)} MiB`,
  )
  console.log(
    `made in ${(totalMs / count).toFixed(2)} ms each (median ${median(times).toFixed(2)}, slowest ${Math.max(...times).toFixed(1)}, last hundred ${median(times.slice(-100)).toFixed(2)}), ${figure(totalMs)} ms in all`,
  )
  console.log(
    `idle: ${each(idle.proportional - before.proportional)} kB resident each (shared pages counted once), ${each(idle.own - before.own)} its own; first request ${figure(firstUs)} us; after it: ${each(after.proportional - before.proportional)} kB resident, ${each(after.own - before.own)} its own`,
  )

  const guard = guardHeap()
  const requests = Number(options.requests)
  const heapBefore = getHeapStatistics().used_heap_size
  let highest = 0
  const loaded = performance.now()
  for (let i = 0; i < requests; i++) {
    const sandbox = sandboxes[i % count]!
    ask(sandbox)
    sandbox.restore()
    if (i % PER_TURN !== 0) continue
    await turn()
    highest = Math.max(highest, getHeapStatistics().used_heap_size)
  }
  guard.stop()
  const end = memoryKb('self')
  console.log(
    `${requests} requests over all of them: ${figure(((performance.now() - loaded) / requests) * 1000)} us each; JavaScript heap from ${figure(heapBefore / 2 ** 20)} to at most ${figure(highest / 2 ** 20)} MiB; ${each(end.proportional - before.proportional)} kB resident for each sandbox`,
  )
  const bars: Bar[] = [
    {name: 'ms to make each', value: totalMs / count, limit: BARS.makeMs, atMost: true},
    {
      name: 'kB resident each after a request',
      value: (after.proportional - before.proportional) / count,
      limit: BARS.residentKb,
      atMost: true,
    },
    {
      name: 'MiB that the JavaScript heap grows by under load',
      value: (highest - heapBefore) / 2 ** 20,
      limit: BARS.heapGrowthMb,
      atMost: true,
    },
  ]
  console.log(`\n${barLines(bars)}`)
  return options.strict && !bars.every(holds) ? 1 : 0
}
