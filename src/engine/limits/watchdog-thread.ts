// engine/limits/watchdog-thread.ts: the watchdog's thread. It imports nothing of the engine but the layout of the word.
import {readFileSync, writeSync} from 'node:fs'
import {Session} from 'node:inspector'
import {parentPort, workerData} from 'node:worker_threads'
import {
  GUARD_HEAP_MB,
  GUARD_LIMIT_MS,
  GUARD_STATE,
  GUARD_STRETCH,
  IN_GUEST,
  KILLING,
  type Overrun,
} from '../link/guard.ts'

const PERIOD_MS = 10
/** So often it is looked whether the host works too long for a guest, rather than rests. */
const HOST_PERIOD_MS = 100
/** So much more than its processor time may pass: meanwhile nobody else runs on the thread. */
const SHARE = 3
/** Far more than a termination takes to land where it can. */
const LANDING_MS = 3_000
/** So much of it the thread must have run: the machine may do other things meanwhile. */
const LANDING_USED_MS = 1_000

/** Nanoseconds on a processor come first. */
const MAIN_THREAD_TIME = `/proc/self/task/${process.pid}/schedstat`

const word = workerData as Int32Array
const session = new Session()
session.connectToMainThread()

let stretch = -1
let since = 0
/** The main thread's processor time when half of the limit had passed. */
let usedAtHalfMs: number | undefined
/** The process's size when the stretch was first seen; 0 where it is not watched. */
let sizeMb = 0
let lookedAtHost = 0

function look(): void {
  const current = Atomics.load(word, GUARD_STRETCH)
  if (current !== stretch) {
    stretch = current
    since = performance.now()
    usedAtHalfMs = undefined
    sizeMb = word[GUARD_HEAP_MB]! > 0 ? residentMb() : 0
  } else {
    const found = overrun()
    if (found !== undefined && catchInGuest()) {
      terminate(found)
      return
    }
  }
  setTimeout(look, PERIOD_MS)
}

const residentMb = (): number => process.memoryUsage.rss() / 2 ** 20

/** A guest that mostly has the host work for it is in the guest for moments only: lies in wait for one. */
function catchInGuest(): boolean {
  const end = performance.now() + PERIOD_MS
  do {
    if (Atomics.load(word, GUARD_STRETCH) !== stretch) return false
    if (Atomics.compareExchange(word, GUARD_STATE, IN_GUEST, KILLING) !== IN_GUEST) continue
    if (Atomics.load(word, GUARD_STRETCH) === stretch) return true
    // The next one has just begun.
    Atomics.compareExchange(word, GUARD_STATE, KILLING, IN_GUEST)
    return false
  } while (performance.now() < end)
  return false
}

/**
 * The clock goes on while the machine does other things. So the second half of the limit is counted in processor time,
 * too, where the system tells it; asking for it from the beginning would cost every event.
 */
function tookTooLong(passedMs: number, limitMs: number): boolean {
  if (passedMs < limitMs / 2) return false
  usedAtHalfMs ??= usedMs()
  return passedMs >= limitMs && usedMs() - usedAtHalfMs >= limitMs / 2 - PERIOD_MS
}

/** The main thread's processor time so far; the clock's where the system does not tell. */
function usedMs(): number {
  try {
    return Number(readFileSync(MAIN_THREAD_TIME, 'latin1').split(' ', 1)[0]) / 1e6
  } catch {
    return performance.now()
  }
}

/** Garbage-collected objects of a guest lie in the process's own heap: what it grows by meanwhile is taken for theirs. */
function overrun(): Overrun | undefined {
  const limitMs = word[GUARD_LIMIT_MS]!
  const passedMs = performance.now() - since
  if (Atomics.load(word, GUARD_STATE) === IN_GUEST) {
    if (passedMs >= limitMs * SHARE || tookTooLong(passedMs, limitMs)) return 'time'
    return sizeMb > 0 && residentMb() - sizeMb > word[GUARD_HEAP_MB]! ? 'heap' : undefined
  }
  // The guest may be long gone, and the thread at rest.
  if (performance.now() - lookedAtHost < HOST_PERIOD_MS) return undefined
  lookedAtHost = performance.now()
  return tookTooLong(passedMs, limitMs) ? 'time' : undefined
}

/**
 * The session never answers this request. But the main thread takes no message before the termination has landed, since
 * until then it is in the guest, or in the guard's loop.
 */
function terminate(found: Overrun): void {
  session.post('Runtime.terminateExecution', () => {})
  parentPort!.postMessage(found)
  setTimeout(endUnstoppable, LANDING_MS, stretch, usedMs())
  stretch = -1
  setTimeout(look, PERIOD_MS)
}

/**
 * V8 looks for terminations at loops and calls, and lean code has it look where it would not. Should a guest find a way
 * around that, the process must go: a supervisor replaces it.
 */
function endUnstoppable(stopped: number, usedBeforeMs: number): void {
  if (Atomics.load(word, GUARD_STATE) !== KILLING || Atomics.load(word, GUARD_STRETCH) !== stopped) return
  if (usedMs() - usedBeforeMs < LANDING_USED_MS) {
    setTimeout(endUnstoppable, LANDING_USED_MS, stopped, usedBeforeMs)
    return
  }
  writeSync(2, 'error[LIMIT_CPU]: a guest that overran its time cannot be stopped: its process is ended\n')
  process.kill(process.pid, 'SIGKILL')
}

look()
