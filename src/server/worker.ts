// server/worker.ts: the body of a worker process: does what the supervisor says, through the channel it was forked with.
import type {RunningApp, StartApp} from './app.ts'
import {guardHeap} from './heap-guard.ts'
import {keepAll} from './keep-later.ts'
import {keepCompiledCode, keepCompiledCodeSoon} from './kept-code.ts'
import {type FromWorker, type ToWorker, toPlainErrors} from './protocol.ts'

/** What a worker that lost its supervisor gives to the requests in flight. */
const ORPHAN_GRACE_MS = 10_000

/** Serves what the supervisor says, until it says stop or is gone. Ends the process. */
export function runWorker<Description>(startApp: StartApp<Description>): void {
  let app: Promise<RunningApp<Description>> | undefined
  let stopping = false

  const tell = (message: FromWorker, then?: () => void): void => {
    if (process.connected) process.send!(message, undefined, {}, () => then?.())
    else then?.()
  }
  const stop = async (graceMs: number): Promise<void> => {
    if (stopping) return
    stopping = true
    const end = performance.now() + graceMs
    const running = await app?.catch(() => undefined)
    await running?.stop({graceMs})
    await Promise.race([keepAll(), new Promise(resolve => setTimeout(resolve, end - performance.now()))])
    keepCompiledCode()
    process.exit(0)
  }

  process.on('message', async (message: ToWorker<Description>) => {
    if (message.kind === 'stop') return await stop(message.graceMs)
    if (message.kind === 'reload') {
      const {number, description} = message
      try {
        await (await app)!.reload(description)
        tell({kind: 'reloaded', number})
      } catch (error) {
        tell({kind: 'failed', number, errors: toPlainErrors(error)})
      }
      return
    }
    try {
      app = startApp(message.options)
      const {port} = await app
      tell({kind: 'ready', port})
      guardHeap()
      keepCompiledCodeSoon()
    } catch (error) {
      tell({kind: 'failed', errors: toPlainErrors(error)}, () => process.exit(1))
    }
  })
  process.on('disconnect', () => stop(ORPHAN_GRACE_MS))
  // Ctrl-C reaches the whole process group: the supervisor hears it too, and tells us what to do.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => stop(ORPHAN_GRACE_MS))
}
