// cli/read-binaries.ts: the binaries of an app's components, or what is known of them.
import type {LeanModule} from '../engine/snapshot/lean.ts'
import type {KeptComponents} from './kept-components.ts'
import type {ComponentFiles} from './prepare-app.ts'
import {readWhole} from './read-whole.ts'

/** What is served as a component. */
export type Binary = Readonly<{
  /** Without its code, where the modules are known. */
  bytes: Uint8Array
  /** Its core modules, made lean before, when it was found valid. */
  modules?: readonly LeanModule[]
  /** Keeps what has been found out about it. */
  keep?: (skeleton: Uint8Array, modules: readonly LeanModule[]) => Promise<void>
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
  const found = await readWhole(path, async stats => await kept?.find(path, stats))
  if ('skeleton' in found) return {bytes: found.skeleton, modules: found.modules}
  const {bytes, stats} = found
  if (!kept?.canKeep(stats)) return {bytes}
  return {bytes, keep: (skeleton, modules) => kept.keep(path, stats, {skeleton, modules})}
}
