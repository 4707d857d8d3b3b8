// observe/line-assembler.ts: a guest's output in pieces of any size, put together to lines of bounded length.
import {StringDecoder} from 'node:string_decoder'

export interface LineAssembler {
  write(bytes: Uint8Array): void
  /** Gives out an unfinished last line; the event is over. */
  end(): void
}

/** Longer lines are cut in pieces of this many UTF-16 units. */
export const MAX_LINE = 8_192

/** Calls `onLine` with each line, without its line break. Bytes that are no UTF-8 become U+FFFD. */
export function assembleLines(onLine: (line: string) => void, maxLine = MAX_LINE): LineAssembler {
  const decoder = new StringDecoder('utf8')
  let rest = ''

  const take = (text: string): void => {
    let start = 0
    for (;;) {
      const end = text.indexOf('\n', start)
      if (end < 0) break
      const line = rest + text.slice(start, end)
      rest = ''
      emit(line.endsWith('\r') ? line.slice(0, -1) : line)
      start = end + 1
    }
    rest += text.slice(start)
    while (rest.length > maxLine) rest = emitPiece(rest)
  }
  const emit = (line: string): void => {
    while (line.length > maxLine) line = emitPiece(line)
    onLine(line)
  }
  const emitPiece = (line: string): string => {
    // Never between the halves of one character.
    const isHigh = (line.charCodeAt(maxLine - 1) & 0xfc00) === 0xd800
    const length = isHigh && maxLine > 1 ? maxLine - 1 : maxLine
    onLine(line.slice(0, length))
    return line.slice(length)
  }

  return {
    write: bytes => take(decoder.write(bytes)),
    end() {
      take(decoder.end())
      if (rest !== '') emit(rest)
      rest = ''
    },
  }
}
