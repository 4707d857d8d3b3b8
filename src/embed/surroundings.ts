// embed/surroundings.ts: the engine's parts that a process has once, shared by all engines in it.
import {randomFillSync} from 'node:crypto'
import {Entropy} from '../engine/init/entropy.ts'
import {startWatchdog, type Watchdog} from '../engine/limits/watchdog.ts'
import {Guard} from '../engine/link/guard.ts'
import {ModuleCache} from '../engine/link/module-cache.ts'
import {detectTier} from '../engine/snapshot/detect.ts'
import type {Tier} from '../engine/snapshot/snapshot.ts'

export const guard = new Guard()
export const modules = new ModuleCache()
export const entropy = new Entropy(
  {fill: bytes => void randomFillSync(bytes)},
  {wallNs: () => BigInt(Date.now()) * 1_000_000n, monotonicNs: () => process.hrtime.bigint()},
)

let detected: Tier | undefined

/** How sandboxes are restored here; found at first use. */
export const tier = (): Tier => (detected ??= detectTier().tier)

let watchdog: Watchdog | undefined
let watching = 0

/** Has guests watched until the function that it returns is called. */
export function watch(): () => Promise<void> {
  watching++
  watchdog ??= startWatchdog(guard)
  let ended = false
  return async () => {
    if (ended) return
    ended = true
    if (--watching > 0) return
    const idle = watchdog
    watchdog = undefined
    await idle?.stop()
  }
}
