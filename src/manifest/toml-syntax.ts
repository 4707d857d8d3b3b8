// manifest/toml-syntax.ts: TOML text -> syntax tree. On a syntax error the statement at fault is blanked and the
// rest read on, so that one missing quote does not hide the other mistakes.
import {type AST, ParseError, parseTOML} from 'toml-eslint-parser'
import {closedAt, multilineStrings} from './toml-scan.ts'
import {syntaxWords} from './toml-words.ts'

export type SyntaxMistake = Readonly<{offset: number; reason: string; remedy: string}>

const MOST_ERRORS = 30
/** Every error means one more parse of the whole text. */
const MOST_WORK = 4 << 20

/** @returns the tree of all that could be read; undefined when nothing could */
export function parseLeniently(text: string): {
  program: AST.TOMLProgram | undefined
  mistakes: SyntaxMistake[]
} {
  const mistakes: SyntaxMistake[] = []
  let rest = text
  for (;;) {
    const outcome = tryParse(rest)
    if (outcome.kind === 'parsed') return {program: outcome.program, mistakes}
    const fault = locate(rest, outcome)
    mistakes.push({offset: fault.offset, ...syntaxWords(fault.message)})
    const [start, end] = fault.blank
    const wrong = rest.slice(start, end)
    if (wrong.trim() === '' || mistakes.length >= MOST_ERRORS || mistakes.length * text.length > MOST_WORK)
      return {program: undefined, mistakes}
    rest = rest.slice(0, start) + wrong.replace(/[^\r\n]/g, ' ') + rest.slice(end)
  }
}

type Failure = {kind: 'failed'; offset: number; message: string}

function tryParse(text: string): {kind: 'parsed'; program: AST.TOMLProgram} | Failure {
  try {
    return {kind: 'parsed', program: parseTOML(text, {tomlVersion: '1.0'})}
  } catch (error) {
    if (!(error instanceof ParseError))
      return {kind: 'failed', offset: 0, message: 'Too much for one statement'}
    return {kind: 'failed', offset: Math.min(error.index, text.length), message: error.message}
  }
}

/** Where a statement begins: the header of a table, or a key with its equals sign. */
const STATEMENT =
  /^[ \t]*(?:\[\[?[ \t]*[\w"'-][^\n,]*$|(?:"[^"\n]*"|'[^'\n]*'|[\w-]+)(?:[ \t]*\.[^\n="']*|[ \t]*)=)/gm
const HEADER = /^\s*\[/
const FAR_BACK = 8
const BRACE_NEWLINE = 'No newlines are allowed between the curly braces'

function statementStarts(text: string): number[] {
  const strings = multilineStrings(text)
  return [...text.matchAll(STATEMENT)]
    .map(match => match.index)
    .filter(start => {
      while (strings[0] !== undefined && strings[0][1] <= start) strings.shift()
      return strings[0] === undefined || start <= strings[0][0]
    })
}

type Fault = {offset: number; message: string; blank: [start: number, end: number]}

/** The text may stop making sense long after the mistake (a bracket left open): looks for a statement that is wrong by itself. */
function locate(text: string, failure: Failure): Fault {
  const starts = statementStarts(text)
  const last = starts.findLastIndex(start => start <= failure.offset)
  for (let index = last; index >= 0 && index > last - FAR_BACK; index--) {
    const start = starts[index]!
    const end = starts[index + 1] ?? text.length
    const alone = tryParse(text.slice(start, end))
    if (alone.kind === 'parsed') continue
    // A table in braces goes over several lines: all of them are one mistake.
    if (failure.message.startsWith(BRACE_NEWLINE)) {
      if (!alone.message.startsWith('Unterminated inline')) continue
      return {...failure, blank: [start, closedAt(text, start)]}
    }
    return faultIn(text, starts, index, alone, end)
  }
  const start = starts[last] ?? 0
  const end = HEADER.test(text.slice(start, failure.offset + 1))
    ? sectionEnd(text, starts, last)
    : lineEnd(text, failure.offset)
  return {...failure, blank: [Math.min(start, lineStart(text, failure.offset)), end]}
}

function faultIn(text: string, starts: number[], index: number, failure: Failure, end: number): Fault {
  const start = starts[index]!
  const {message} = failure
  // What is missing at the end is missing there, not on the next line.
  const offset = start + Math.min(failure.offset, contentLength(text.slice(start, end)))
  if (HEADER.test(text.slice(start, end)) && offset <= lineEnd(text, start))
    return {offset, message, blank: [start, sectionEnd(text, starts, index)]}
  // A bracket left open is shown where its statement begins, not where the text ends.
  if (/^Unterminated (array|inline)/.test(message))
    return {offset: start + text.slice(start).search(/\S/), message, blank: [start, end]}
  const line = lineStart(text, offset)
  const rest = lineEnd(text, offset)
  // What follows on a line of its own and begins with a key is the next statement, if a wrong one.
  const isLine =
    tryParse(text.slice(start, line)).kind === 'parsed' && /^\s*(?:\w|$)/.test(text.slice(rest, end))
  return {offset, message, blank: isLine ? [Math.max(line, start), rest] : [start, end]}
}

/** Without the empty lines and comments at the end. */
function contentLength(statement: string): number {
  const lines = statement.split('\n')
  while (lines.length > 1 && /^\s*(?:#|$)/.test(lines.at(-1)!)) lines.pop()
  return lines.join('\n').trimEnd().length
}

const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end < 0 ? text.length : end
}

/** A header that is not read takes its keys with it, or they would be taken for those of the table before. */
function sectionEnd(text: string, starts: number[], index: number): number {
  const next = starts.slice(index + 1).find(start => HEADER.test(text.slice(start, start + 80)))
  return next ?? text.length
}
