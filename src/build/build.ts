// build/build.ts: a component of an app -> its file, by Mayfly itself, by the app's own commands, or as it is.
import {readFileSync, type Stats, statSync} from 'node:fs'
import {dirname, extname, join, relative, resolve} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import {hashOf} from './cache.ts'
import type {Warning} from './javascript/bundle.ts'
import {placedIn} from './places.ts'
import {inputsIfFresh, isRecorded, recordPath, writeRecord} from './record.ts'
import type {BuildOptions, BuildTarget, BuiltComponent} from './target.ts'
import {isOlder, watchedFiles} from './watched-files.ts'
import {makeFolder, writeAtomically} from './write.ts'

// What builds is imported where it is used: most often there is nothing to build, and an app is served sooner.

/** Changes whenever the same sources give other bytes. */
const BUILDER_VERSION = 'mayfly-build-2'

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
  const found = statOf(target.source)
  if (found?.isFile() !== true) throw missing(target)
  const ms = performance.now() - started
  return {component: target.id, path: target.source, byteLength: found.size, ms, ...done}
}

/** Undefined where there is none to be seen. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path)
  } catch {
    return undefined
  }
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
  const {always = false} = options
  const records = recordsOf(options)
  const map = isText(entry) ? undefined : recordPath(records, target.id, 'map')
  const known = always ? undefined : await knownInputs(target, options)
  if (known !== undefined) return {fresh: true, inputs: known, warnings: [], sourceMapPath: map}

  const startedMs = Date.now()
  const made = await makeEntry(target, entry, options)
  await makeFolder(dirname(target.source))
  if (map !== undefined) {
    await makeFolder(dirname(map))
    await writeAtomically(map, [Buffer.from(made.sourceMap)])
  }
  await writeAtomically(target.source, [made.bytes])
  const outputs = map === undefined ? [target.source] : [target.source, map]
  await writeRecord(records, target.id, {
    recipe: recipeOf(target),
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

async function makeEntry(
  {id, snapshot, warmUp}: BuildTarget,
  entry: string,
  options: BuildOptions,
): Promise<Made> {
  const {root, cacheDir} = options
  if (isText(entry)) {
    const path = resolve(root, entry)
    const {buildText} = await import('./text.ts')
    return {bytes: await buildText(path), sourceMap: '', inputs: [path], warnings: []}
  }
  const loading = snapshot === 'never' ? 'never' : 'build'
  const {buildJavaScript} = await import('./javascript/javascript.ts')
  const building = buildJavaScript({
    ...{entry, root, name: id, cacheDir, snapshot: loading},
    ...(warmUp && {warmUp}),
  })
  const built = await building.catch(error => {
    throw placedIn(root, error)
  })
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
  const {runCommands} = await import('./command.ts')
  await runCommands(build.commands, {
    component: target.id,
    workdir,
    output: line => output(line, target.id),
    ...(signal && {signal}),
  })
  const inputs = await watchedFiles(workdir, build.watch)
  await writeRecord(recordsOf(options), target.id, {
    recipe: recipeOf(target),
    inputs,
    outputs: [target.source],
    startedMs,
  })
  return {...done, fresh: false, inputs}
}

/**
 * The inputs of an up-to-date result. Where none are named, a result is up to date as long as it is there; one that
 * someone else made, when it is newer than all of them.
 */
async function inputsOfCommands(
  target: BuildTarget,
  build: Commands,
  options: BuildOptions,
): Promise<readonly string[] | undefined> {
  const watched = await watchedFiles(resolve(options.root, build.workdir ?? '.'), build.watch)
  if (watched.length === 0) return statOf(target.source) && []
  if (!(await isRecorded(recordsOf(options), target.id)))
    return (await isOlder(watched, target.source)) ? watched : undefined
  const known = await knownInputs(target, options)
  return known?.length === watched.length && watched.every(path => known.includes(path)) ? known : undefined
}

const knownInputs = (target: BuildTarget, options: BuildOptions): Promise<readonly string[] | undefined> =>
  inputsIfFresh(recordsOf(options), target.id, recipeOf(target))

const recordsOf = ({root, records = join(root, '.mayfly', 'build')}: BuildOptions): string => records

const isText = (entry: string): boolean => extname(entry).toLowerCase() === '.wat'

function recipeOf({id, source, entry, build, snapshot, warmUp}: BuildTarget): string {
  return hashOf([
    BUILDER_VERSION,
    JSON.stringify([ourVersions(), id, source, entry, build, snapshot, warmUp]),
  ])
}

/** Mayfly's own version and those of its tools, which it names exactly. */
function ourVersions(): unknown {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const {version, dependencies} = JSON.parse(text) as Readonly<Record<string, unknown>>
  return [version, dependencies]
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
