// build/javascript/toolchain.ts: the parts of componentize-js and jco that are used, loaded only when a template is made.
import {readFileSync} from 'node:fs'
import {findPackageJSON, registerHooks} from 'node:module'
import {pathToFileURL} from 'node:url'

/** A core import of a spliced engine: the interface, the function, the number of core arguments. */
export type SplicedImport = readonly [specifier: string, name: string, argumentCount: number]

export type Spliced = Readonly<{
  wasm: Uint8Array
  jsBindings: string
  imports: readonly SplicedImport[]
}>

export type Splicer = Readonly<{
  spliceBindings(
    engine: Uint8Array,
    features: readonly string[],
    wit: string | undefined,
    witPath: string | undefined,
    world: string | undefined,
    debug: boolean,
  ): Spliced
  stubWasi(
    wasm: Uint8Array,
    features: readonly string[],
    wit: string | undefined,
    witPath: string | undefined,
    world: string | undefined,
  ): Uint8Array
}>

export type Toolchain = Readonly<{
  splicer: Splicer
  /** StarlingMonkey, without bindings. */
  engine: Uint8Array
  /** Core module + WASI 0.1 adapter -> component. */
  componentNew(core: Uint8Array, adapters: readonly (readonly [string, Uint8Array])[]): Promise<Uint8Array>
  metadataAdd(component: Uint8Array, fields: Metadata): Promise<Uint8Array>
  reactorAdapter: Uint8Array
}>

/** Fields of the `producers` section, each with (name, version) pairs. */
export type Metadata = readonly (readonly [string, readonly (readonly [string, string])[]])[]

const COMPONENTIZE_JS = '@bytecodealliance/componentize-js'
const JCO = '@bytecodealliance/jco'
const SHIM = '@bytecodealliance/preview2-shim'

/** The versions that a template is a function of. */
export function toolchainVersions(): Readonly<Record<string, string>> {
  return {
    componentizeJs: versionOf(COMPONENTIZE_JS),
    jco: versionOf(JCO),
  }
}

/** Where a package's package.json is. */
export const packageUrl = (name: string): URL => pathToFileURL(findPackageJSON(name, import.meta.url)!)

function versionOf(name: string): string {
  const text = readFileSync(packageUrl(name), 'utf8')
  return String((JSON.parse(text) as {version: unknown}).version)
}

/** Loads the tools: some 6 MB of WebAssembly, so not before they are needed. */
export async function loadToolchain(): Promise<Toolchain> {
  const library = new URL('lib/', packageUrl(COMPONENTIZE_JS))
  const jcoUrl = packageUrl(JCO).href
  // componentize-js imports the WASI shim without depending on it; jco does, and brings it.
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, specifier.startsWith(SHIM) ? {...context, parentURL: jcoUrl} : context),
  })
  try {
    const [{splicer}, jco] = await Promise.all([
      import(new URL('spidermonkey-embedding-splicer.js', library).href) as Promise<{splicer: Splicer}>,
      import('@bytecodealliance/jco') as unknown as Promise<Jco>,
    ])
    return {
      splicer,
      get engine() {
        return readFileSync(new URL('starlingmonkey_embedding.wasm', library))
      },
      componentNew: (core, adapters) => jco.componentNew(core, adapters, false),
      metadataAdd: jco.metadataAdd,
      get reactorAdapter() {
        return readFileSync(jco.preview1AdapterReactorPath())
      },
    }
  } finally {
    hooks.deregister()
  }
}

/** Core module -> component, with the adapter of WASI 0.1 where it needs it. */
export async function loadComponentNew(
  kind: 'command' | 'reactor',
): Promise<(core: Uint8Array) => Promise<Uint8Array>> {
  const jco = (await import('@bytecodealliance/jco')) as unknown as Jco
  const adapter = kind === 'command' ? jco.preview1AdapterCommandPath() : jco.preview1AdapterReactorPath()
  return core => jco.componentNew(core, [['wasi_snapshot_preview1', readFileSync(adapter)]], false)
}

type Jco = Readonly<{
  componentNew(core: Uint8Array, adapters: unknown, wit: boolean): Promise<Uint8Array>
  metadataAdd(component: Uint8Array, fields: Metadata): Promise<Uint8Array>
  preview1AdapterReactorPath(): string
  preview1AdapterCommandPath(): string
}>
