// cli/build-component.ts: one component of an app made from its sources, unless what is there is still right.
import {mkdir, readFile, stat} from 'node:fs/promises'
import {dirname, extname, join, relative, resolve} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import {cached, hashOf} from '../build/cache.ts'
import {writeAtomically} from '../build/write.ts'
import type {Component} from '../manifest/app.ts'
import {runBuildCommands} from './build-commands.ts'
import {freshStamp, keepStamp, settingsHash, stampFile} from './build-stamp.ts'
import {version} from './version.ts'

export type ComponentBuildOptions = Readonly<{
  root: string
  cacheDir: string
  mode: 'production' | 'development'
  /** Instead of the manifest's `source`; absolute. */
  output?: string
  /** Where the stamp and the source map are kept, instead of `root`. */
  keepIn?: string
  /** Also where it is fresh, and where the manifest's own commands would not be run. */
  always: boolean
}>

export type BuiltComponent = Readonly<{
  component: string
  /** The component's bytes; absolute. */
  path: string
  /** Maps a bundle's places to its sources; absolute. */
  sourceMapPath: string | undefined
  byteLength: number
  ms: number
  /** Nothing had to be done. */
  fresh: boolean
  /** Absolute paths of files and directories that it was made from. */
  inputs: readonly string[]
  warnings: readonly string[]
}>

/**
 * `[component.x.tool.mayfly] entry` is built by us; else the commands of `[component.x.build]` are run when asked for
 * or when their result is missing; else the source must be there.
 * @throws BUILD_ errors, FILE_ errors, SOURCE_REMOTE
 */
export async function buildComponent(
  component: Component,
  options: ComponentBuildOptions,
): Promise<BuiltComponent> {
  const {entry} = component.mayfly
  const output = options.output ?? sourcePath(component, options.root)
  if (entry === undefined) return await buildByCommands(component, output, options)

  const started = performance.now()
  const stamp = stampFile(options.keepIn ?? options.root, component.id)
  const sourceMapPath = extname(entry) === '.wat' ? undefined : `${stamp.slice(0, -'.json'.length)}.map`
  const result = {component: component.id, path: output, sourceMapPath}
  const settings = settingsHash([version(), entry, output, options.mode, component.mayfly.snapshot])
  const known = options.always ? undefined : await freshStamp(stamp, settings)
  if (known !== undefined) {
    const inputs = known.inputs.map(({path}) => path)
    return {
      ...result,
      byteLength: known.output.size,
      ms: performance.now() - started,
      fresh: true,
      inputs,
      warnings: [],
    }
  }

  const made =
    extname(entry) === '.wat' ? await buildText(entry, options) : await buildScript(component, entry, options)
  await mkdir(dirname(output), {recursive: true})
  await writeAtomically(output, [made.bytes])
  if (sourceMapPath !== undefined) {
    await mkdir(dirname(sourceMapPath), {recursive: true})
    await writeAtomically(sourceMapPath, [Buffer.from(made.sourceMap)])
  }
  await keepStamp(stamp, settings, {output, inputs: made.inputs})
  const ms = performance.now() - started
  return {
    ...result,
    byteLength: made.bytes.length,
    ms,
    fresh: false,
    inputs: made.inputs,
    warnings: made.warnings,
  }
}

type Made = Readonly<{
  bytes: Uint8Array
  sourceMap: string
  inputs: readonly string[]
  warnings: readonly string[]
}>

async function buildScript(
  component: Component,
  entry: string,
  options: ComponentBuildOptions,
): Promise<Made> {
  const {buildJavaScript} = await import('../build/javascript/javascript.ts')
  const {cacheDir, mode, root} = options
  const snapshot = component.mayfly.snapshot === 'never' ? 'never' : 'build'
  const built = await buildJavaScript({entry, root, name: component.id, cacheDir, mode, snapshot})
  const warnings = built.warnings.map(({message}) => message)
  return {bytes: built.component, sourceMap: built.sourceMap, inputs: built.inputs, warnings}
}

async function buildText(entry: string, {root, cacheDir}: ComponentBuildOptions): Promise<Made> {
  const path = resolve(root, entry)
  return {bytes: await parseText(path, cacheDir), sourceMap: '', inputs: [path], warnings: []}
}

/**
 * WebAssembly text as a binary; kept in the cache, because the parser takes a while to load.
 * @throws BUILD_WAT, and what reading the file throws
 */
export async function parseText(path: string, cacheDir: string): Promise<Uint8Array> {
  const text = await readFile(path, 'utf8')
  return await cached(cacheDir, join('wat', `${hashOf([version(), text])}.wasm`), async () => {
    const {parse} = await import('@bytecodealliance/jco')
    try {
      return await parse(text)
    } catch (error) {
      throw watError(path, error as Error)
    }
  })
}

/** The parser prints its error's innards: `... line: 1, col: 3, ... kind: Custom("expected ...")`, counted from 0. */
function watError(file: string, error: Error): MayflyError {
  const place = /\bline: (\d+), col: (\d+)/.exec(error.message)
  // The innermost kind stands last.
  const innermost = error.message.slice(Math.max(0, error.message.lastIndexOf('kind: ')))
  const kind = /^kind: (?:Custom\("((?:[^"\\]|\\.)*)"\)|(.*?)) \}/.exec(innermost)
  const reason = kind?.[1]?.replaceAll('\\"', '"') ?? kind?.[2] ?? error.message.split('\n', 1)[0]!
  const at = place === null ? {file} : {file, line: Number(place[1]) + 1, column: Number(place[2]) + 1}
  return new MayflyError('BUILD_WAT', {reason}, {at, cause: error})
}

async function buildByCommands(
  component: Component,
  output: string,
  {root, always}: ComponentBuildOptions,
): Promise<BuiltComponent> {
  const started = performance.now()
  const {build, id} = component
  let found = await stat(output).catch(() => undefined)
  const run = build !== undefined && (always || found === undefined)
  if (run) {
    await runBuildCommands(id, build, root)
    found = await stat(output).catch(() => undefined)
  }
  if (found?.isFile() !== true) {
    const remedy =
      build === undefined
        ? `build it first, or let Mayfly: [component.${id}.tool.mayfly] entry = "src/index.ts"`
        : `the build commands of [component.${id}.build] did not make it`
    throw new MayflyError('SOURCE_NOT_FOUND', {path: relative(process.cwd(), output) || output, remedy})
  }
  const workdir = resolve(root, build?.workdir ?? '.')
  const inputs = [output, ...(build?.watch ?? []).map(glob => resolve(workdir, staticPart(glob)))]
  const ms = performance.now() - started
  const result = {component: id, path: output, sourceMapPath: undefined, byteLength: found.size}
  return {...result, ms, fresh: !run, inputs, warnings: []}
}

function sourcePath({id, source}: Component, root: string): string {
  if ('path' in source) return resolve(root, source.path)
  throw new MayflyError('MANIFEST_UNSUPPORTED', {
    field: `[component.${id}] source from ${'url' in source ? 'a URL' : 'a registry'}`,
    remedy: 'put the component beside the manifest and name its file',
  })
}

/** The directories of a glob before its first pattern: 'src' of 'src/**\/*.rs'. */
function staticPart(glob: string): string {
  const parts = glob.split('/')
  const pattern = parts.findIndex(part => /[*?[{]/.test(part))
  return pattern < 0 ? glob : parts.slice(0, pattern).join('/') || '.'
}
