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

/**
 * The parser writes its error as Rust shows data, with line and column from 0:
 * `... Text { line: 1, col: 3, ... kind: Custom("expected `)`") ...`
 */
function textError(file: string, message: string, cause: unknown): MayflyError {
  const [, line, column] = /\bline: (\d+), col: (\d+)/.exec(message) ?? []
  const [, told, other = message] =
    /\bkind: (?:Custom\("((?:[^"\\]|\\.)*)"\)|(Lex\([^ ]*?\))(?: |$))/.exec(message) ?? []
  const at = line === undefined ? {file} : {file, line: Number(line) + 1, column: Number(column) + 1}
  return new MayflyError('BUILD_WAT', {reason: told?.replace(/\\(.)/g, '$1') ?? other}, {at, cause})
}
