// engine/core/body.ts: a function body of a code section, and who visits its instructions.
import type {OpcodeSet, Visit} from './code.ts'
import type {Reader} from './reader.ts'

export const LOOP = 0x03
export const END = 0x0b

/** A function body: its size is written at `from`, its first byte is at `start`. */
export type Body = {
  readonly from: number
  readonly start: number
  readonly end: number
  /** Whether there was a loop before what is visited. */
  loops: boolean
}

export type BodyVisitor = Readonly<{
  /** Loops among them, which are not visited but remembered; `unreachable` is passed in any case. */
  wanted: OpcodeSet
  /** Called for a body of more bytes than this, with the place of its first instruction, before others in it are visited. */
  longBytes: number
  long(body: Body, code: number): void
  /** Of several bodies in turn, but of each from its start to its end. */
  visit(body: Body, ...instruction: Parameters<Visit>): void
}>

/** The body whose size is at `from`. */
export function bodyAt(reader: Reader, from: number): Body {
  reader.position = from
  const size = reader.u32()
  const start = reader.position
  if (size > reader.end - start) reader.fail('unexpected end', from)
  return {from, start, end: start + size, loops: false}
}

export function refuseBody(reader: Reader, {start}: Body): never {
  return reader.fail('malformed function body', start)
}

/** What to call for the instructions of `body()`. */
export const visitOf =
  ({visit}: BodyVisitor, body: () => Body): Visit =>
  (opcode, start, immediates, end) => {
    if (opcode === LOOP) body().loops = true
    else visit(body(), opcode, start, immediates, end)
  }
