// cli/prepare-app.ts: an app read, built where it is stale, and described for the workers.
import {extname, join, resolve} from 'node:path'
import {MayflyErrors} from '../base/errors.ts'
import {typeErrors} from '../build/javascript/type-check.ts'
import {watchedFolders} from '../build/watched-files.ts'
import type {App, Component} from '../manifest/app.ts'
import {describeUnsupported} from '../manifest/unsupported.ts'
import {type AppOnDisk, readApp} from './app-on-disk.ts'
import type {AppSource} from './app-source.ts'
import {binaryOf, buildTarget, cacheFolder} from './build-target.ts'
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
  checkTypes = false,
}: PrepareOptions): Promise<Prepared<AppDescription>> {
  const onDisk = await readApp(source, settings)
  const {app, root, components} = onDisk
  const unsupported = describeUnsupported(app)
  if (unsupported.length > 0) throw new MayflyErrors(unsupported)
  const files: Record<string, ComponentFiles> = Object.create(null)
  const inputs = new Set([source.path])
  const warnings: string[] = []
  const checked = components.flatMap(({mayfly: {entry}}) =>
    checkTypes && entry !== undefined ? [typeErrors({entry, root})] : [],
  )
  for (const component of components) {
    const built = await buildTarget(component, {root, runCommands: build, ...loneOutput(source)})
    files[component.id] = {wasmPath: await binaryOf(built), sourceMapPath: built.sourceMapPath}
    for (const input of [...built.inputs, ...folders(component, root)]) inputs.add(input)
    warnings.push(...built.warnings.map(warning => `${component.id}: ${warning}`))
  }
  return {
    name: app.name,
    description: {app, root, components: files, settings},
    components: Object.keys(files),
    routes: routeRows(onDisk),
    inputs: [...inputs],
    warnings,
    typeErrors: Promise.all(checked).then(mistakes => mistakes.flat()),
  }
}

/** What is built of a lone file is kept in the cache, not beside it. */
function loneOutput({kind, path}: AppSource): {output?: string; records?: string} {
  if (kind === 'manifest' || extname(path).toLowerCase() === '.wasm') return {}
  const records = cacheFolder(path)
  return {output: join(records, 'component.wasm'), records}
}

/** Sources may be added to those that the manifest's own commands build from. */
const folders = ({build, mayfly}: Component, root: string): readonly string[] =>
  build === undefined || mayfly.entry !== undefined
    ? []
    : watchedFolders(resolve(root, build.workdir ?? '.'), build.watch)

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
