// build/javascript/exceptions.ts: the line by which a guest tells of an exception -> what its author needs to see.
import {MayflyError} from '../../base/errors.ts'
import {printable} from './code-frame.ts'
import type {FrameMapper, SourceFrame} from './frames.ts'
import {EXCEPTION_MARKER} from './guest/records.ts'

/** An exception of a handler, with its places in the sources. Shown to developers, never to clients. */
export type GuestException = Readonly<{
  name: string
  message: string
  frames: readonly SourceFrame[]
  /** Where to look first. */
  place: SourceFrame | undefined
  /** Source lines around `place`; may be empty. */
  codeFrame: string
  cause: GuestException | undefined
}>

/** Longer lines are not parsed; they are shown as any other output. */
const MAX_LINE_LENGTH = 256_000
const MAX_MESSAGE_LENGTH = 4_000
const MAX_CAUSES = 8
const MAX_SHOWN_FRAMES = 8

/**
 * The exception that a line of a guest's stderr tells of; undefined for every other line. The line is whatever the
 * guest wrote, so nothing in it is taken for granted.
 */
export function readException(line: string, mapper: FrameMapper): GuestException | undefined {
  if (!line.startsWith(EXCEPTION_MARKER) || line.length > MAX_LINE_LENGTH) return undefined
  try {
    return fromRecord(JSON.parse(line.slice(EXCEPTION_MARKER.length)), mapper, 0)
  } catch {
    return undefined
  }
}

function fromRecord(value: unknown, mapper: FrameMapper, depth: number): GuestException | undefined {
  const {name, message, stack, cause} = (value ?? {}) as Readonly<Record<string, unknown>>
  if (typeof name !== 'string' || typeof message !== 'string' || typeof stack !== 'string') return undefined
  return {
    name: printable(name.slice(0, MAX_MESSAGE_LENGTH)),
    message: message.slice(0, MAX_MESSAGE_LENGTH).split('\n').map(printable).join('\n'),
    ...mapper.mapStack(stack),
    cause: depth < MAX_CAUSES ? fromRecord(cause, mapper, depth + 1) : undefined,
  }
}

/**
 * ```
 * RangeError: no such item
 *   at find (src/items.ts:12:11)
 *   11 | function find(id: string) {
 * > 12 |   throw new RangeError('no such item')
 *      |         ^
 *   at fetch (src/index.ts:5:3)
 * caused by Error: ...
 * ```
 */
export function exceptionText({name, message, frames, place, codeFrame, cause}: GuestException): string {
  const shown = frames.slice(0, MAX_SHOWN_FRAMES).map(frame => {
    const where = `${frame.file}:${frame.line}:${frame.column}`
    const at = frame.function === undefined ? `  at ${where}` : `  at ${frame.function} (${where})`
    return frame === place && codeFrame !== '' ? `${at}\n${codeFrame}` : at
  })
  const head = name === 'thrown' ? `thrown: ${message}` : `${name}: ${message}`
  const tail = cause === undefined ? [] : [`caused by ${exceptionText(cause)}`]
  return [head, ...shown, ...tail].join('\n')
}

/** The same as an error: its message is one line, and the rest is `details.frame`. */
export function exceptionError(component: string, exception: GuestException): MayflyError {
  const text = exceptionText(exception)
  const [first = ''] = text.split('\n', 1)
  const reason = first.replace(/^thrown: /, '')
  const {file, line, column} = exception.place ?? {}
  const at = file === undefined ? {} : {at: {file, line: line!, column: column!}}
  return new MayflyError('GUEST_THREW', {component, reason, frame: text.slice(first.length + 1)}, at)
}
