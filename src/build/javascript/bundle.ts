// build/javascript/bundle.ts: a handler and its dependencies -> one ES module and its source map, by esbuild.

import {readFileSync} from 'node:fs'
import {realpath, stat} from 'node:fs/promises'
import {isBuiltin} from 'node:module'
import {basename, isAbsolute, relative, resolve, sep} from 'node:path'
import {fileURLToPath} from 'node:url'
import {build, type Message, type Metafile, type Plugin} from 'esbuild'
import {MayflyError, MayflyErrors} from '../../base/errors.ts'
import {codeFrame} from './code-frame.ts'
import {GUEST_NAMESPACE} from './names.ts'

export type BundleOptions = Readonly<{
  /** The handler's file, relative to `root`. */
  entry: string
  /** The app's folder: dependencies are found from here, places are named relative to it. */
  root: string
  /** `eager`: the handler is loaded when the component is built; `lazy`: in every event. */
  loading: 'eager' | 'lazy'
  /** Paths that are asked for when the component is built, where it is loaded then. */
  warmUp?: readonly string[]
  /** Module names that the world provides. */
  importable: readonly string[]
}>

export type Warning = Readonly<{message: string; file?: string; line?: number; column?: number}>

export type Bundle = Readonly<{
  code: string
  /** Source map (JSON); its sources are relative to the app's folder, and their text is inside. */
  sourceMap: string
  warnings: readonly Warning[]
  /** Files that the bundle is a function of, absolute, ordered. */
  inputs: readonly string[]
}>

/** StarlingMonkey's SpiderMonkey has all of this; decorators and `using` are lowered. */
const TARGET = 'es2024'

/** Conditions of package exports: packages made for other servers without Node are made for us. */
const CONDITIONS = ['workerd', 'worker', 'browser', 'module']

/** The module that holds the paths to warm up with; the file beside it does it. */
const WARM_UP = 'warm-up-paths'

const LOADERS = {'.txt': 'text', '.html': 'text', '.sql': 'text', '.md': 'text', '.bin': 'binary'} as const

/**
 * Bundles a handler.
 * @throws BUILD_UNRESOLVED, BUILD_SYNTAX; MayflyErrors where there are several
 */
export async function bundle(options: BundleOptions): Promise<Bundle> {
  const root = await realpath(options.root)
  const entry = await findEntry(root, options.entry)
  try {
    const result = await build({
      entryPoints: [`${GUEST_NAMESPACE}:${options.loading}`],
      absWorkingDir: root,
      bundle: true,
      write: false,
      outfile: 'bundle.js',
      format: 'esm',
      platform: 'browser',
      mainFields: ['module', 'browser', 'main'],
      conditions: CONDITIONS,
      target: TARGET,
      loader: LOADERS,
      charset: 'utf8',
      legalComments: 'none',
      minifyWhitespace: true,
      sourcemap: 'external',
      sourcesContent: true,
      metafile: true,
      external: [...options.importable],
      // What is served is what is deployed, so there is one mode.
      define: {'process.env.NODE_ENV': '"production"'},
      plugins: [guestModules(entry, options.warmUp ?? [])],
      logLevel: 'silent',
    })
    const output = (suffix: string) => result.outputFiles.find(file => file.path.endsWith(suffix))!.text
    return {
      code: hideOutsidePaths(output('bundle.js'), result.metafile),
      sourceMap: output('bundle.js.map'),
      warnings: result.warnings.map(warningOf),
      inputs: inputFiles(result.metafile, root),
    }
  } catch (error) {
    const messages = (error as {errors?: unknown}).errors
    if (!Array.isArray(messages)) throw error
    throw together((messages as Message[]).map(errorOf))
  }
}

const together = (errors: MayflyError[]) => (errors.length === 1 ? errors[0]! : new MayflyErrors(errors))

/** The entry's real path, which must lie in the app's folder. @throws BUILD_UNRESOLVED */
async function findEntry(root: string, entry: string): Promise<string> {
  const unresolved = (reason: string, remedy: string) =>
    new MayflyError('BUILD_UNRESOLVED', {name: entry, reason, remedy}, {at: {file: entry}})
  const path = resolve(root, entry)
  const found = await realpath(path).catch(() => undefined)
  if (found === undefined)
    throw unresolved('there is no such file', "name the handler's file, relative to the app's folder")
  const inside = relative(root, found)
  if (inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw unresolved("it lies outside the app's folder", 'move it into the folder')
  }
  if (!(await stat(found)).isFile()) throw unresolved('it is not a file', "name the handler's file")
  return found
}

/** Resolves `mayfly:NAME`: the user's entry, what to warm up with, or one of the files in guest/. */
function guestModules(entry: string, warmUp: readonly string[]): Plugin {
  const folder = fileURLToPath(new URL('guest/', import.meta.url))
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'
  const load = (name: string) => ({
    contents: readFileSync(folder + name + extension, 'utf8'),
    loader: extension.slice(1) as 'ts' | 'js',
  })
  return {
    name: GUEST_NAMESPACE,
    setup({onResolve, onLoad}) {
      onResolve({filter: /^mayfly:/}, ({path}) => {
        const name = path.slice(GUEST_NAMESPACE.length + 1)
        if (name === 'app') return {path: entry, sideEffects: true}
        return {path: name, namespace: GUEST_NAMESPACE}
      })
      onResolve({filter: /^\.\//, namespace: GUEST_NAMESPACE}, ({path}) => ({
        path: path.replace(/^\.\/|\.[tj]s$/g, ''),
        namespace: GUEST_NAMESPACE,
      }))
      onLoad({filter: /.*/, namespace: GUEST_NAMESPACE}, ({path}) =>
        path === WARM_UP ? {contents: JSON.stringify(warmUp), loader: 'json'} : load(path),
      )
    },
  }
}

function inputFiles({inputs}: Metafile, root: string): string[] {
  return Object.keys(inputs)
    .filter(path => !path.startsWith(`${GUEST_NAMESPACE}:`))
    .map(path => resolve(root, path))
    .sort()
}

/**
 * esbuild labels wrapped modules with their paths. Those of files outside the app's folder would tell how that
 * machine is laid out; dots of the same length keep the source map true.
 */
function hideOutsidePaths(code: string, {inputs}: Metafile): string {
  for (const path of Object.keys(inputs)) {
    if (!path.startsWith('../')) continue
    const packageStart = path.lastIndexOf('node_modules/')
    const visible = packageStart < 0 ? basename(path) : path.slice(packageStart)
    code = code.replaceAll(JSON.stringify(path), JSON.stringify(visible.padStart(path.length, '.')))
  }
  return code
}

function warningOf({text, location}: Message): Warning {
  return location === null
    ? {message: text}
    : {message: text, file: location.file, line: location.line, column: location.column + 1}
}

const UNRESOLVED = /^Could not resolve "(.+)"$/s

function errorOf({text, location, notes}: Message): MayflyError {
  const at = location === null ? {} : {file: location.file, line: location.line, column: location.column + 1}
  const frame =
    location === null
      ? ''
      : codeFrame([location.lineText], {
          line: location.line,
          column: location.column + 1,
          firstLine: location.line,
          length: location.length,
        })
  const name = UNRESOLVED.exec(text)?.[1]
  if (name === undefined) return new MayflyError('BUILD_SYNTAX', {reason: text, frame}, {at})
  return new MayflyError('BUILD_UNRESOLVED', {name, ...unresolvedReason(name, notes), frame}, {at})
}

function unresolvedReason(name: string, notes: Message['notes']): {reason: string; remedy: string} {
  if (isBuiltin(name)) {
    return {
      reason: 'it is a part of Node.js, and a component does not run on Node.js',
      remedy: 'use web APIs (fetch, crypto, URL, streams, TextEncoder ...) or a package made for workers',
    }
  }
  if (/^\w[\w-]*:/.test(name)) {
    return {
      reason: "the component's world has no such interface",
      remedy: 'import an interface that the world has',
    }
  }
  if (/^[./]/.test(name)) return {reason: 'there is no such file', remedy: 'check the path'}
  const reason = notes[0]?.text.includes('conditions') === true ? notes[0].text : 'there is no such package'
  return {reason, remedy: `run \`npm install ${packageOf(name)}\` in the app's folder`}
}

const packageOf = (name: string) =>
  name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
