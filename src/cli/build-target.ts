// cli/build-target.ts: a component of a manifest as that which is to be built.
import {basename, extname, join, resolve} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import {buildComponent} from '../build/build.ts'
import {hashOf} from '../build/cache.ts'
import {componentized} from '../build/componentize.ts'
import type {BuildOptions, BuildTarget, BuiltComponent} from '../build/target.ts'
import type {Component} from '../manifest/app.ts'
import {wasmWasCompiled} from '../server/node-flags.ts'
import {cacheDir} from './cache-dir.ts'

export type TargetOptions = Readonly<{
  /** The app's folder; absolute. */
  root: string
  /** Instead of the manifest's `source`; absolute. */
  output?: string
  /** As in BuildOptions. */
  records?: string
  /** Run the manifest's own commands even where the result is newer than its sources. */
  runCommands: boolean
}>

/** @throws BUILD_ errors, FILE_ errors, SOURCE_NOT_FOUND, MANIFEST_UNSUPPORTED */
export async function buildTarget(component: Component, given: TargetOptions): Promise<BuiltComponent> {
  const {root, records, runCommands} = given
  const {entry} = component.mayfly
  const target = targetOf(component, given.output ?? sourcePath(component, root))
  return await build(target, {
    ...buildOptions(root, records),
    always: runCommands && entry === undefined,
    // stdout is ours.
    output: line => process.stderr.write(`${line}\n`),
  })
}

/**
 * What is served of it: text without an `entry` as a binary, and a core module that carries its world as a component,
 * both kept in the cache. @throws BUILD_WAT, BUILD_COMPONENTIZE, FILE_ errors
 */
export async function binaryOf({component, path}: BuiltComponent): Promise<string> {
  if (extname(path).toLowerCase() !== '.wat') {
    const made = await componentized(path, join(cacheDir(process.env), 'componentized'))
    if (made !== undefined) wasmWasCompiled()
    return made ?? path
  }
  const records = cacheFolder(path)
  const target = {id: component, source: join(records, 'component.wasm'), entry: basename(path)}
  return (await build(target, buildOptions(resolve(path, '..'), records))).path
}

/** What builds is wasm itself. */
async function build(target: BuildTarget, options: BuildOptions): Promise<BuiltComponent> {
  const built = await buildComponent(target, options)
  if (!built.fresh) wasmWasCompiled()
  return built
}

/** A folder of the cache for what is made of a file that has no app around it. */
export const cacheFolder = (...paths: readonly string[]): string =>
  join(cacheDir(process.env), 'apps', hashOf(paths).slice(0, 32))

const buildOptions = (root: string, records: string | undefined): BuildOptions => ({
  root,
  cacheDir: cacheDir(process.env),
  ...(records === undefined ? {} : {records}),
})

function targetOf({id, build, mayfly: {entry, snapshot, warmUp}}: Component, source: string): BuildTarget {
  return {
    id,
    source,
    snapshot,
    ...(entry === undefined ? {} : {entry}),
    ...(warmUp === undefined ? {} : {warmUp}),
    ...(build === undefined ? {} : {build}),
  }
}

function sourcePath({id, source}: Component, root: string): string {
  if ('path' in source) return resolve(root, source.path)
  throw new MayflyError('MANIFEST_UNSUPPORTED', {
    field: `[component.${id}] source from ${'url' in source ? 'a URL' : 'a registry'}`,
    remedy: 'put the component beside the manifest and name its file',
  })
}
