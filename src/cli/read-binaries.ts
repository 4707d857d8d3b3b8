// cli/read-binaries.ts: the binaries of an app's components, read while something else is done, or what is known of them.
import {closeSync, fstatSync, openSync, read} from 'node:fs'
import type {CompiledProgram} from '../engine/link/program-code.ts'
import type {LeanModule} from '../engine/snapshot/lean.ts'
import type {KeptComponent, KeptComponents} from './kept-components.ts'
import type {ComponentFiles} from './prepare-app.ts'

/** What is served as a component. */
export type Binary = Readonly<{
  /** Without its code, where the modules are known. */
  bytes: Uint8Array
  /** Its core modules, made lean before, when it was found valid. */
  modules?: readonly LeanModule[]
  /** What was compiled of its program then. */
  program?: CompiledProgram | undefined
  /** Keeps what has been found out about it. */
  keep?: (found: KeptComponent) => Promise<void>
}>

/** By component. */
export type Binaries = Readonly<Record<string, Binary>>

/** @throws what opening and reading files throws */
export async function readBinaries(
  components: Readonly<Record<string, Pick<ComponentFiles, 'wasmPath'>>>,
  kept?: KeptComponents,
): Promise<Binaries> {
  const entries = Object.entries(components)
  const read = await Promise.all(entries.map(([, {wasmPath}]) => readBinary(wasmPath, kept)))
  return Object.fromEntries(entries.map(([id], i) => [id, read[i]!]))
}

async function readBinary(path: string, kept: KeptComponents | undefined): Promise<Binary> {
  const file = openSync(path, 'r')
  try {
    const stats = fstatSync(file, {bigint: true})
    const known = kept?.find(path, stats)
    if (known !== undefined) {
      const {skeleton, modules, program} = known
      return {bytes: skeleton, modules, program}
    }
    const bytes = await readWhole(file, Number(stats.size))
    if (!kept?.canKeep(path, stats)) return {bytes}
    return {bytes, keep: found => kept.keep(path, stats, found)}
  } finally {
    closeSync(file)
  }
}

/** In one go: node's own readFile comes back to this thread, which is busy, after every part. */
async function readWhole(file: number, size: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(size)
  let length = 0
  for (let more = -1; more !== 0 && length < bytes.length; length += more)
    more = await new Promise<number>((resolve, reject) =>
      read(file, bytes, length, bytes.length - length, length, (error, count) =>
        error === null ? resolve(count) : reject(error),
      ),
    )
  return bytes.subarray(0, length)
}
