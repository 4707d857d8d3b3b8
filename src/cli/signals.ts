// cli/signals.ts: how a server ends: once politely, twice at once.

/** Signals this close together are one: a terminal's Ctrl-C reaches us directly and through our parents too. */
const SAME_SIGNAL_MS = 300

export type SignalSource = Readonly<{
  on: (signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void) => unknown
  off: (signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void) => unknown
}>

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/**
 * Resolves with the exit code: 0 when the first signal's `stop` is done; 128 and the signal's number at once when a
 * second signal comes before that, after `kill`.
 */
export function untilSignal(
  handlers: Readonly<{stop: (signal: NodeJS.Signals) => Promise<void>; kill: () => void}>,
  source: SignalSource = process,
  now: () => number = () => performance.now(),
): Promise<number> {
  return new Promise((resolve, reject) => {
    let firstAt: number | undefined
    const finish = (): void => {
      for (const signal of ENDING) source.off(signal, listener)
    }
    const listener = (signal: NodeJS.Signals): void => {
      if (firstAt === undefined) {
        firstAt = now()
        handlers
          .stop(signal)
          .finally(finish)
          .then(() => resolve(0), reject)
      } else if (now() - firstAt > SAME_SIGNAL_MS) {
        handlers.kill()
        finish()
        resolve(128 + SIGNAL_NUMBERS[signal as keyof typeof SIGNAL_NUMBERS])
      }
    }
    for (const signal of ENDING) source.on(signal, listener)
  })
}

const SIGNAL_NUMBERS = {SIGHUP: 1, SIGINT: 2, SIGTERM: 15} as const
