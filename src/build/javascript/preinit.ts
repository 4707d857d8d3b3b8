// build/javascript/preinit.ts: runs the engine's initialisation on V8, in this process, and takes its state.
import {hashOf} from '../cache.ts'
import type {MemoryImage} from '../wasm/engine-module.ts'
import {BUNDLE_NAME} from './names.ts'
import {createInitWasi, InitExit, InitRefused} from './preview1.ts'
import {type Template, templateFor} from './template.ts'
import type {World} from './world.ts'

/** How an initialisation ended. Text is what the handler's top-level code and the engine wrote. */
export type InitOutcome = Readonly<{stdout: string; stderr: string}> &
  (
    | Readonly<{kind: 'ready'; image: MemoryImage}>
    /** The engine gave up: a syntax error, say. */
    | Readonly<{kind: 'exit'; exitCode: number}>
    /** An import was called that does not exist before the first event. */
    | Readonly<{kind: 'refused'; importName: string}>
    | Readonly<{kind: 'trap'; reason: string}>
  )

/** The template's engine, ready to be initialised as often as one likes. */
export type CompiledEngine = Readonly<{module: WebAssembly.Module; template: Template}>

/** Edits come in bursts, and components of an app one after the other: engines stay this long after their last use. */
const KEEP_MS = 60_000
const kept = new Map<string, {engine: Promise<CompiledEngine>; timer: NodeJS.Timeout}>()

/** The world's engine, compiled. @throws BUILD_ENGINE */
export function engineFor(world: World, cacheDir: string): Promise<CompiledEngine> {
  const key = hashOf([world.name, world.wit, cacheDir])
  const engine = kept.get(key)?.engine ?? compile(world, cacheDir)
  clearTimeout(kept.get(key)?.timer)
  kept.set(key, {engine, timer: setTimeout(() => kept.delete(key), KEEP_MS).unref()})
  engine.catch(() => kept.delete(key))
  return engine
}

async function compile(world: World, cacheDir: string): Promise<CompiledEngine> {
  const template = await templateFor(world, cacheDir)
  return {module: await WebAssembly.compile(template.engine as Uint8Array<ArrayBuffer>), template}
}

type EngineExports = Readonly<{
  memory: WebAssembly.Memory
  _initialize(): void
  'componentize.wizer'(): void
  /** 0 when the world's exports were found in the bundle. */
  check_init(): number
}>

/** Evaluates `bundle`, an ES module, in a new engine. The same bundle and template give the same image. */
export async function initialise({module, template}: CompiledEngine, bundle: string): Promise<InitOutcome> {
  const files = new Map([
    ['/initializer.js', template.initializer],
    [`/${BUNDLE_NAME}`, Buffer.from(bundle)],
  ])
  const wasi = createInitWasi({
    files,
    env: template.env,
    stdin: Buffer.from(`--initializer-script-path /initializer.js --strip-path-prefix / ${BUNDLE_NAME}`),
    seed: Buffer.from(hashOf([bundle])),
  })
  const instance = new WebAssembly.Instance(module, importsFor(module, wasi.imports))
  const exports = instance.exports as unknown as EngineExports
  wasi.bind(exports.memory)
  const ended = run(exports, template)
  return {...ended, stdout: wasi.stdout(), stderr: wasi.stderr()}
}

type Ended = InitOutcome extends infer Outcome
  ? Outcome extends unknown
    ? Omit<Outcome, 'stdout' | 'stderr'>
    : never
  : never

function run(exports: EngineExports, template: Template): Ended {
  try {
    exports._initialize()
    exports['componentize.wizer']()
    const image = takeImage(exports, template)
    const status = exports.check_init()
    return status === 0 ? {kind: 'ready', image} : {kind: 'exit', exitCode: status}
  } catch (error) {
    if (error instanceof InitExit) return {kind: 'exit', exitCode: error.exitCode}
    if (error instanceof InitRefused) return {kind: 'refused', importName: error.importName}
    if (error instanceof WebAssembly.RuntimeError) return {kind: 'trap', reason: error.message}
    if (error instanceof RangeError) return {kind: 'trap', reason: 'the stack is used up'}
    throw error
  }
}

function takeImage(exports: EngineExports, {globalNames}: Template): MemoryImage {
  const globals = exports as unknown as Readonly<Record<string, WebAssembly.Global>>
  return {
    memory: new Uint8Array(exports.memory.buffer).slice(),
    globals: globalNames.map(name => globals[name]!.value as number | bigint),
  }
}

/** The WASI functions of initialisation; every other import, when called, ends it. */
function importsFor(
  module: WebAssembly.Module,
  wasi: Readonly<Record<string, unknown>>,
): WebAssembly.Imports {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {}
  for (const {module: from, name} of WebAssembly.Module.imports(module)) {
    const given = from === 'wasi_snapshot_preview1' ? wasi[name] : undefined
    const value = given ?? (() => refuse(`${from}#${name}`))
    ;(imports[from] ??= {})[name] = value as WebAssembly.ImportValue
  }
  return imports
}

function refuse(importName: string): never {
  throw new InitRefused(importName)
}
