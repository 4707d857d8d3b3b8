// build/javascript/javascript.ts: a JavaScript or TypeScript handler -> a standard wasi:http component.
import {MayflyError} from '../../base/errors.ts'
import {replaceModule, writeBack} from '../wasm/engine-module.ts'
import {bundle, type Warning} from './bundle.ts'
import {createFrameMapper} from './frames.ts'
import {outcomeError, outcomeWarnings} from './outcome.ts'
import {engineFor, initialise} from './preinit.ts'
import {ENGINE_MODULE} from './template.ts'
import {httpWorld} from './world.ts'

export type JavaScriptOptions = Readonly<{
  /** The handler's file, relative to `root`. */
  entry: string
  /** The app's folder. */
  root: string
  /** The component's id, for messages. */
  name: string
  /** Where templates are kept; made when absent. */
  cacheDir: string
  /**
   * `build`: the handler's module is loaded once, now, and must not ask for anything that varies.
   * `never`: it is loaded anew in every event, and may.
   */
  snapshot?: 'build' | 'never'
  /** Paths that the handler is asked for once, when it is loaded by the build. */
  warmUp?: readonly string[]
}>

/** Milliseconds of each step. */
export type Timings = Readonly<{bundle: number; template: number; initialise: number; write: number}>

export type JavaScriptBuild = Readonly<{
  component: Uint8Array
  /** Maps the bundle, which exceptions name `app.js`, to the sources. */
  sourceMap: string
  warnings: readonly Warning[]
  /** Files that the component is a function of, absolute, ordered. */
  inputs: readonly string[]
  timings: Timings
}>

/**
 * Builds a handler. The same sources give the same bytes.
 * @throws BUILD_UNRESOLVED, BUILD_SYNTAX, BUILD_IMPURE_INIT, BUILD_INIT_THREW, BUILD_NO_HANDLER, BUILD_WARM_UP, BUILD_ENGINE;
 *   MayflyErrors where there are several
 */
export async function buildJavaScript(options: JavaScriptOptions): Promise<JavaScriptBuild> {
  const {entry, root, name, cacheDir, snapshot = 'build', warmUp = []} = options
  const world = httpWorld()
  const started = performance.now()
  const bundling = timed(
    bundle({
      entry,
      root,
      importable: world.importable,
      loading: snapshot === 'never' ? 'lazy' : 'eager',
      warmUp,
    }),
  )
  const preparing = timed(engineFor(world, cacheDir))
  // Both are awaited here, so that neither fails unseen.
  const [bundled, prepared] = await Promise.allSettled([bundling, preparing])
  const [{code, sourceMap, warnings, inputs}, bundleMs] = settled(bundled)
  const [engine, templateMs] = settled(prepared)

  const initStarted = performance.now()
  // The one begins in a thread of its own before the other keeps this one busy.
  const [initialised, made] = await Promise.allSettled([initialise(engine, code), engine.component()])
  const outcome = settled(initialised)
  const initialiseMs = performance.now() - initStarted
  const context = {entry, component: name, mapper: createFrameMapper(sourceMap)}
  const error = outcomeError(outcome, context)
  if (error !== undefined) throw error
  if (outcome.kind !== 'ready')
    throw new MayflyError('INTERNAL', {reason: `initialisation ended with ${outcome.kind}`})

  const writeStarted = performance.now()
  const component = replaceModule(settled(made), ENGINE_MODULE, module => writeBack(module, outcome.image))
  const timings = {
    bundle: bundleMs,
    template: templateMs,
    initialise: initialiseMs,
    write: performance.now() - writeStarted,
  }
  const allWarnings = [...warnings, ...outcomeWarnings(outcome), ...sizeWarnings(component.length)]
  return {component, sourceMap, warnings: allWarnings, inputs, timings}

  async function timed<T>(work: Promise<T>): Promise<[T, number]> {
    const value = await work
    return [value, performance.now() - started]
  }
}

/** Several times what frameworks come to. */
const LARGE_BYTES = 64_000_000

function sizeWarnings(bytes: number): Warning[] {
  if (bytes <= LARGE_BYTES) return []
  const size = `${Math.round(bytes / 1_000_000)} MB`
  return [{message: `the component is ${size} large: all that top-level code leaves in memory is part of it`}]
}

function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason
  return result.value
}
