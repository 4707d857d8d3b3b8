// cli/build-stamp.ts: whether what a build made is still what its sources say.
import {mkdir, readFile, stat} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {hashOf} from '../build/cache.ts'
import {writeAtomically} from '../build/write.ts'

/** Kept in `.mayfly/` beside the manifest: `<component>.json`. */
export type Stamp = Readonly<{
  /** Hash of all that decides about the result beside the inputs: our version, the entry, the profile. */
  settings: string
  output: FileState
  inputs: readonly FileState[]
}>

export type FileState = Readonly<{path: string; size: number; mtimeMs: number}>

export const stampFile = (root: string, component: string): string =>
  join(root, '.mayfly', `${component}.json`)

export const settingsHash = (parts: readonly string[]): string => hashOf(parts)

/** The stamp, when the output and all inputs are as they were. */
export async function freshStamp(file: string, settings: string): Promise<Stamp | undefined> {
  let stamp: Stamp
  try {
    stamp = JSON.parse(await readFile(file, 'utf8'))
  } catch {
    return undefined
  }
  if (stamp.settings !== settings) return undefined
  const states = await Promise.all([stamp.output, ...stamp.inputs].map(isUnchanged))
  return states.every(unchanged => unchanged) ? stamp : undefined
}

/** A stamp is a convenience: where it cannot be kept, the next build is done again. */
export async function keepStamp(
  file: string,
  settings: string,
  paths: Readonly<{output: string; inputs: readonly string[]}>,
): Promise<void> {
  try {
    const [output, ...inputs] = await Promise.all([paths.output, ...paths.inputs].map(stateOf))
    const stamp: Stamp = {settings, output: output!, inputs}
    await mkdir(dirname(file), {recursive: true})
    await writeAtomically(file, [Buffer.from(JSON.stringify(stamp))])
  } catch {
    // Read-only or full: see above.
  }
}

async function stateOf(path: string): Promise<FileState> {
  const {size, mtimeMs} = await stat(path)
  return {path, size, mtimeMs}
}

async function isUnchanged(state: FileState): Promise<boolean> {
  const now = await stateOf(state.path).catch(() => undefined)
  return now !== undefined && now.size === state.size && now.mtimeMs === state.mtimeMs
}
