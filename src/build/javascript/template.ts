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
import {loadToolchain, type SplicedImport, type Toolchain, toolchainVersions} from './toolchain.ts'
import {ENGINE_FEATURES, type World} from './world.ts'

/** What is initialised. */
export type Template = Readonly<{
  /** The engine with the world's bindings; its mutable globals are exported. */
  engine: Uint8Array
  globalNames: readonly string[]
  /** The script that binds the world's imports and what finishes the bundle; initialisation reads it. */
  initializer: Uint8Array
  /** What initialisation finds in its environment. */
  env: Readonly<Record<string, string>>
}>

/** The engine's place among the component's core modules; the adapter's modules follow. */
export const ENGINE_MODULE = 0

/** Changes whenever templates are made in another way. */
const TEMPLATE_FORMAT = 'mayfly-template-6'

/** Exports that end their life with initialisation. */
const INIT_EXPORTS: ReadonlySet<string> = new Set([
  '_initialize',
  'componentize.wizer',
  ...Object.values(CALL_EXPORTS),
])

/** The world's template, from `cacheDir` where it is there. @throws BUILD_ENGINE */
export const templateFor = async (world: World, cacheDir: string): Promise<Template> =>
  unpack(await cached(cacheDir, fileOf(world, 'template'), async () => pack(await makeTemplate(world))))

/**
 * The finished component, except that its module ENGINE_MODULE has no data and the state of an unused engine; from
 * `cacheDir` where it is there. @throws BUILD_ENGINE
 */
export const componentFor = (world: World, template: Template, cacheDir: string): Promise<Uint8Array> =>
  cached(cacheDir, fileOf(world, 'component'), () => makeComponent(world, template))

function fileOf(world: World, kind: 'template' | 'component'): string {
  const versions = JSON.stringify([toolchainVersions(), ENGINE_FEATURES])
  return `javascript-${hashOf([TEMPLATE_FORMAT, versions, world.name, world.wit])}.${kind}`
}

const makeTemplate = (world: World): Promise<Template> =>
  withEngine(async toolchain => {
    const spliced = toolchain.splicer.spliceBindings(
      aliasExports(withoutAsyncStacks(toolchain.engine), CALL_EXPORTS),
      ENGINE_FEATURES,
      world.wit,
      undefined,
      world.name,
      false,
    )
    const {module: engine, names: globalNames} = exposeGlobals(spliced.wasm)
    return {
      engine,
      globalNames,
      initializer: Buffer.from(`${spliced.jsBindings}\n${FINISH_BINDING}`),
      env: initEnvironment(spliced.imports),
    }
  })

const makeComponent = (world: World, {engine, globalNames}: Template): Promise<Uint8Array> =>
  withEngine(async toolchain => {
    const emptied = stripForTemplate(engine, new Set([...INIT_EXPORTS, ...globalNames]))
    const core = toolchain.splicer.stubWasi(emptied, ENGINE_FEATURES, world.wit, undefined, world.name)
    const bare = await toolchain.componentNew(withoutCode(core), [
      ['wasi_snapshot_preview1', toolchain.reactorAdapter],
    ])
    const described = await toolchain.metadataAdd(bare, [
      ['language', [['JavaScript', '']]],
      ['processed-by', [['ComponentizeJS', toolchainVersions()['componentizeJs'] ?? '']]],
    ])
    return replaceModule(described, ENGINE_MODULE, module => withCodeOf(module, core))
  })

async function withEngine<T>(make: (toolchain: Toolchain) => Promise<T>): Promise<T> {
  try {
    return await make(await loadToolchain())
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
  /** Bytes of the engine, which follows the header; the initializer is the rest. */
  length: number
}>

function pack({engine, initializer, globalNames, env}: Template): Uint8Array {
  const header: Header = {globalNames, env, length: engine.length}
  const text = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(text.length)
  return Buffer.concat([length, text, engine, initializer])
}

function unpack(bytes: Uint8Array): Template {
  const start = 4 + Buffer.from(bytes.buffer, bytes.byteOffset, 4).readUInt32LE()
  const {globalNames, env, length} = JSON.parse(Buffer.from(bytes.subarray(4, start)).toString()) as Header
  const end = start + length
  return {engine: bytes.subarray(start, end), initializer: bytes.subarray(end), globalNames, env}
}
