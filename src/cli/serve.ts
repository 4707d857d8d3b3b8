// cli/serve.ts: what `up` does, with the parts that run apps as parameters.
import type {ChildProcess} from 'node:child_process'
import {MayflyErrors} from '../base/errors.ts'
import {truncateLogs} from '../observe/guest-output.ts'
import type {ListenOptions, Server, StartApp} from '../server/app.ts'
import {serveInProcess} from '../server/in-process.ts'
import {keepCompiledCodeSoon} from '../server/kept-code.ts'
import {listenError, settlePort} from '../server/port.ts'
import {type Supervisor, superviseWorkers} from '../server/supervisor.ts'
import {startWatching} from '../server/watch.ts'
import type {Terminal} from './command.ts'
import {baseUrl} from './listen.ts'
import type {Prepared, PrepareOptions} from './parts.ts'
import {reportThrown} from './report.ts'
import {routesJson, routeTable} from './routes.ts'
import {untilSignal} from './signals.ts'
import type {UpOptions} from './up-options.ts'

export type ServeParts<Description> = Readonly<{
  prepare: (options: PrepareOptions) => Promise<Prepared<Description>>
  startApp: StartApp<Description>
  fork: (worker: number) => ChildProcess
  terminal: Terminal
  /** Resolves with the exit code when the server has ended. */
  untilEnd?: typeof untilSignal
}>

/** Builds, serves and, with --watch, serves anew; resolves with the exit code when told to end. */
export async function serve<Description>(
  options: UpOptions,
  parts: ServeParts<Description>,
): Promise<number> {
  const {terminal} = parts
  const say = (line: string): void => terminal.err(`${line}\n`)
  for (const note of options.notes) say(`note: ${note}`)

  // A port that cannot be had is said before the build; workers start up while it runs.
  const port = await settlePort({...options.address, findFree: options.findFreePort})
  let supervisor: Supervisor<Description> | undefined
  if (options.workers > 1)
    supervisor = superviseWorkers({workers: options.workers, fork: parts.fork, log: say})

  let server: Server<Description>
  let prepared: Prepared<Description>
  try {
    prepared = await prepareWithNotes(options, parts, options.build)
    void prepared.typeErrors.then(mistakes => {
      if (mistakes.length === 0) return
      reportThrown(new MayflyErrors([...mistakes]), terminal)
      say('it is served all the same; an edit is when its types are right')
    })
    const {description} = prepared
    const {dir} = options.settings.logs
    if (options.truncateLogs && dir !== undefined) truncateLogs(dir, prepared.components)
    const listen: ListenOptions = {
      host: options.address.host,
      port,
      reusePort: supervisor !== undefined,
      ...(options.tls === undefined ? {} : {tls: options.tls}),
    }
    server =
      supervisor === undefined
        ? await serveInProcess(parts.startApp, {description, listen, worker: 0})
        : await supervisor.start({description, listen})
  } catch (error) {
    supervisor?.kill()
    throw listenError(error, options.address.host, port) ?? error
  }

  const base = baseUrl(options.tls === undefined ? 'http' : 'https', {
    host: options.address.host,
    port: server.port,
  })
  if (options.format === 'json') terminal.out(routesJson(base, prepared.routes))
  else
    terminal.out(`Serving ${base}\n${options.settings.logs.quiet ? '' : routeTable(base, prepared.routes)}`)

  keepCompiledCodeSoon()

  const watching = options.watch
    ? startWatching({
        inputs: prepared.inputs,
        rebuild: async () => {
          const next = await prepareWithNotes(options, parts, true)
          const mistakes = await next.typeErrors
          if (mistakes.length > 0) throw new MayflyErrors([...mistakes])
          await server.reload(next.description)
          return next.inputs
        },
        onServed: ms => say(`serving the new version (built in ${ms} ms)`),
        onFailure: error => {
          reportThrown(error, terminal)
          say('the version before goes on serving')
        },
      })
    : undefined

  return await (parts.untilEnd ?? untilSignal)({
    stop: async () => {
      watching?.close()
      await server.stop({graceMs: options.graceMs})
    },
    kill: () => server.kill(),
  })
}

async function prepareWithNotes<Description>(
  options: UpOptions,
  parts: ServeParts<Description>,
  build: boolean,
): Promise<Prepared<Description>> {
  const {source, settings} = options
  const prepared = await parts.prepare({source, settings, build, checkTypes: options.watch})
  for (const warning of prepared.warnings) parts.terminal.err(`warning: ${warning}\n`)
  return prepared
}
