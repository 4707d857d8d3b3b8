// cli/served-component.ts: a component of an app, linked with what its manifest grants, as an HTTP guest.
import {readFileSync} from 'node:fs'
import {availableParallelism, totalmem} from 'node:os'
import type {MayflyError} from '../base/errors.ts'
import {
  exceptionError,
  exceptionText,
  type GuestException,
  readException,
} from '../build/javascript/exceptions.ts'
import {createFrameMapper, type FrameMapper} from '../build/javascript/frames.ts'
import {EXCEPTION_MARKER} from '../build/javascript/guest/records.ts'
import {decodeComponent} from '../engine/component/decode.ts'
import {validateComponent} from '../engine/component/validate.ts'
import type {Imports} from '../engine/link/imports.ts'
import {LinkedComponent} from '../engine/link/linked-component.ts'
import {Pool} from '../engine/pool/pool.ts'
import {PreparedComponent} from '../engine/pool/prepared-component.ts'
import {StateKey, type Store} from '../engine/store.ts'
import type {App, Component} from '../manifest/app.ts'
import type {Destination} from '../manifest/match-host.ts'
import type {EventOutput} from '../observe/guest-output.ts'
import {assembleLines} from '../observe/line-assembler.ts'
import type {Observer} from '../observe/observer.ts'
import {AsyncGuest} from '../triggers/http/async-guest.ts'
import type {HttpGuest} from '../triggers/http/guest.ts'
import {HTTP_EVENT, SandboxedGuest} from '../triggers/http/sandboxed-guest.ts'
import {openMounts} from '../wasi/filesystem/mounts.ts'
import {createHttpClient} from '../wasi/http/client.ts'
import {httpInterfaces} from '../wasi/http/http.ts'
import {p3HttpInterfaces} from '../wasi/p3/http/http.ts'
import {wasiImports} from '../wasi/wasi.ts'
import {preopensOf} from './component-files.ts'
import type {EngineParts} from './engine-parts.ts'
import {grantsOf} from './grants.ts'
import type {ServeSettings} from './parts.ts'
import type {ComponentFiles} from './prepare-app.ts'

export const HTTP_HANDLER = 'wasi:http/incoming-handler@0.2.0'
/** What an HTTP component of WASI 0.3 exports; one that exports both is asked by this. */
const ASYNC_HTTP_HANDLER = 'wasi:http/handler@0.3.0'

export type ServedComponentOptions = Readonly<{
  app: App
  component: Component
  files: ComponentFiles
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
  guest: HttpGuest
  prepared: PreparedComponent
  /** Resolves when no event uses it any more. */
  close(): Promise<void>
}>

/** Memory that a busy sandbox is reckoned with, for the default of `concurrency`. */
const SANDBOX_BYTES = 16 * 1024 * 1024
const WAITING_EVENTS = 4096
const MADE_AHEAD = 4
/** An exception with its stack is one line, longer than those shown. */
const LONGEST_REPORT = 256 * 1024

/** @throws DECODE_, VALIDATE_, LINK_, TRAP_ (while it was initialised), SERVE_ errors */
export function serveComponent(options: ServedComponentOptions): ServedComponent {
  const {component, files, engine, settings} = options
  const {limits, snapshot} = component.mayfly
  const decoded = decodeComponent(readFileSync(files.wasmPath), {file: files.wasmPath})
  validateComponent(decoded)
  const {imports, close} = importsOf(options)
  const linked = new LinkedComponent(decoded, {
    imports,
    who: `component "${component.id}"`,
    modules: engine.modules,
  })
  const asyncHandle = linked.findExport(ASYNC_HTTP_HANDLER, 'handle')
  const handle =
    asyncHandle ??
    linked.requireExport(
      HTTP_HANDLER,
      'handle',
      `an HTTP trigger needs a component that exports it, or ${ASYNC_HTTP_HANDLER}`,
    )
  const prepared = new PreparedComponent(linked, {
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
  return {
    guest: asyncHandle === undefined ? new SandboxedGuest(pool, handle) : new AsyncGuest(pool, handle),
    prepared,
    async close() {
      await pool.close()
      close()
    },
  }
}

/** Sandboxes of one component in one worker, when the manifest leaves it to the machine. */
const defaultConcurrency = (): number =>
  Math.min(512, Math.max(32, Math.floor(totalmem() / availableParallelism() / SANDBOX_BYTES)))

function importsOf(options: ServedComponentOptions): {imports: Imports; close: () => void} {
  const {app, component, files, root, settings, variables, engine, observer} = options
  const grants = grantsOf(app, component, {variables, isSelf: options.isSelf})
  const mounts = openMounts(preopensOf(app, component, root))
  const client = createHttpClient({policy: grants.http})
  const output = eventOutput(observer, exceptionReader(files))
  const imports: Imports = new Map([
    ...wasiImports({
      clock: engine.entropy,
      random: engine.entropy,
      // Exactly what is drawn is recorded while a component is initialised.
      poolBytes: 0,
      environment: Object.entries({...component.environment, ...settings.env}),
      mounts,
      grants: grants.sockets,
      stdout: {write: (bytes, store) => store.state(output).stdout.write(bytes)},
      stderr: {write: (bytes, store) => store.state(output).stderr.write(bytes)},
    }),
    ...httpInterfaces(() => client),
    ...p3HttpInterfaces(() => client),
  ])
  return {
    imports,
    close() {
      mounts.close()
      client.close()
    },
  }
}

/** Reads the exceptions among a component's lines; its source map is of use to nothing else. */
function exceptionReader({sourceMapPath}: ComponentFiles): (line: string) => GuestException | undefined {
  const sourceMap = sourceMapPath === undefined ? '' : readFileSync(sourceMapPath, 'utf8')
  let mapper: FrameMapper | undefined
  return line =>
    line.startsWith(EXCEPTION_MARKER)
      ? readException(line, (mapper ??= createFrameMapper(sourceMap)))
      : undefined
}

/** What an event prints, ended with it. Exceptions that it reports go to its log and, in development, to its page. */
function eventOutput(
  observer: Observer,
  read: (line: string) => GuestException | undefined,
): StateKey<EventOutput> {
  return new StateKey(
    (store: Store) => {
      const {stdout, stderr} = observer.guests.open(store.component)
      const say = (line: string): void => stderr.write(Buffer.from(`${line}\n`))
      const lines = assembleLines(line => {
        const exception = read(line)
        if (exception === undefined) return say(line)
        store.state(HTTP_EVENT)?.fail(exceptionError(store.component, exception))
        say(exceptionText(exception))
      }, LONGEST_REPORT)
      return {
        stdout,
        stderr: {
          write: bytes => lines.write(bytes),
          end() {
            lines.end()
            stderr.end()
          },
        },
      }
    },
    ({stdout, stderr}) => {
      stdout.end()
      stderr.end()
    },
  )
}
