// cli/served-program.ts: a component's binary, or a core module, linked with what its manifest grants.
import {MayflyError} from '../base/errors.ts'
import {decodeComponent, isCoreModule} from '../engine/component/decode.ts'
import {coreModulesOf} from '../engine/component/skeleton.ts'
import {validateComponent} from '../engine/component/validate.ts'
import type {Imports} from '../engine/link/imports.ts'
import {LinkedComponent} from '../engine/link/linked-component.ts'
import type {CompiledProgram} from '../engine/link/program-code.ts'
import type {Program} from '../engine/pool/program.ts'
import type {HttpTrigger} from '../manifest/app.ts'
import {surroundings} from '../triggers/http/wagi/event.ts'
import {RUN_INTERFACES} from '../wasi/cli/run.ts'
import {type Mounts, openMounts} from '../wasi/filesystem/mounts.ts'
import {createHttpClient, type HttpClient} from '../wasi/http/client.ts'
import {httpInterfaces} from '../wasi/http/http.ts'
import {p3HttpInterfaces} from '../wasi/p3/http/http.ts'
import {type CoreCommand, linkCoreCommand} from '../wasi/preview1/core-command.ts'
import {worldOf} from '../wasi/preview1/world.ts'
import {wasiImports} from '../wasi/wasi.ts'
import {preopensOf} from './component-files.ts'
import {eventOutput} from './event-output.ts'
import {type Grants, grantsOf} from './grants.ts'
import type {ServedComponentOptions} from './served-component.ts'

export const HTTP_HANDLER = 'wasi:http/incoming-handler@0.2.0'
/** What an HTTP component of WASI 0.3 exports; one that exports both is asked by this. */
export const ASYNC_HTTP_HANDLER = 'wasi:http/handler@0.3.0'

/** The export that answers an event, by the index that a sandbox is called with. */
export type Entry = Readonly<{kind: 'handler' | 'async-handler' | 'run'; index: number}>

export type ServedProgram = Readonly<{
  program: Program
  /** As they lie in the binary; the engine's cache knows what they are. */
  coreModules: Uint8Array[]
  /** What has been compiled by now of the program that links a component. */
  compiled?: () => CompiledProgram
  /** @throws LINK_MISSING_EXPORT */
  entryFor(executor: HttpTrigger['executor']['type']): Entry
  close(): void
}>

/** @throws DECODE_, VALIDATE_, LINK_, SERVE_ errors */
export function linkProgram(options: ServedComponentOptions): ServedProgram {
  const {app, component, binary, files, root, variables, engine, isSelf} = options
  const grants = grantsOf(app, component, {variables, isSelf})
  const mounts = openMounts(preopensOf(app, component, root))
  const client = createHttpClient({policy: grants.http})
  const who = `component "${component.id}"`
  const {modules} = engine
  const close = (): void => {
    mounts.close()
    client.close()
  }
  const {bytes} = binary
  if (isCoreModule(bytes)) {
    if (binary.modules !== undefined) modules.know(bytes, binary.modules[0]!)
    const world = worldOf(worldConfig(options, mounts))
    const program = linkCoreCommand(bytes, {who, modules, world})
    return {program, coreModules: [bytes], entryFor: type => coreEntry(program, type), close}
  }
  const decoded = decodeComponent(bytes, {file: files.wasmPath})
  const coreModules = coreModulesOf(decoded)
  if (binary.modules === undefined) validateComponent(decoded)
  else for (const [i, lean] of binary.modules.entries()) modules.know(coreModules[i]!, lean)
  const program = new LinkedComponent(decoded, {
    who,
    modules,
    imports: importsOf(options, {grants, mounts, client}),
    compiled: binary.program,
  })
  const compiled = () => program.compiled()
  return {program, coreModules, compiled, entryFor: type => componentEntry(program, type), close}
}

/** What a program finds around it, but for sockets and HTTP. */
function worldConfig({component, files, settings, engine, observer}: ServedComponentOptions, mounts: Mounts) {
  const output = eventOutput(observer, files)
  const environment = Object.entries({...component.environment, ...settings.env})
  return {
    clock: engine.entropy,
    random: engine.entropy,
    // Exactly what is drawn is recorded while a component is initialised.
    poolBytes: 0,
    mounts,
    ...surroundings(environment, {write: (bytes, store) => store.state(output).stdout.write(bytes)}),
    stderr: {write: (bytes, store) => store.state(output).stderr.write(bytes)},
  } satisfies Parameters<typeof worldOf>[0]
}

const importsOf = (
  options: ServedComponentOptions,
  {grants, mounts, client}: Readonly<{grants: Grants; mounts: Mounts; client: HttpClient}>,
): Imports =>
  new Map([
    ...wasiImports({...worldConfig(options, mounts), grants: grants.sockets}),
    ...httpInterfaces(() => client),
    ...p3HttpInterfaces(() => client),
  ])

function coreEntry(program: CoreCommand, type: HttpTrigger['executor']['type']): Entry {
  const {who} = program
  const index = program.findExport('_start')
  if (type !== 'wagi')
    throw new MayflyError('LINK_MISSING_EXPORT', {
      who,
      name: `${HTTP_HANDLER}#handle`,
      remedy:
        'it is a core module: make it a component with `wasm-tools component new`, or write executor = { type = "wagi" } for a program that prints its answer',
    })
  if (index === undefined)
    throw new MayflyError('LINK_MISSING_EXPORT', {who, name: '_start', remedy: 'build it as a command'})
  return {kind: 'run', index}
}

function componentEntry(program: LinkedComponent, type: HttpTrigger['executor']['type']): Entry {
  const [newer, older] = RUN_INTERFACES
  if (type === 'wagi')
    return {
      kind: 'run',
      index:
        program.findExport(newer, 'run') ??
        program.requireExport(older, 'run', 'executor = { type = "wagi" } needs a program that exports it'),
    }
  const index = program.findExport(ASYNC_HTTP_HANDLER, 'handle')
  if (index !== undefined) return {kind: 'async-handler', index}
  const remedy = `an HTTP trigger needs a component that exports it, or ${ASYNC_HTTP_HANDLER}`
  return {kind: 'handler', index: program.requireExport(HTTP_HANDLER, 'handle', remedy)}
}
