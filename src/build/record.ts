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
 * {"recipe": "9f...", "inputs": {"/app/src/index.ts": {"digest": "3a...", "stamp": "120:1795..."}}, "outputs": {...}}
 * ```
 */
export type BuildRecord = Readonly<{
  /** Digest of everything else that the result is a function of. */
  recipe: string
  /** By absolute path. */
  inputs: Readonly<Record<string, Seen>>
  outputs: Readonly<Record<string, Seen>>
}>

/** `FOLDER/DIGEST.KIND`: ids are not trusted to be names of files. */
export const recordPath = (folder: string, id: string, kind: 'json' | 'map'): string =>
  join(folder, `${hashOf([id]).slice(0, 32)}.${kind}`)

export const isRecorded = async (folder: string, id: string): Promise<boolean> =>
  (await readRecord(recordPath(folder, id, 'json'))) !== undefined

/** The component's inputs if it is up to date, else undefined. A record that cannot be read counts as none. */
export async function inputsIfFresh(
  folder: string,
  id: string,
  recipe: string,
): Promise<readonly string[] | undefined> {
  const record = await readRecord(recordPath(folder, id, 'json'))
  if (record?.recipe !== recipe) return undefined
  const seen = [...Object.entries(record.inputs), ...Object.entries(record.outputs)]
  const same = await Promise.all(seen.map(([path, state]) => isAsSeen(path, state)))
  return same.every(Boolean) ? Object.keys(record.inputs) : undefined
}

export type BuildFiles = Readonly<{
  recipe: string
  inputs: readonly string[]
  outputs: readonly string[]
  /** When the build began, in ms since 1970. */
  startedMs: number
}>

/**
 * Remembers that these files, as they are now, belong together; an input that was saved while the build ran may not
 * be what was built, and counts as changed. Where that fails, the next build is done again.
 */
export async function writeRecord(
  folder: string,
  id: string,
  {recipe, inputs, outputs, startedMs}: BuildFiles,
): Promise<void> {
  const look = async (paths: readonly string[], latestMs: number) =>
    Object.fromEntries(
      await Promise.all(paths.map(async path => [path, await lookAt(path, latestMs)] as const)),
    )
  const record: BuildRecord = {
    recipe,
    inputs: await look(inputs, startedMs - CLOCK_SLACK_MS),
    outputs: await look(outputs, Number.POSITIVE_INFINITY),
  }
  const file = recordPath(folder, id, 'json')
  try {
    await mkdir(dirname(file), {recursive: true})
    await writeAtomically(file, [Buffer.from(JSON.stringify(record))])
  } catch {
    // Read-only or full: see above.
  }
}

/** File systems stamp files by a clock that lags behind by some milliseconds. */
const CLOCK_SLACK_MS = 20

async function readRecord(file: string): Promise<BuildRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(file, 'utf8')) as Partial<BuildRecord> | null
    if (typeof record?.recipe !== 'string' || !record.inputs || !record.outputs) return undefined
    return {recipe: record.recipe, inputs: record.inputs, outputs: record.outputs}
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

async function lookAt(path: string, latestMs: number): Promise<Seen> {
  const stamp = await stampOf(path)
  const digest = await digestOf(path)
  if (stamp === undefined || digest === undefined) return null
  const {mtimeMs} = await stat(path)
  return mtimeMs > latestMs ? {digest: '', stamp: ''} : {digest, stamp}
}

async function stampOf(path: string): Promise<string | undefined> {
  const found = await stat(path, {bigint: true}).catch(() => undefined)
  return found?.isFile() ? `${found.size}:${found.mtimeNs}` : undefined
}

async function digestOf(path: string): Promise<string | undefined> {
  const content = await readFile(path).catch(() => undefined)
  return content && createHash('sha256').update(content).digest('hex')
}
