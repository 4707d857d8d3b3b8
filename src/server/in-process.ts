// server/in-process.ts: the server of one worker, in this process: nothing to fork, nothing to wait for.
import type {Server, StartApp, StartOptions} from './app.ts'
import {guardHeap} from './heap-guard.ts'

/** Serves in this process. `kill` is the process's own end. */
export async function serveInProcess<Description>(
  startApp: StartApp<Description>,
  options: StartOptions<Description>,
): Promise<Server<Description>> {
  const app = await startApp(options)
  const guard = guardHeap()
  const stop: Server<Description>['stop'] = async how => {
    await app.stop(how)
    guard.stop()
  }
  return {port: app.port, reload: app.reload.bind(app), stop, kill: () => {}}
}
