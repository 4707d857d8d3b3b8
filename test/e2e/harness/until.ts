// e2e/harness/until.ts: waits for a condition; the limit only keeps a broken test from hanging.
import {setTimeout as sleep} from 'node:timers/promises'

/** @throws Error naming `what` when the condition does not hold after `ms` (default 15 s) */
export async function until(
  condition: () => boolean | Promise<boolean>,
  {ms = 15_000, what}: {ms?: number; what?: () => string} = {},
): Promise<void> {
  const end = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what?.() ?? 'a condition'}`)
    await sleep(10)
  }
}
