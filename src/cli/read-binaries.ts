// cli/read-binaries.ts: the binaries of an app's components, read while something else is done.
import {closeSync, fstatSync, openSync, read} from 'node:fs'
import type {ComponentFiles} from './prepare-app.ts'

/** By component. */
export type Binaries = Readonly<Record<string, Uint8Array>>

/** @throws what opening and reading files throws */
export async function readBinaries(
  components: Readonly<Record<string, Pick<ComponentFiles, 'wasmPath'>>>,
): Promise<Binaries> {
  const entries = Object.entries(components)
  const read = await Promise.all(entries.map(([, {wasmPath}]) => readWhole(wasmPath)))
  return Object.fromEntries(entries.map(([id], i) => [id, read[i]!]))
}

/** In one go: node's own readFile comes back to this thread, which is busy, after every part. */
async function readWhole(path: string): Promise<Uint8Array> {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.allocUnsafeSlow(fstatSync(file).size)
    let length = 0
    for (let more = -1; more !== 0 && length < bytes.length; length += more)
      more = await new Promise<number>((resolve, reject) =>
        read(file, bytes, length, bytes.length - length, length, (error, count) =>
          error === null ? resolve(count) : reject(error),
        ),
      )
    return bytes.subarray(0, length)
  } finally {
    closeSync(file)
  }
}
