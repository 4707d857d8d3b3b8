// build/text.ts: WebAssembly text -> binary.
import {readFile} from 'node:fs/promises'
import {MayflyError} from '../base/errors.ts'

/**
 * Reads a `.wat` file, of a component or of a core module.
 * @throws BUILD_WAT with the place
 */
export async function buildText(file: string): Promise<Uint8Array> {
  const text = await readFile(file, 'utf8')
  const {parse} = await import('@bytecodealliance/jco')
  try {
    return await parse(text)
  } catch (cause) {
    throw textError(file, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

/** The parser writes `MESSAGE\n  --> FILE:LINE:COLUMN` and a code frame. */
function textError(file: string, message: string, cause: unknown): MayflyError {
  const reason = message.split('\n', 1)[0]!.replace(/^(\w+: )*/, '')
  const [, line, column] = /-->[^\n]*?:(\d+):(\d+)/.exec(message) ?? []
  const at = line === undefined ? {file} : {file, line: Number(line), column: Number(column)}
  return new MayflyError('BUILD_WAT', {reason}, {at, cause})
}
