// build/watched-files.ts: the files that `watch` of a manifest's build names.
import {glob} from 'node:fs/promises'
import {isAbsolute, join} from 'node:path'

/** A glob that matches more than this is no list of a component's sources. */
const MAX_FILES = 20_000

const IGNORED = ['**/node_modules/**', '**/.git/**', '**/.mayfly/**']

/** Absolute paths, ordered. Globs that lead out of `workdir` (absolute) match nothing. */
export async function watchedFiles(workdir: string, globs: readonly string[]): Promise<string[]> {
  const inside = globs.filter(pattern => !isAbsolute(pattern) && !pattern.split(/[\\/]/).includes('..'))
  const files: string[] = []
  if (inside.length === 0) return files
  for await (const entry of glob(inside, {cwd: workdir, withFileTypes: true, exclude: IGNORED})) {
    if (entry.isFile()) files.push(join(entry.parentPath, entry.name))
    if (files.length === MAX_FILES) break
  }
  return files.sort()
}
