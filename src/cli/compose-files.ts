// cli/compose-files.ts: component files plugged together into one.
import {basename, dirname} from 'node:path'
import {type Composed, type Part, plug} from '../build/compose/plug.ts'
import {makeFolder, writeAtomically} from '../build/write.ts'
import {readBinary} from './binary.ts'

/** Absolute paths. */
export type ComposeOptions = Readonly<{socket: string; plugs: readonly string[]; output: string}>

/** @throws DECODE_, VALIDATE_, COMPOSE_, FILE_ errors */
export async function composeFiles({socket, plugs, output}: ComposeOptions): Promise<Composed> {
  const part = async (path: string): Promise<Part> => ({name: basename(path), bytes: await readBinary(path)})
  const composed = plug(await part(socket), await Promise.all(plugs.map(part)))
  await makeFolder(dirname(output))
  await writeAtomically(output, [composed.bytes])
  return composed
}
