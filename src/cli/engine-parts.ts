// cli/engine-parts.ts: the engine's parts that a process has once.
import {randomFillSync} from 'node:crypto'
import {Entropy} from '../engine/init/entropy.ts'
import {Guard} from '../engine/link/guard.ts'
import {ModuleCache} from '../engine/link/module-cache.ts'
import {fastestTier} from '../engine/snapshot/detect.ts'
import type {Tier, TierName} from '../engine/snapshot/snapshot.ts'
import {tuneForGuests} from '../server/node-flags.ts'

export type EngineParts = Readonly<{
  guard: Guard
  modules: ModuleCache
  entropy: Entropy
  tier: Tier
}>

const TIERS: readonly string[] = ['cow', 'madvise', 'copy'] satisfies TierName[]

export function engineParts(
  env: Readonly<Record<string, string | undefined>>,
  guard = new Guard(),
): EngineParts {
  const prefer = env['MAYFLY_TIER']
  const tier = fastestTier(prefer !== undefined && TIERS.includes(prefer) ? {prefer: prefer as TierName} : {})
  tuneForGuests()
  return {
    guard,
    modules: new ModuleCache(),
    entropy: new Entropy(
      {fill: bytes => void randomFillSync(bytes)},
      {wallNs: () => BigInt(Date.now()) * 1_000_000n, monotonicNs: process.hrtime.bigint},
    ),
    tier,
  }
}
