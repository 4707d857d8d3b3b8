// cli/report.ts: errors as text for people.
import {readFileSync} from 'node:fs'
import {relative} from 'node:path'
import {MayflyError, MayflyErrors, type Place} from '../base/errors.ts'
import type {Terminal} from './command.ts'
import {fromSystemError} from './system-errors.ts'

/** Lines shown before and after the one that is wrong. */
const FRAME_CONTEXT = 1
const MAX_FRAME_WIDTH = 160

export type RenderOptions = Readonly<{
  color: boolean
  /** Paths are shown relative to this directory when they are below it. */
  cwd: string
  /** The file's text, or undefined when it cannot be read as text. */
  readText: (path: string) => string | undefined
  /** Adds the stack and the causes. */
  debug: boolean
}>

/** Prints what was thrown; returns the exit code. */
export function reportThrown(thrown: unknown, terminal: Terminal): number {
  const errors = asMayflyErrors(thrown)
  const options = {
    color: terminal.color.err,
    cwd: terminal.cwd,
    readText,
    debug: terminal.env['MAYFLY_DEBUG'] === '1',
  }
  terminal.err(renderErrors(errors, options))
  return errors[0]!.exitCode
}

/** Whatever was thrown, as errors from the table. */
export function asMayflyErrors(thrown: unknown): readonly [MayflyError, ...MayflyError[]] {
  if (thrown instanceof MayflyErrors && thrown.errors.length > 0) return thrown.errors as [MayflyError]
  if (thrown instanceof MayflyError) return [thrown]
  const known = fromSystemError(thrown)
  if (known !== undefined) return [known]
  const reason = thrown instanceof Error ? `${thrown.name}: ${firstLine(thrown.message)}` : String(thrown)
  return [new MayflyError('INTERNAL', {reason}, {cause: thrown})]
}

/** All errors, one after the other, an empty line between them. */
export function renderErrors(errors: readonly MayflyError[], options: RenderOptions): string {
  return `${errors.map(error => renderError(error, options)).join('\n\n')}\n`
}

function renderError(error: MayflyError, options: RenderOptions): string {
  const paint = painter(options.color)
  const lines = [`${paint.red(`error[${error.code}]`)}: ${paint.bold(visible(error.message))}`]
  if (error.at !== undefined) {
    const place = showPlace(error.at, options.cwd)
    if (place !== '') lines.push(`  at ${place}`)
    lines.push(...codeFrame(error.at, options).map(line => paint.dim(line)))
  }
  if (error.hint !== undefined) lines.push(`  ${paint.cyan('hint')}: ${visible(error.hint)}`)
  if (options.debug) lines.push(...stacks(error).map(line => paint.dim(line)))
  return lines.join('\n')
}

/** 'app/spin.toml:3:9 [component.cart]' or 'app.wasm, byte 1234 (0x4d2)'. */
export function showPlace(at: Place, cwd: string): string {
  let text = at.file === undefined ? '' : shortPath(at.file, cwd)
  if (at.line !== undefined) {
    text += `${text === '' ? 'line ' : ':'}${at.line}${at.column === undefined ? '' : `:${at.column}`}`
  }
  if (at.byteOffset !== undefined) {
    text += `${text === '' ? '' : ', '}byte ${at.byteOffset} (0x${at.byteOffset.toString(16)})`
  }
  if (at.path !== undefined) text += `${text === '' ? '' : ' '}[${at.path}]`
  return text
}

function shortPath(path: string, cwd: string): string {
  const short = relative(cwd, path)
  return short === '' || short.startsWith('..') ? path : short
}

function codeFrame(at: Place, options: RenderOptions): string[] {
  if (at.file === undefined || at.line === undefined) return []
  const all = options.readText(at.file)?.split(/\r?\n/)
  if (all === undefined || at.line < 1 || at.line > all.length) return []
  const first = Math.max(1, at.line - FRAME_CONTEXT)
  const last = Math.min(all.length, at.line + FRAME_CONTEXT)
  const width = String(last).length
  const lines: string[] = []
  for (let number = first; number <= last; number++) {
    const text = visible(all[number - 1]!.replaceAll('\t', ' ')).slice(0, MAX_FRAME_WIDTH)
    lines.push(`   ${String(number).padStart(width)} | ${text}`.trimEnd())
    if (number === at.line && at.column !== undefined && at.column <= MAX_FRAME_WIDTH) {
      lines.push(`   ${' '.repeat(width)} | ${' '.repeat(at.column - 1)}^`)
    }
  }
  return lines
}

function stacks(error: Error): string[] {
  const lines: string[] = []
  for (let current: unknown = error, depth = 0; current instanceof Error && depth < 5; depth++) {
    lines.push(...(current.stack ?? String(current)).split('\n').map(line => `  ${line.trimEnd()}`))
    current = current.cause
  }
  return lines
}

/** Messages may quote a manifest, a path or a guest: their control characters must not reach the terminal. */
const visible = (text: string): string =>
  text.replace(
    /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,
    char => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )

const firstLine = (text: string): string => text.split('\n', 1)[0]!

function painter(color: boolean) {
  const wrap = (open: number, close: number) => (text: string) =>
    color ? `\x1b[${open}m${text}\x1b[${close}m` : text
  return {red: wrap(31, 39), cyan: wrap(36, 39), bold: wrap(1, 22), dim: wrap(2, 22)}
}

function readText(path: string): string | undefined {
  try {
    const bytes = readFileSync(path)
    return bytes.length > 4_000_000 || bytes.includes(0) ? undefined : bytes.toString('utf8')
  } catch {
    return undefined
  }
}
