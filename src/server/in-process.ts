// server/in-process.ts: the server of one worker, in this process: nothing to fork, nothing to wait for.
import type {Server, StartApp, StartOptions} from './app.ts'

/** Serves in this process. `kill` is the process's own end. */
export async function serveInProcess<Description>(
  startApp: StartApp<Description>,
  options: StartOptions<Description>,
): Promise<Server<Description>> {
  const app = await startApp(options)
  return {port: app.port, reload: app.reload.bind(app), stop: app.stop.bind(app), kill: () => {}}
}
