// engine/limits/watchdog.ts: stops guests that compute for too long, from another thread.
import {Worker} from 'node:worker_threads'
import type {Guard, Overrun} from '../link/guard.ts'

export interface Watchdog {
  stop(): Promise<void>
}

/**
 * Watches the main thread's guests through `guard`. A guest that overruns its limit is terminated, and `guard.recover` is
 * called in a turn of its own; one that cannot be terminated takes the process with it. The process must run with
 * --no-force-async-hooks-checks, since the termination unwinds node's callback without its bookkeeping.
 */
export function startWatchdog(guard: Guard): Watchdog {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'cjs'
  const worker = new Worker(new URL(`./watchdog-thread.${extension}`, import.meta.url), {
    workerData: guard.word,
    // A thread of its own needs none of the process's flags, nor its memory limits.
    execArgv: [],
    // It says nothing; with its output tied to ours, a start would make streams of that.
    stdout: true,
    stderr: true,
    resourceLimits: {maxOldGenerationSizeMb: 32},
  })
  worker.unref()
  worker.on('message', (overrun: Overrun) => guard.recover(overrun))
  return {
    async stop() {
      await worker.terminate()
    },
  }
}
