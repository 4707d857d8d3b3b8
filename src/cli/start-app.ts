// cli/start-app.ts: an app as a worker process serves it.
import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {MayflyError} from '../base/errors.ts'
import {lazyNode} from '../base/lazy-node.ts'
import {startWatchdog, type Watchdog} from '../engine/limits/watchdog.ts'
import {Guard} from '../engine/link/guard.ts'
import {turns} from '../engine/turns.ts'
import type {Destination} from '../manifest/match-host.ts'
import {type Observer, observe} from '../observe/observer.ts'
import type {RunningApp, StartApp, StartOptions} from '../server/app.ts'
import {codeIdentity} from '../server/kept-code.ts'
import {compileAddressPattern, keepNoFeedback, tuneForMemories} from '../server/node-flags.ts'
import type {RouteEntry} from '../triggers/http/routes.ts'
import {createHttpTrigger} from '../triggers/http/server.ts'
import type {HttpTarget} from '../triggers/http/targets.ts'
import {appVariables} from './app-variables.ts'
import {cacheDir} from './cache-dir.ts'
import {type EngineParts, engineParts} from './engine-parts.ts'
import {KeptComponents} from './kept-components.ts'
import type {AppDescription} from './prepare-app.ts'
import {type Binaries, readBinaries} from './read-binaries.ts'
import {type ServedComponent, serveComponent} from './served-component.ts'

/** One version of the app. */
type LoadedApp = Readonly<{
  routes: readonly RouteEntry<HttpTarget>[]
  close(): Promise<void>
}>

export const startApp: StartApp<AppDescription> = async options => {
  const guard = new Guard()
  const watchdog = startWatchdog(guard)
  try {
    const kept = keptComponents(options.worker)
    const binaries = readBinaries(options.description.components, kept)
    // Reported where it is waited for.
    binaries.catch(() => {})
    loadServer()
    const engine = engineParts(process.env, guard)
    keepNoFeedback()
    const running = await startWatched(options, {engine, watchdog, kept, binaries})
    tuneForMemories()
    return running
  } catch (error) {
    // Its thread would keep the process, which has nothing to serve.
    await watchdog.stop()
    throw error
  }
}

/** What a server listens with, before V8 is set for guests, which makes it refuse the compiled code that node brings. */
function loadServer(): void {
  void [lazyNode.http, lazyNode.cluster, lazyNode.dns]
  compileAddressPattern()
}

async function startWatched(
  {description, listen}: StartOptions<AppDescription>,
  {
    engine,
    watchdog,
    kept,
    binaries,
  }: Readonly<{
    engine: EngineParts
    watchdog: Watchdog
    kept: KeptComponents | undefined
    binaries: Promise<Binaries>
  }>,
): Promise<RunningApp<AppDescription>> {
  const {logs, production} = description.settings
  const observer = observe({
    format: logs.format,
    quiet: logs.quiet,
    follow: logs.follow,
    ...(logs.dir === undefined ? {} : {logDir: logs.dir}),
  })
  let port = listen.port
  const isSelf = (to: Destination): boolean => to.port === port && to.host === listen.host
  const load = async (version: AppDescription, read: Promise<Binaries>) =>
    await loadInTurn(version, {engine, observer, isSelf, binaries: await read})
  let loaded = await load(description, binaries)
  const {name, version} = description.app
  const trigger = await createHttpTrigger({
    host: listen.host,
    port: listen.port,
    reusePort: listen.reusePort,
    routes: loaded.routes,
    app: {name, version},
    showErrors: !production,
    observer,
    ...(listen.tls === undefined
      ? {}
      : {tls: {cert: readFileSync(listen.tls.certPath), key: readFileSync(listen.tls.keyPath)}}),
  })
  port = trigger.address.port

  const running: RunningApp<AppDescription> = {
    port,
    async reload(next) {
      const coming = await load(next, readBinaries(next.components, kept))
      const left = trigger.setRoutes(coming.routes)
      const replaced = loaded
      loaded = coming
      void left.then(() => replaced.close())
    },
    async stop({graceMs}) {
      await trigger.close(graceMs)
      await watchdog.stop()
      await observer.close()
    },
  }
  return running
}

/** Where the code may change while it runs, nothing is kept of what it finds out. */
function keptComponents(worker: number): KeptComponents | undefined {
  const code = codeIdentity()
  if (code === undefined) return undefined
  return new KeptComponents(join(cacheDir(process.env), 'components'), {code, keeps: worker === 0})
}

type LoadParts = Readonly<{
  engine: EngineParts
  observer: Observer
  isSelf: (to: Destination) => boolean
  binaries: Binaries
}>

/** In a turn of its own: an initialisation that is stopped takes all that waits for it down, but this promise. */
const loadInTurn = (description: AppDescription, parts: LoadParts): Promise<LoadedApp> =>
  new Promise((resolve, reject) =>
    turns.add(() => {
      try {
        resolve(loadApp(description, {...parts, onStopped: reject}))
      } catch (error) {
        reject(error)
      }
    }),
  )

function loadApp(
  {app, root, components, settings}: AppDescription,
  parts: LoadParts & Readonly<{onStopped: (error: MayflyError) => void}>,
): LoadedApp {
  const variables = appVariables(app, settings.variables, process.env)
  const served = new Map<string, ServedComponent>()
  for (const [id, files] of Object.entries(components)) {
    const component = app.components[id]!
    const binary = parts.binaries[id]!
    served.set(id, serveComponent({app, component, binary, files, root, settings, variables, ...parts}))
  }
  const routes = app.triggers.http.flatMap(({route, handler, executor}): RouteEntry<HttpTarget>[] => {
    const where = 'path' in route ? route.path : {private: true as const}
    if ('staticResponse' in handler) {
      const {status, headers, body} = handler.staticResponse
      const response = {status, headers, ...(body === undefined ? {} : {body})}
      return [{route: where, target: {kind: 'static', response}}]
    }
    const component = served.get(handler.component)
    if (component === undefined) return []
    const guest = component.guestFor(executor)
    return [{route: where, target: {kind: 'component', component: handler.component, guest}}]
  })
  return {
    routes,
    async close() {
      await Promise.all([...served.values()].map(component => component.close()))
    },
  }
}
