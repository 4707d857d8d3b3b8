// wasi/preview1/core-command.ts: a core module of WASI 0.1 as a program of which sandboxes are made: no component is built
// around it, so nothing stands between the guest and the functions that it calls.
import {MayflyError} from '../../base/errors.ts'
import type {FlatType} from '../../engine/abi/flatten.ts'
import type {CoreExport, CoreImport, FuncSignature} from '../../engine/core/module.ts'
import {decodeCoreModule} from '../../engine/core/module-decode.ts'
import {blockingCall} from '../../engine/link/blocking.ts'
import type {GuestFunction, MadeInstance} from '../../engine/link/linked-component.ts'
import type {ModuleCache} from '../../engine/link/module-cache.ts'
import type {Runtime} from '../../engine/link/runtime.ts'
import type {Program, ProgramExport} from '../../engine/pool/program.ts'
import {type GuestExit, guestExit} from '../cli/exit.ts'
import {FUNCTIONS, PREVIEW1} from './functions.ts'
import {Guest} from './guest.ts'
import {type NamedFunction, trampolinesFor} from './trampolines.ts'
import type {World} from './world.ts'

export type CoreCommandOptions = Readonly<{
  /** Names the module in messages. */
  who: string
  modules: ModuleCache
  world: World
}>

/** A command runs `_start` once for an event; a reactor is initialised, and then its exports may be called. */
export type CoreKind = 'command' | 'reactor'

/**
 * Each export is a function that the core module exports. A call returns its result (a number, a bigint or nothing), or
 * the GuestExit by which the guest ended its event: that is no failure, and the sandbox can be restored.
 */
export type CoreCommand = Program &
  Readonly<{
    kind: CoreKind
    exports: readonly CoreFunction[]
    /** The index of an exported function in `exports`, for Sandbox.call. */
    findExport(name: string): number | undefined
  }>

export type CoreFunction = ProgramExport &
  Readonly<{params: readonly FlatType[]; result: FlatType | undefined}>

const START = '_start'
const INITIALIZE = '_initialize'

/**
 * Links a core module with WASI 0.1. Snapshots hold the state after `_initialize`, if there is one, and before `_start`.
 * @throws DECODE_MALFORMED, VALIDATE_INVALID, LINK_MISSING_IMPORT, LINK_TYPE_MISMATCH, LINK_UNSUPPORTED
 */
export function linkCoreCommand(bytes: Uint8Array, {who, modules, world}: CoreCommandOptions): CoreCommand {
  const decoded = decodeCoreModule(bytes)
  const imports = decoded.imports.map(each => resolveImport(each, who))
  const kind = kindOf(decoded.exports, who)
  const {lean, module} = modules.compile(bytes)
  const mayWait = imports.some(([, definition]) => definition.mayWait)
  const callables = decoded.exports.flatMap(each => callableOf(each, mayWait))
  const names = new Map(callables.map(({name}, i) => [name, i]))

  function* instantiate(runtime: Runtime): Generator<MadeInstance, GuestFunction[]> {
    const guest = new Guest({
      store: runtime.store,
      world,
      onMemory: memory => runtime.memories.push(memory),
    })
    const {exports} = new WebAssembly.Instance(module, {[PREVIEW1]: trampolinesFor(runtime, guest, imports)})
    guest.attach(exports)
    yield {instance: 0, exports}
    return callables.map(callable => functionOf(runtime, exports, callable, mayWait))
  }

  return Object.freeze({
    who,
    kind,
    instances: 0,
    hostResources: new Map(),
    leanModules: [lean],
    exports: callables,
    initialise: names.has(INITIALIZE) ? INITIALIZE : undefined,
    instantiate,
    findExport: (name: string) => names.get(name),
  })
}

function resolveImport({module, name, type}: CoreImport, who: string): NamedFunction {
  const definition = module === PREVIEW1 ? FUNCTIONS.get(name) : undefined
  if (definition === undefined || type.kind !== 'func') {
    const remedy =
      module === 'wasi_unstable'
        ? `build it with a toolchain that targets ${PREVIEW1}`
        : `a core module may import functions of ${PREVIEW1} only; build a component for anything else`
    throw new MayflyError('LINK_MISSING_IMPORT', {who, name: `${module}#${name}`, remedy})
  }
  const expected = {
    params: definition.params,
    results: definition.result === undefined ? [] : [definition.result],
  }
  if (signatureText(type.signature) !== signatureText(expected))
    throw new MayflyError('LINK_TYPE_MISMATCH', {
      who,
      name: `${module}#${name}`,
      reason: `it is ${signatureText(expected)}, not ${signatureText(type.signature)}`,
    })
  return [name, definition]
}

const signatureText = (signature: FuncSignature | undefined): string =>
  signature === undefined
    ? 'another type'
    : `(${signature.params.map(String).join(', ')}) -> (${signature.results.map(String).join(', ')})`

/** WASI application-abi.md: a command exports `_start`; a reactor does not. Either may export `_initialize`. */
function kindOf(exports: readonly CoreExport[], who: string): CoreKind {
  const entry = (name: string): boolean => {
    const type = exports.find(each => each.name === name)?.type
    if (type?.kind !== 'func') return false
    if (signatureText(type.signature) === '() -> ()') return true
    const feature = `a function ${name} of type ${signatureText(type.signature)}`
    throw new MayflyError('LINK_UNSUPPORTED', {who, feature, remedy: `${name} takes and returns nothing`})
  }
  entry(INITIALIZE)
  return entry(START) ? 'command' : 'reactor'
}

const isNumeric = (type: unknown): type is FlatType =>
  type === 'i32' || type === 'i64' || type === 'f32' || type === 'f64'

/** Functions that take and return numbers can be called from outside, others only by the guest itself. */
function callableOf({name, type}: CoreExport, mayWait: boolean): CoreFunction[] {
  if (type.kind !== 'func' || type.signature === undefined) return []
  const {params, results} = type.signature
  if (!params.every(isNumeric) || !results.every(isNumeric) || results.length > 1) return []
  return [{name, params, result: results[0], writesOnlyInside: mayWait}]
}

function functionOf(
  runtime: Runtime,
  exports: WebAssembly.Exports,
  {name, params, result}: CoreFunction,
  mayWait: boolean,
): GuestFunction {
  const {guard} = runtime
  const core = exports[name] as (...args: never[]) => unknown
  if (!mayWait)
    return (...args) => {
      try {
        guard.enter()
        const value = core(...(args as never[]))
        guard.leave()
        return value
      } catch (error) {
        return exitOr(error)
      }
    }
  const blocking = blockingCall(runtime, core, params, result)
  return (...args) => {
    const promise = blocking.call(...args)
    if (blocking.done) {
      blocking.done = false
      return blocking.result
    }
    guard.leave()
    return promise.then(
      value => {
        blocking.done = false
        return value
      },
      error => exitOr(error),
    )
  }

  function exitOr(error: unknown): GuestExit {
    guard.leave()
    const exit = guestExit(error)
    if (exit === undefined) throw error
    return exit
  }
}
