// bench/parts/live-sandboxes.ts: what bench/sandboxes.ts measures, in a process of its own.
import {getHeapStatistics} from 'node:v8'
import type {Sandbox} from '../../src/engine/pool/sandbox.ts'
import {guardHeap} from '../../src/server/heap-guard.ts'
import {tuneForMemories} from '../../src/server/node-flags.ts'
import {prepare} from './engine.ts'
import {type Bar, barLines, figure, holds, median} from './figures.ts'
import {memoryKb} from './machine.ts'

const BARS = {makeMs: 2, residentKb: 950, heapGrowthMb: 300}
const PER_TURN = 32
const WARMUP = 10_000
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/** Sets the exit code where a bar is not reached, if it is asked to. */
export async function main(args: string[]): Promise<void> {
  const [path, sandboxCount, requestCount, strict] = args as [string, string, string, string]
  const {component, tier, ask} = prepare(path)
  tuneForMemories()
  // The first one compiles what all share, and has the heap's young generation grow; that is no sandbox's cost.
  const first = component.make()
  for (let i = 0; i < WARMUP; i++) {
    ask(first)
    first.restore()
    if (i % PER_TURN === 0) await turn()
  }
  const count = Number(sandboxCount)
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
  const requests = Number(requestCount)
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
  if (strict === 'true' && !bars.every(holds)) process.exitCode = 1
}
