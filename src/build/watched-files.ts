// build/watched-files.ts: the files that `watch` of a manifest's build names.
import {glob, stat} from 'node:fs/promises'
import {isAbsolute, join, resolve} from 'node:path'

/** A glob that matches more than this is no list of a component's sources. */
const MAX_FILES = 20_000

const IGNORED = ['**/node_modules/**', '**/.git/**', '**/.mayfly/**']

const leadsInside = (pattern: string): boolean =>
  !isAbsolute(pattern) && !pattern.split(/[\\/]/).includes('..')

/** Absolute paths, ordered. Globs that lead out of `workdir` (absolute) match nothing. */
export async function watchedFiles(workdir: string, globs: readonly string[]): Promise<string[]> {
  const inside = globs.filter(leadsInside)
  const files: string[] = []
  if (inside.length === 0) return files
  for await (const entry of glob(inside, {cwd: workdir, withFileTypes: true, exclude: IGNORED})) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
    if (files.length === MAX_FILES) break
  }
  return files.sort()
}

/** Where such files can appear: the folders of the globs before their first pattern, `src` of `src/**\/*.rs`. Absolute. */
export const watchedFolders = (workdir: string, globs: readonly string[]): string[] =>
  globs.filter(leadsInside).map(pattern => {
    const parts = pattern.split('/')
    const first = parts.findIndex(part => /[*?[{]/.test(part))
    return resolve(workdir, first < 0 ? pattern : parts.slice(0, first).join('/'))
  })

/** Whether all `files` were saved before `result`, which is there. */
export async function isOlder(files: readonly string[], result: string): Promise<boolean> {
  const savedMs = async (path: string) => (await stat(path).catch(() => undefined))?.mtimeMs
  const [made, ...saved] = await Promise.all([result, ...files].map(savedMs))
  return made !== undefined && saved.every(ms => ms !== undefined && ms <= made)
}
