// build/build.ts: a component of an app -> its file, by Mayfly itself, by the app's own commands, or as it is.
import {mkdir, stat} from 'node:fs/promises'
import {dirname, extname, join, relative, resolve} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import {hashOf} from './cache.ts'
import {runCommands} from './command.ts'
import type {Warning} from './javascript/bundle.ts'
import {buildJavaScript} from './javascript/javascript.ts'
import {toolchainVersions} from './javascript/toolchain.ts'
import {inputsIfFresh, recordPath, writeRecord} from './record.ts'
import type {BuildOptions, BuildTarget, BuiltComponent} from './target.ts'
import {buildText} from './text.ts'
import {watchedFiles} from './watched-files.ts'
import {writeAtomically} from './write.ts'

/** Changes whenever the same sources give other bytes. */
const BUILDER_VERSION = 'mayfly-build-1'

/** Files of the app's folder that change how a handler is bundled, where they are there. */
const CONFIGURATION = ['package.json', 'tsconfig.json', 'jsconfig.json']

type Commands = NonNullable<BuildTarget['build']>
type Done = Pick<BuiltComponent, 'fresh' | 'inputs' | 'warnings' | 'sourceMapPath'>

/**
 * Builds what is stale of one component. When that fails, its old file is left as it was.
 * @throws BUILD_*, FILE_*, SOURCE_NOT_FOUND; MayflyErrors where there are several
 */
export async function buildComponent(target: BuildTarget, options: BuildOptions): Promise<BuiltComponent> {
  const started = performance.now()
  const done = await buildIfStale(target, options)
  const found = await stat(target.source).catch(() => undefined)
  if (found?.isFile() !== true) throw missing(target)
  const ms = performance.now() - started
  return {component: target.id, path: target.source, byteLength: found.size, ms, ...done}
}

/** Whether `buildComponent` would do anything. */
export async function needsBuild(target: BuildTarget, options: BuildOptions): Promise<boolean> {
  const {entry, build} = target
  if (entry === undefined && build === undefined) return false
  if (options.always === true) return true
  if (entry !== undefined || build === undefined) return (await knownInputs(target, options)) === undefined
  return (await inputsOfCommands(target, build, options)) === undefined
}

async function buildIfStale(target: BuildTarget, options: BuildOptions): Promise<Done> {
  const {entry, build} = target
  if (entry !== undefined) return await buildEntry(target, entry, options)
  if (build !== undefined) return await buildByCommands(target, build, options)
  return {fresh: true, inputs: [target.source], warnings: [], sourceMapPath: undefined}
}

async function buildEntry(target: BuildTarget, entry: string, options: BuildOptions): Promise<Done> {
  const {root, always = false} = options
  const map = extname(entry) === '.wat' ? undefined : recordPath(root, target.id, 'map')
  const known = always ? undefined : await knownInputs(target, options)
  if (known !== undefined) return {fresh: true, inputs: known, warnings: [], sourceMapPath: map}

  const startedMs = Date.now()
  const made = await makeEntry(target, entry, options)
  await mkdir(dirname(target.source), {recursive: true})
  if (map !== undefined) {
    await mkdir(dirname(map), {recursive: true})
    await writeAtomically(map, [Buffer.from(made.sourceMap)])
  }
  await writeAtomically(target.source, [made.bytes])
  const outputs = map === undefined ? [target.source] : [target.source, map]
  await writeRecord(root, target.id, {
    recipe: recipeOf(target, options),
    inputs: made.inputs,
    outputs,
    startedMs,
  })
  return {fresh: false, inputs: made.inputs, warnings: made.warnings, sourceMapPath: map}
}

type Made = Readonly<{
  bytes: Uint8Array
  sourceMap: string
  inputs: readonly string[]
  warnings: readonly string[]
}>

async function makeEntry({id, snapshot}: BuildTarget, entry: string, options: BuildOptions): Promise<Made> {
  const {root, cacheDir, mode = 'production'} = options
  if (extname(entry) === '.wat') {
    const path = resolve(root, entry)
    return {bytes: await buildText(path), sourceMap: '', inputs: [path], warnings: []}
  }
  const loading = snapshot === 'never' ? 'never' : 'build'
  const built = await buildJavaScript({entry, root, name: id, cacheDir, mode, snapshot: loading})
  const inputs = [...built.inputs, ...CONFIGURATION.map(name => join(root, name))]
  return {bytes: built.component, sourceMap: built.sourceMap, inputs, warnings: built.warnings.map(textOf)}
}

async function buildByCommands(target: BuildTarget, build: Commands, options: BuildOptions): Promise<Done> {
  const {root, output = () => {}, signal, always = false} = options
  const done = {warnings: [], sourceMapPath: undefined}
  const known = always ? undefined : await inputsOfCommands(target, build, options)
  if (known !== undefined) return {...done, fresh: true, inputs: known}

  const startedMs = Date.now()
  const workdir = resolve(root, build.workdir ?? '.')
  await runCommands(build.commands, {
    component: target.id,
    workdir,
    output: line => output(line, target.id),
    ...(signal && {signal}),
  })
  const inputs = await watchedFiles(workdir, build.watch)
  await writeRecord(root, target.id, {
    recipe: recipeOf(target, options),
    inputs,
    outputs: [target.source],
    startedMs,
  })
  return {...done, fresh: false, inputs}
}

/** The inputs of an up-to-date result. Where none are named, a result is up to date as long as it is there. */
async function inputsOfCommands(
  target: BuildTarget,
  build: Commands,
  options: BuildOptions,
): Promise<readonly string[] | undefined> {
  const watched = await watchedFiles(resolve(options.root, build.workdir ?? '.'), build.watch)
  if (watched.length === 0) return (await stat(target.source).catch(() => undefined)) && []
  const known = await knownInputs(target, options)
  return known?.length === watched.length && watched.every(path => known.includes(path)) ? known : undefined
}

const knownInputs = (target: BuildTarget, options: BuildOptions): Promise<readonly string[] | undefined> =>
  inputsIfFresh(options.root, target.id, recipeOf(target, options))

function recipeOf(
  {id, source, entry, build, snapshot}: BuildTarget,
  {mode = 'production'}: BuildOptions,
): string {
  return hashOf([
    BUILDER_VERSION,
    JSON.stringify([toolchainVersions(), mode, id, source, entry, build, snapshot]),
  ])
}

function missing({id, source, build}: BuildTarget): MayflyError {
  const remedy =
    build === undefined
      ? `build it first, or let Mayfly: [component.${id}.tool.mayfly] entry = "src/index.ts"`
      : `the commands of [component.${id}.build] did not write it`
  const path = relative(process.cwd(), source) || source
  return new MayflyError('SOURCE_NOT_FOUND', {path, remedy}, {at: {file: path}})
}

function textOf({message, file, line, column}: Warning): string {
  return file === undefined ? message : `${file}:${line}:${column}: ${message}`
}
