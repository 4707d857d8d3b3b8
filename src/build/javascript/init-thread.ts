// build/javascript/init-thread.ts: one initialisation on V8, in a thread of its own that can be stopped.
import {parentPort, workerData} from 'node:worker_threads'
import type {MemoryImage} from '../wasm/engine-module.ts'
import {fillHoles, type Heap} from './heap.ts'
import {BUNDLE_NAME, CALL_EXPORTS} from './names.ts'
import type {InitOutcome} from './preinit.ts'
import {createInitWasi, InitExit, InitRefused} from './preview1.ts'
import type {Template} from './template.ts'

/** What the thread is started with. */
export type InitJob = Readonly<{
  module: WebAssembly.Module
  template: Pick<Template, 'initializer' | 'env' | 'globalNames'>
  bundle: string
  /** Random bytes follow from it. */
  seed: Uint8Array
}>

type EngineExports = Heap &
  Readonly<{
    memory: WebAssembly.Memory
    _initialize(): void
    'componentize.wizer'(): void
    /** Calls FINISH, the first of its functions, and goes on as long as there is something to do. */
    [CALL_EXPORTS.call](index: 0, argument: 0): number
    [CALL_EXPORTS.post_call](index: 0): void
    /** 0 when the functions that it is to call were found. */
    check_init(): number
  }>

/** Evaluates the job's bundle, an ES module, in a new engine. The same job gives the same image. */
function initialise({module, template, bundle, seed}: InitJob): InitOutcome {
  const wasi = createInitWasi({
    files: new Map([
      ['/initializer.js', template.initializer],
      [`/${BUNDLE_NAME}`, Buffer.from(bundle)],
    ]),
    env: template.env,
    stdin: Buffer.from(`--initializer-script-path /initializer.js --strip-path-prefix / ${BUNDLE_NAME}`),
    seed,
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

function run(exports: EngineExports, template: InitJob['template']): Ended {
  try {
    exports._initialize()
    exports['componentize.wizer']()
    const status = exports.check_init()
    if (status !== 0) return {kind: 'exit', exitCode: status}
    exports[CALL_EXPORTS.call](0, 0)
    exports[CALL_EXPORTS.post_call](0)
    fillHoles(exports)
    return {kind: 'ready', image: takeImage(exports, template)}
  } catch (error) {
    if (error instanceof InitExit) return {kind: 'exit', exitCode: error.exitCode}
    if (error instanceof InitRefused) return {kind: 'refused', importName: error.importName}
    if (error instanceof WebAssembly.RuntimeError) return {kind: 'trap', reason: error.message}
    if (error instanceof RangeError) return {kind: 'trap', reason: 'the stack is used up'}
    throw error
  }
}

function takeImage(exports: EngineExports, {globalNames}: InitJob['template']): MemoryImage {
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

const outcome = initialise(workerData as InitJob)
parentPort!.postMessage(outcome, outcome.kind === 'ready' ? [outcome.image.memory.buffer as ArrayBuffer] : [])
