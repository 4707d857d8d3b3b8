// server/keep-later.ts: what a start has found out is written for the next one when the machine has time again.

/** May fail: what cannot be kept is not kept. */
type Keep = () => Promise<void>

/** When a start is over. */
const AFTER_MS = 2_000

const due = new Map<string, Keep>()
let timer: NodeJS.Timeout | undefined

/** In a while, or at the end of the process; what comes later under the same name takes its place. */
export function keepLater(name: string, keep: Keep): void {
  due.set(name, keep)
  timer ??= setTimeout(keepAll, AFTER_MS).unref()
}

/** For the end of a process, too. Never rejects. */
export async function keepAll(): Promise<void> {
  clearTimeout(timer)
  timer = undefined
  for (const [name, keep] of due) {
    due.delete(name)
    try {
      await keep()
    } catch {
      // The next start finds it out again.
    }
  }
}
