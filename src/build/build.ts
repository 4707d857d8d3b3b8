// build/build.ts: a component of an app -> its file, by Mayfly itself, by the app's own commands, or as it is.
import {glob, mkdir, readFile, stat} from 'node:fs/promises'
import {dirname, isAbsolute, join} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import {hashOf} from './cache.ts'
import {runCommands} from './command.ts'
import type {Warning} from './javascript/bundle.ts'
import {buildJavaScript} from './javascript/javascript.ts'
import {toolchainVersions} from './javascript/toolchain.ts'
import {inputsIfFresh, writeRecord} from './record.ts'
import type {BuildOptions, BuildResult, BuildTarget} from './target.ts'
import {writeAtomically} from './write.ts'

/** Changes whenever the same sources give other bytes. */
const BUILDER_VERSION = 'mayfly-build-1'

/** Folder of the app whose absence or presence changes how its files are bundled. */
const CONFIGURATION = ['package.json', 'tsconfig.json', 'jsconfig.json']

/** A glob that matches more than this is no list of a component's sources. */
const MAX_WATCHED_FILES = 20_000

/** Where the source map of the component in `source` lies. */
export const sourceMapFile = (source: string): string => `${source}.map`

/**
 * Builds what is stale of one component. On failure the component's old file is left as it was.
 * @throws BUILD_*, FILE_*; MayflyErrors where there are several
 */
export async function buildComponent(target: BuildTarget, options: BuildOptions): Promise<BuildResult> {
  const started = performance.now()
  const done =
    target.entry !== undefined
      ? await buildEntry(target, target.entry, options)
      : target.command !== undefined
        ? await buildByCommand(target, target.command, options)
        : {fresh: true, sourceMap: undefined, warnings: [], inputs: []}
  return {
    id: target.id,
    path: target.source,
    byteLength: await sizeOf(target),
    ms: performance.now() - started,
    ...done,
  }
}

/** Whether `buildComponent` would do anything. */
export async function needsBuild(target: BuildTarget, options: BuildOptions): Promise<boolean> {
  if (options.force === true) return target.entry !== undefined || target.command !== undefined
  if (target.entry !== undefined) return (await freshInputs(target, options)) === undefined
  if (target.command !== undefined) return !(await isCommandFresh(target, target.command, options))
  return false
}

type Done = Pick<BuildResult, 'fresh' | 'sourceMap' | 'warnings' | 'inputs'>

async function buildEntry(target: BuildTarget, entry: string, options: BuildOptions): Promise<Done> {
  const {root, cacheDir, mode = 'production', force = false} = options
  const mapFile = sourceMapFile(target.source)
  const known = force ? undefined : await freshInputs(target, options)
  if (known !== undefined) {
    const outputs = [target.source, mapFile]
    const inputs = known.filter(path => !outputs.includes(path))
    return {fresh: true, sourceMap: await readFile(mapFile, 'utf8'), warnings: [], inputs}
  }
  const snapshot = target.snapshot === 'never' ? 'never' : 'build'
  const built = await buildJavaScript({entry, root, name: target.id, cacheDir, mode, snapshot})
  await mkdir(dirname(target.source), {recursive: true})
  await writeAtomically(mapFile, [Buffer.from(built.sourceMap)])
  await writeAtomically(target.source, [built.component])
  const inputs = [...built.inputs, ...CONFIGURATION.map(name => join(root, name))]
  await writeRecord(root, target.id, recipeOf(target, options), [...inputs, mapFile, target.source])
  return {fresh: false, sourceMap: built.sourceMap, warnings: built.warnings.map(textOf), inputs}
}

async function buildByCommand(
  target: BuildTarget,
  command: NonNullable<BuildTarget['command']>,
  options: BuildOptions,
): Promise<Done> {
  const {root, output = () => {}, signal, force = false} = options
  const inputs = await watchedFiles(command)
  const done = {sourceMap: undefined, warnings: [], inputs}
  if (!force && (await isCommandFresh(target, command, options))) return {...done, fresh: true}
  await runCommands(command.lines, {
    component: target.id,
    workdir: command.workdir,
    output: line => output(line, target.id),
    ...(signal && {signal}),
  })
  if (!(await isFile(target.source))) {
    throw new MayflyError(
      'BUILD_NO_OUTPUT',
      {component: target.id, file: target.source},
      {at: {file: target.source}},
    )
  }
  if (inputs.length > 0)
    await writeRecord(root, target.id, recipeOf(target, options), [...inputs, target.source])
  return {...done, fresh: false}
}

/** A result without known inputs is taken to be up to date as long as it is there. */
async function isCommandFresh(
  target: BuildTarget,
  command: NonNullable<BuildTarget['command']>,
  options: BuildOptions,
): Promise<boolean> {
  const inputs = await watchedFiles(command)
  if (inputs.length === 0) return isFile(target.source)
  const known = await freshInputs(target, options)
  return known !== undefined && inputs.every(path => known.includes(path))
}

const freshInputs = (target: BuildTarget, options: BuildOptions): Promise<string[] | undefined> =>
  inputsIfFresh(options.root, target.id, recipeOf(target, options))

function recipeOf(target: BuildTarget, {mode = 'production'}: BuildOptions): string {
  const {id, source, entry, command, snapshot} = target
  return hashOf([
    BUILDER_VERSION,
    JSON.stringify([toolchainVersions(), mode, id, source, entry, command, snapshot]),
  ])
}

/** The files that the globs of `watch` match; globs that lead out of `workdir` match nothing. */
async function watchedFiles({workdir, watch}: NonNullable<BuildTarget['command']>): Promise<string[]> {
  const patterns = watch.filter(pattern => !isAbsolute(pattern) && !pattern.split(/[\\/]/).includes('..'))
  const files: string[] = []
  if (patterns.length === 0) return files
  for await (const entry of glob(patterns, {
    cwd: workdir,
    withFileTypes: true,
    exclude: ['**/node_modules/**', '**/.git/**'],
  })) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
    if (files.length === MAX_WATCHED_FILES) break
  }
  return files.sort()
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    found => found.isFile(),
    () => false,
  )

/** 0 where there is no file: whoever loads it says what is wrong with it. */
const sizeOf = ({source}: BuildTarget): Promise<number> =>
  stat(source).then(
    found => found.size,
    () => 0,
  )

function textOf({message, file, line, column}: Warning): string {
  return file === undefined ? message : `${file}:${line}:${column}: ${message}`
}
