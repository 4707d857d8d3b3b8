// cli/prepare-app.ts: an app read, built where it is stale, and described for the workers.
import {mkdir} from 'node:fs/promises'
import {extname, join} from 'node:path'
import {MayflyErrors} from '../base/errors.ts'
import {hashOf} from '../build/cache.ts'
import {writeAtomically} from '../build/write.ts'
import type {App} from '../manifest/app.ts'
import {describeUnsupported} from '../manifest/unsupported.ts'
import {type AppOnDisk, readApp} from './app-on-disk.ts'
import type {AppSource} from './app-source.ts'
import {type BuiltComponent, buildComponent, parseText} from './build-component.ts'
import {cacheDir} from './cache-dir.ts'
import type {Prepared, PrepareOptions, RouteRow, ServeSettings} from './parts.ts'

/** All that a worker needs to serve an app. Structured-cloneable. */
export type AppDescription = Readonly<{
  app: App
  /** Absolute; the manifest's paths are relative to it. */
  root: string
  /** By id; only those that are served. */
  components: Readonly<Record<string, ComponentFiles>>
  settings: ServeSettings
}>

export type ComponentFiles = Readonly<{
  /** A component binary; absolute. */
  wasmPath: string
  /** Absolute; only for what we built from JavaScript. */
  sourceMapPath: string | undefined
}>

/** @throws what reading the manifest and building throw */
export async function prepareApp({
  source,
  settings,
  build,
}: PrepareOptions): Promise<Prepared<AppDescription>> {
  const onDisk = await readApp(source, settings)
  const {app, root, components} = onDisk
  const unsupported = describeUnsupported(app)
  if (unsupported.length > 0) throw new MayflyErrors(unsupported)
  const files: Record<string, ComponentFiles> = Object.create(null)
  const inputs = new Set([source.path])
  const warnings: string[] = []
  for (const component of components) {
    const built = await buildComponent(component, {
      root,
      cacheDir: cacheDir(process.env),
      mode: settings.production ? 'production' : 'development',
      always: build && component.mayfly.entry === undefined,
      ...(await loneOutput(source)),
    })
    files[component.id] = {wasmPath: await asBinary(built), sourceMapPath: built.sourceMapPath}
    for (const input of built.inputs) inputs.add(input)
    warnings.push(...built.warnings.map(warning => `${component.id}: ${warning}`))
  }
  return {
    name: app.name,
    description: {app, root, components: files, settings},
    components: Object.keys(files),
    routes: routeRows(onDisk),
    inputs: [...inputs],
    warnings,
  }
}

/** What is built of a lone file is kept in the cache, not beside it. */
async function loneOutput({kind, path}: AppSource): Promise<{output?: string; keepIn?: string}> {
  if (kind === 'manifest' || extname(path).toLowerCase() === '.wasm') return {}
  const directory = join(cacheDir(process.env), 'apps', hashOf([path]).slice(0, 32))
  await mkdir(directory, {recursive: true})
  return {output: join(directory, 'component.wasm'), keepIn: directory}
}

/** `source` may be WebAssembly text, too. */
async function asBinary({path}: BuiltComponent): Promise<string> {
  if (extname(path).toLowerCase() !== '.wat') return path
  const bytes = await parseText(path, cacheDir(process.env))
  const directory = join(cacheDir(process.env), 'wat')
  await mkdir(directory, {recursive: true})
  const binary = join(directory, `${hashOf([bytes])}.component.wasm`)
  await writeAtomically(binary, [bytes])
  return binary
}

function routeRows({app, components}: AppOnDisk): readonly RouteRow[] {
  const served = new Set(components.map(({id}) => id))
  return app.triggers.http.flatMap(({route, handler}): RouteRow[] => {
    if (!('path' in route)) return []
    if (!('component' in handler)) return [{route: route.path, component: undefined, description: ''}]
    const {component} = handler
    if (!served.has(component)) return []
    return [{route: route.path, component, description: app.components[component]!.description}]
  })
}
