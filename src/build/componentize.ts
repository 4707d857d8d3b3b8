// build/componentize.ts: a core module that carries its world, as bindings generators leave it, as a component.
import {closeSync, openSync, readSync} from 'node:fs'
import {mkdir, readFile, stat} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import {isCoreModule} from '../engine/component/decode.ts'
import {decodeCoreModule} from '../engine/core/module-decode.ts'
import {hashOf} from './cache.ts'
import {loadComponentNew, toolchainVersions} from './javascript/toolchain.ts'
import {writeAtomically} from './write.ts'

const PREAMBLE_BYTES = 8
/** Of the custom section in which wit-bindgen writes the world. */
const WORLD = 'component-type'

/**
 * The file of the component, made once and kept in `folder`; undefined where `path` is no such module.
 * @throws BUILD_COMPONENTIZE, DECODE_MALFORMED, FILE_ errors
 */
export async function componentized(path: string, folder: string): Promise<string | undefined> {
  if (!isCoreModule(headOf(path))) return undefined
  const bytes = await readFile(path)
  const {sections, exports} = decodeCoreModule(bytes)
  if (!sections.some(({name}) => name?.startsWith(WORLD))) return undefined
  const file = join(folder, `${hashOf([bytes, toolchainVersions()['jco']!]).slice(0, 32)}.wasm`)
  if (await stat(file).catch(() => undefined)) return file
  const componentNew = await loadComponentNew(
    exports.some(({name}) => name === '_start') ? 'command' : 'reactor',
  )
  let component: Uint8Array
  try {
    component = await componentNew(bytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new MayflyError('BUILD_COMPONENTIZE', {file: basename(path), reason}, {at: {file: path}, cause})
  }
  await mkdir(dirname(file), {recursive: true})
  await writeAtomically(file, [component])
  return file
}

function headOf(path: string): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const head = new Uint8Array(PREAMBLE_BYTES)
    return head.subarray(0, readSync(file, head, 0, head.length, 0))
  } finally {
    closeSync(file)
  }
}
