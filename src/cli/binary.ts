// cli/binary.ts: a component's file, binary or text, as its binary.
import {readFile} from 'node:fs/promises'
import {buildText} from '../build/text.ts'

/** @throws BUILD_WAT; what reading throws */
export async function readBinary(file: string): Promise<Uint8Array> {
  return /\.wat$/i.test(file) ? await buildText(file) : await readFile(file)
}
