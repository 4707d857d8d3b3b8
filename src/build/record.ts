// build/record.ts: what a component was built from, remembered so that nothing is built twice.
import {createHash} from 'node:crypto'
import {mkdir, readFile, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {hashOf} from './cache.ts'
import {writeAtomically} from './write.ts'

/** A file as it was: `digest` of its content, `stamp` of its size and times; undefined where there was none. */
type Seen = Readonly<{digest: string; stamp: string}> | null

/**
 * ```json
 * {"recipe": "9f...", "files": {"/app/src/index.ts": {"digest": "3a...", "stamp": "120:1795..."}}}
 * ```
 */
export type BuildRecord = Readonly<{
  /** Digest of everything else that the result is a function of. */
  recipe: string
  /** The inputs and the output, by absolute path. */
  files: Readonly<Record<string, Seen>>
}>

/** The record of component `id`; ids are not trusted to be names of files. */
const recordFile = (root: string, id: string): string =>
  join(root, '.mayfly', 'build', `${hashOf([id]).slice(0, 32)}.json`)

/** The component's inputs if it is up to date, else undefined. A record that cannot be read counts as none. */
export async function inputsIfFresh(root: string, id: string, recipe: string): Promise<string[] | undefined> {
  const record = await readRecord(recordFile(root, id))
  if (record?.recipe !== recipe) return undefined
  const paths = Object.keys(record.files)
  const same = await Promise.all(paths.map(path => isAsSeen(path, record.files[path] ?? null)))
  return same.every(Boolean) ? paths : undefined
}

/** Remembers that `recipe` and `files`, as they are now, belong together. */
export async function writeRecord(
  root: string,
  id: string,
  recipe: string,
  files: readonly string[],
): Promise<void> {
  const seen = await Promise.all(files.map(async path => [path, await look(path)] as const))
  const record: BuildRecord = {recipe, files: Object.fromEntries(seen)}
  const file = recordFile(root, id)
  await mkdir(dirname(file), {recursive: true})
  await writeAtomically(file, [Buffer.from(JSON.stringify(record))])
}

async function readRecord(file: string): Promise<BuildRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(file, 'utf8')) as Partial<BuildRecord> | null
    if (typeof record?.recipe !== 'string' || typeof record.files !== 'object' || record.files === null)
      return undefined
    return {recipe: record.recipe, files: record.files}
  } catch {
    return undefined
  }
}

/** Looks at the content only where size or time differ. */
async function isAsSeen(path: string, seen: Seen): Promise<boolean> {
  const stamp = await stampOf(path)
  if (seen === null || stamp === undefined) return seen === null && stamp === undefined
  return stamp === seen.stamp || (await digestOf(path)) === seen.digest
}

async function look(path: string): Promise<Seen> {
  const stamp = await stampOf(path)
  const digest = await digestOf(path)
  return stamp === undefined || digest === undefined ? null : {digest, stamp}
}

async function stampOf(path: string): Promise<string | undefined> {
  const found = await stat(path, {bigint: true}).catch(() => undefined)
  return found?.isFile() ? `${found.size}:${found.mtimeNs}` : undefined
}

async function digestOf(path: string): Promise<string | undefined> {
  const content = await readFile(path).catch(() => undefined)
  return content && createHash('sha256').update(content).digest('hex')
}
