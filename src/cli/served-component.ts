// cli/served-component.ts: a component of an app, as the guests of its triggers.
import {availableParallelism, totalmem} from 'node:os'
import type {MayflyError} from '../base/errors.ts'
import {skeletonOf} from '../engine/component/skeleton.ts'
import {Pool} from '../engine/pool/pool.ts'
import {PreparedComponent} from '../engine/pool/prepared-component.ts'
import {joinData} from '../engine/snapshot/lean-join.ts'
import type {App, Component, HttpTrigger} from '../manifest/app.ts'
import type {Destination} from '../manifest/match-host.ts'
import type {Observer} from '../observe/observer.ts'
import {keepLater} from '../server/keep-later.ts'
import {AsyncGuest} from '../triggers/http/async-guest.ts'
import type {HttpGuest} from '../triggers/http/guest.ts'
import {SandboxedGuest} from '../triggers/http/sandboxed-guest.ts'
import {WagiGuest} from '../triggers/http/wagi/guest.ts'
import type {EngineParts} from './engine-parts.ts'
import type {ServeSettings} from './parts.ts'
import type {ComponentFiles} from './prepare-app.ts'
import type {Binary} from './read-binaries.ts'
import {type Entry, linkProgram, type ServedProgram} from './served-program.ts'

type Executor = HttpTrigger['executor']

export type ServedComponentOptions = Readonly<{
  app: App
  component: Component
  files: ComponentFiles
  /** Of `files.wasmPath`. */
  binary: Binary
  /** The app's folder; absolute. */
  root: string
  settings: ServeSettings
  variables: Readonly<Record<string, string>>
  isSelf: (to: Destination) => boolean
  engine: EngineParts
  observer: Observer
  /** Called when the component could not be initialised in time; nothing returns then. */
  onStopped: (error: MayflyError) => void
}>

export type ServedComponent = Readonly<{
  /** What answers the events of a trigger that has this executor, one of the app's. */
  guestFor(executor: Executor): HttpGuest
  prepared: PreparedComponent
  /** Resolves when no event uses it any more. */
  close(): Promise<void>
}>

/** Memory that a busy sandbox is reckoned with, for the default of `concurrency`. */
const SANDBOX_BYTES = 16 * 1024 * 1024
const WAITING_EVENTS = 4096
const MADE_AHEAD = 4

/** @throws DECODE_, VALIDATE_, LINK_, TRAP_ (while it was initialised), SERVE_ errors */
export function serveComponent(options: ServedComponentOptions): ServedComponent {
  const {app, component, files, engine, settings} = options
  const {limits, snapshot} = component.mayfly
  const served = linkProgram(options)
  const {program, entryFor, close} = served
  const entries = new Map(executorsOf(app, component).map(({type}) => [type, entryFor(type)]))
  const prepared = new PreparedComponent(program, {
    tier: engine.tier,
    guard: engine.guard,
    entropy: engine.entropy,
    component: component.id,
    // We built it to load its module in each event, so its image, that of the engine alone, may be shared.
    snapshot: snapshot === 'never' && files.sourceMapPath !== undefined ? 'auto' : snapshot,
    limitPages: Math.floor((settings.maxMemoryBytes ?? limits.memoryMb * 1024 * 1024) / 65_536),
    limits: {cpuMs: limits.cpuMs, idleMs: limits.idleMs},
    onStopped: options.onStopped,
  })
  const concurrency =
    settings.sandboxes ?? (limits.concurrency === 'auto' ? defaultConcurrency() : limits.concurrency)
  const pool = new Pool(prepared, {concurrency, queue: WAITING_EVENTS, ahead: MADE_AHEAD})
  pool.warm(1)
  keepFindings(options, served)
  return {
    guestFor: executor => guestOf(pool, entries.get(executor.type)!, executor),
    prepared,
    async close() {
      await pool.close()
      close()
    },
  }
}

/** For the next start, once this one has gone well. */
function keepFindings(
  {binary: {bytes, keep}, files, engine}: ServedComponentOptions,
  {coreModules, compiled}: ServedProgram,
): void {
  if (keep === undefined) return
  keepLater(files.wasmPath, () =>
    keep({
      skeleton: skeletonOf(bytes),
      modules: coreModules.map(module => joinData(engine.modules.lean(module))),
      program: compiled?.(),
    }),
  )
}

/** Of the triggers that it answers. */
const executorsOf = ({triggers}: App, {id}: Component): Executor[] =>
  triggers.http.flatMap(({handler, executor}) =>
    'component' in handler && handler.component === id ? [executor] : [],
  )

function guestOf(pool: Pool, {kind, index}: Entry, executor: Executor): HttpGuest {
  if (executor.type === 'wagi') return new WagiGuest(pool, {run: index, argv: executor.argv})
  return kind === 'async-handler' ? new AsyncGuest(pool, index) : new SandboxedGuest(pool, index)
}

/** Sandboxes of one component in one worker, when the manifest leaves it to the machine. */
const defaultConcurrency = (): number =>
  Math.min(512, Math.max(32, Math.floor(totalmem() / availableParallelism() / SANDBOX_BYTES)))
