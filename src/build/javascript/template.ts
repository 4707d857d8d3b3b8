// build/javascript/template.ts: everything about a JavaScript component that does not depend on the app, made once a world.
import {MayflyError} from '../../base/errors.ts'
import {cached, hashOf} from '../cache.ts'
import {
  aliasExports,
  exposeGlobals,
  replaceModule,
  stripForTemplate,
  withCodeOf,
  withoutCode,
} from '../wasm/engine-module.ts'
import {withoutAsyncStacks} from './async-stacks.ts'
import {BUNDLE_NAME, CALL_EXPORTS, FINISH} from './names.ts'
import {loadToolchain, type SplicedImport, toolchainVersions} from './toolchain.ts'
import {ENGINE_FEATURES, type World} from './world.ts'

export type Template = Readonly<{
  /** The engine with the world's bindings, to be initialised; its mutable globals are exported. */
  engine: Uint8Array
  globalNames: readonly string[]
  /** The script that binds the world's imports and what finishes the bundle; initialisation reads it. */
  initializer: Uint8Array
  /** What initialisation finds in its environment. */
  env: Readonly<Record<string, string>>
  /** The finished component, except that its module ENGINE_MODULE has no data and the state of an unused engine. */
  component: Uint8Array
}>

/** The engine's place among the component's core modules; the adapter's modules follow. */
export const ENGINE_MODULE = 0

/** Changes whenever templates are made in another way. */
const TEMPLATE_FORMAT = 'mayfly-template-5'

/** Exports that end their life with initialisation. */
const INIT_EXPORTS: ReadonlySet<string> = new Set([
  '_initialize',
  'componentize.wizer',
  ...Object.values(CALL_EXPORTS),
])

/** The world's template, from `cacheDir` where it is there. @throws BUILD_ENGINE */
export async function templateFor(world: World, cacheDir: string): Promise<Template> {
  const key = hashOf([
    TEMPLATE_FORMAT,
    JSON.stringify([toolchainVersions(), ENGINE_FEATURES]),
    world.name,
    world.wit,
  ])
  return unpack(
    await cached(cacheDir, `javascript-${key}.template`, async () => pack(await makeTemplate(world))),
  )
}

async function makeTemplate(world: World): Promise<Template> {
  try {
    const toolchain = await loadToolchain()
    const {splicer} = toolchain
    const spliced = splicer.spliceBindings(
      aliasExports(withoutAsyncStacks(toolchain.engine), CALL_EXPORTS),
      ENGINE_FEATURES,
      world.wit,
      undefined,
      world.name,
      false,
    )
    const {module: engine, names: globalNames} = exposeGlobals(spliced.wasm)
    const emptied = stripForTemplate(spliced.wasm, INIT_EXPORTS)
    const core = splicer.stubWasi(emptied, ENGINE_FEATURES, world.wit, undefined, world.name)
    const bare = await toolchain.componentNew(withoutCode(core), [
      ['wasi_snapshot_preview1', toolchain.reactorAdapter],
    ])
    const described = await toolchain.metadataAdd(bare, [
      ['language', [['JavaScript', '']]],
      ['processed-by', [['ComponentizeJS', toolchainVersions()['componentizeJs'] ?? '']]],
    ])
    const component = replaceModule(described, ENGINE_MODULE, module => withCodeOf(module, core))
    return {
      engine,
      globalNames,
      initializer: Buffer.from(`${spliced.jsBindings}\n${FINISH_BINDING}`),
      env: initEnvironment(spliced.imports),
      component,
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MayflyError('BUILD_ENGINE', {reason}, {cause})
  }
}

/**
 * The engine calls functions of this script, which finds the bundle's exports in `$source_mod`. It would end itself over a
 * promise that nothing fulfils; so it gets one of its own, and goes on as long as there is something to do.
 */
const FINISH_BINDING = `function ${FINISH}() { $source_mod.${FINISH}(); return Promise.resolve() }`

/** The variables by which componentize-js's engine learns of its imports, and of the function that it is to call. */
function initEnvironment(imports: readonly SplicedImport[]): Record<string, string> {
  const env: Record<string, string> = {
    SOURCE_NAME: BUNDLE_NAME,
    FEATURE_CLOCKS: '1',
    IMPORT_CNT: String(imports.length),
    EXPORT_CNT: '1',
    EXPORT0_NAME: FINISH,
    EXPORT0_ARGS: '',
    EXPORT0_RET: '',
    EXPORT0_RETSIZE: '0',
  }
  imports.forEach(([, name, argumentCount], index) => {
    env[`IMPORT${index}_NAME`] = name
    env[`IMPORT${index}_ARGCNT`] = String(argumentCount)
  })
  return env
}

type Header = Readonly<{
  globalNames: readonly string[]
  env: Readonly<Record<string, string>>
  /** Bytes of engine, initializer and component, which follow the header in this order. */
  lengths: readonly [number, number, number]
}>

function pack({engine, initializer, component, globalNames, env}: Template): Uint8Array {
  const header: Header = {globalNames, env, lengths: [engine.length, initializer.length, component.length]}
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return Buffer.concat([length, text, engine, initializer, component])
}

function unpack(bytes: Uint8Array): Template {
  let position = 4 + Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32LE()
  const {globalNames, env, lengths} = JSON.parse(
    Buffer.from(bytes.subarray(4, position)).toString(),
  ) as Header
  const [engine, initializer, component] = lengths.map(length =>
    bytes.subarray(position, (position += length)),
  )
  return {engine: engine!, initializer: initializer!, component: component!, globalNames, env}
}
