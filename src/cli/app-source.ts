// cli/app-source.ts: what `up` and `build` are pointed at: FILE or DIR.
import {statSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {MayflyError} from '../base/errors.ts'

export type AppSource = Readonly<{
  /** A manifest; a handler in JavaScript or TypeScript; a component as a binary or as text. */
  kind: 'manifest' | 'script' | 'component'
  /** Absolute. */
  path: string
}>

const MANIFEST = 'spin.toml'

const KINDS: readonly (readonly [RegExp, AppSource['kind']])[] = [
  [/\.toml$/i, 'manifest'],
  [/\.[cm]?[jt]sx?$/i, 'script'],
  [/\.(wasm|wat)$/i, 'component'],
]

/**
 * Finds what `given` names, relative to `cwd`.
 * @throws SOURCE_NOT_FOUND, SOURCE_UNKNOWN
 */
export function findSource(given: string, cwd: string): AppSource {
  const path = resolve(cwd, given)
  const stats = statSync(path, {throwIfNoEntry: false})
  if (stats === undefined)
    throw new MayflyError('SOURCE_NOT_FOUND', {path: given, remedy: notFoundRemedy(given)})
  if (stats.isDirectory()) {
    const manifest = join(path, MANIFEST)
    if (statSync(manifest, {throwIfNoEntry: false})?.isFile()) return {kind: 'manifest', path: manifest}
    const remedy = 'name a directory that holds a spin.toml, or make one with `mayfly new NAME`'
    throw new MayflyError('SOURCE_NOT_FOUND', {path: join(given, MANIFEST), remedy})
  }
  const kind = KINDS.find(([pattern]) => pattern.test(path))?.[1]
  if (kind === undefined) throw new MayflyError('SOURCE_UNKNOWN', {path: given})
  return {kind, path}
}

function notFoundRemedy(given: string): string {
  if (/^[\w.-]+(:\d+)?\/.+:.+$/.test(given))
    return 'apps from registries are not supported yet: give a directory or a file'
  return 'check the path; `mayfly new NAME` makes a new app'
}
