// server/heap-guard.ts: keeps the JavaScript heap bounded where V8 was told not to collect early (node-flags.ts).
import {getHeapStatistics, setFlagsFromString} from 'node:v8'
import {runInNewContext} from 'node:vm'

export type HeapGuardOptions = Readonly<{
  /** How much may come on top of what the last collection left. Default 256 MiB. */
  maxGrowthBytes?: number
  /** Default 250. */
  everyMs?: number
  usedBytes?: () => number
  collect?: () => void
}>

/** Looks at the heap now and then, and collects when it has grown too far. Does not keep the process alive. */
export function guardHeap(options: HeapGuardOptions = {}): Readonly<{stop: () => void}> {
  const {
    maxGrowthBytes = 256 * 2 ** 20,
    everyMs = 250,
    usedBytes = () => getHeapStatistics().used_heap_size,
    collect = collectAll,
  } = options
  let left = usedBytes()
  const timer = setInterval(() => {
    const used = usedBytes()
    if (used < left) left = used
    if (used - left < maxGrowthBytes) return
    collect()
    left = usedBytes()
  }, everyMs).unref()
  return {stop: () => clearInterval(timer)}
}

let collector: (() => void) | undefined

function collectAll(): void {
  collector ??= exposeCollector()
  collector()
}

/** V8's `gc` function, which Node shows only to contexts made after the flag was set. Such a context takes milliseconds. */
function exposeCollector(): () => void {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  setFlagsFromString('--no-expose-gc')
  return collect
}
