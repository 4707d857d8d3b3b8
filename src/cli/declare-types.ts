// cli/declare-types.ts: TypeScript declarations of the components of an app, or of a lone one.
import {readFileSync} from 'node:fs'
import {basename, join} from 'node:path'
import {declarations} from '../build/types/declarations.ts'
import {makeFolder, writeAtomically} from '../build/write.ts'
import {decodeComponent} from '../engine/component/decode.ts'
import {validateComponent} from '../engine/component/validate.ts'
import {readApp} from './app-on-disk.ts'
import type {AppSource} from './app-source.ts'
import {readBinary} from './binary.ts'
import {binaryOf, buildTarget} from './build-target.ts'

export type TypesOptions = Readonly<{
  source: AppSource
  /** Absolute; unset to have the text only. */
  folder: string | undefined
  components: readonly string[]
}>

/** `path` is where the declarations were written, if they were. */
export type Declared = Readonly<{component: string; text: string; path: string | undefined}>

/** @throws what reading the manifest and building throw; DECODE_, VALIDATE_, FILE_ errors */
export async function declareTypes({source, folder, components}: TypesOptions): Promise<readonly Declared[]> {
  const declared: Declared[] = []
  for (const {component, about, bytes} of await binaries(source, components)) {
    const text = declarations(validateComponent(decodeComponent(bytes, {file: about})), about)
    const path = folder === undefined ? undefined : join(folder, `${component}.d.ts`)
    if (path !== undefined) {
      await makeFolder(folder!)
      await writeAtomically(path, [Buffer.from(text)])
    }
    declared.push({component, text, path})
  }
  return declared
}

type Binary = Readonly<{component: string; about: string; bytes: Uint8Array}>

async function binaries(source: AppSource, ids: readonly string[]): Promise<readonly Binary[]> {
  if (source.kind === 'component') {
    const about = basename(source.path)
    return [{component: about.replace(/\.\w+$/, ''), about, bytes: await readBinary(source.path)}]
  }
  const {root, components} = await readApp(source, {components: ids, profile: undefined})
  const found: Binary[] = []
  for (const component of components) {
    const path = await binaryOf(await buildTarget(component, {root, runCommands: false}))
    found.push({component: component.id, about: `component "${component.id}"`, bytes: readFileSync(path)})
  }
  return found
}
