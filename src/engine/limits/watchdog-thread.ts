// engine/limits/watchdog-thread.ts: the watchdog's thread. It imports nothing of the engine but the layout of the word.
import {writeSync} from 'node:fs'
import {Session} from 'node:inspector'
import {parentPort, workerData} from 'node:worker_threads'
import {GUARD_LIMIT_MS, GUARD_STATE, GUARD_STRETCH, IN_GUEST, KILLING} from '../link/guard.ts'

const PERIOD_MS = 10
/** Far more than a termination takes to land where it can. */
const LANDING_MS = 3_000

const word = workerData as Int32Array
const session = new Session()
session.connectToMainThread()

let stretch = -1
let since = 0

function look(): void {
  const now = performance.now()
  const current = Atomics.load(word, GUARD_STRETCH)
  if (current !== stretch) {
    stretch = current
    since = now
  } else if (now - since >= word[GUARD_LIMIT_MS]!) {
    if (Atomics.compareExchange(word, GUARD_STATE, IN_GUEST, KILLING) === IN_GUEST) {
      terminate()
      return
    }
  }
  setTimeout(look, PERIOD_MS)
}

/**
 * The session never answers this request. But the main thread takes no message before the termination has landed, since
 * until then it is in the guest, or in the guard's loop.
 */
function terminate(): void {
  session.post('Runtime.terminateExecution', () => {})
  parentPort!.postMessage('stopped')
  setTimeout(endUnstoppable, LANDING_MS, stretch)
  stretch = -1
  setTimeout(look, PERIOD_MS)
}

/**
 * V8 asks for terminations at loops and calls, but not everywhere: endless tail calls, for one, cannot be ended. Then the
 * process must go: a supervisor replaces it.
 */
function endUnstoppable(stopped: number): void {
  if (Atomics.load(word, GUARD_STATE) !== KILLING || Atomics.load(word, GUARD_STRETCH) !== stopped) return
  writeSync(2, 'error[LIMIT_CPU]: a guest that overran its time cannot be stopped: its process is ended\n')
  process.kill(process.pid, 'SIGKILL')
}

look()
