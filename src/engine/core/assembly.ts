// engine/core/assembly.ts: instructions of wasm as bytes, for code of ours that is put together here. Comparisons are unsigned.
import {signed, unsigned} from './writer.ts'

/** Bytes, nested as they are put together. */
export type Code = Uint8Array | readonly (number | Code)[]

export function bytesOf(code: Code): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthOf(code))
  write(code, bytes, 0)
  return bytes
}

function lengthOf(code: Code): number {
  if (code instanceof Uint8Array) return code.length
  let length = 0
  for (const part of code) length += typeof part === 'number' ? 1 : lengthOf(part)
  return length
}

/** Returns where it ends. */
function write(code: Code, target: Uint8Array, at: number): number {
  if (code instanceof Uint8Array) {
    target.set(code, at)
    return at + code.length
  }
  for (const part of code)
    if (typeof part === 'number') target[at++] = part
    else at = write(part, target, at)
  return at
}

export const I32 = 0x7f
export const I64 = 0x7e

export const constant = (value: number): Code => [0x41, signed(BigInt(value))]
export const constant64 = (value: bigint): Code => [0x42, signed(value)]
export const get = (local: number): Code => [0x20, unsigned(local)]
export const set = (local: number): Code => [0x21, unsigned(local)]
export const tee = (local: number): Code => [0x22, local]
export const load8 = (offset: number): Code => [0x2d, 0, unsigned(offset)]
export const load32 = (offset: number): Code => [0x28, 0, unsigned(offset)]
export const load64 = (offset: number): Code => [0x29, 0, unsigned(offset)]
export const store32 = (offset: number): Code => [0x36, 0, unsigned(offset)]
export const call = (index: number): Code => [0x10, unsigned(index)]
export const block = (...code: readonly (number | Code)[]): Code => [0x02, 0x40, code, END]
export const loop = (...code: readonly (number | Code)[]): Code => [0x03, 0x40, code, END]
export const when = (...code: readonly (number | Code)[]): Code => [0x04, 0x40, code, END]
export const branch = (depth: number): Code => [0x0c, depth]
export const branchIf = (depth: number): Code => [0x0d, depth]
export const move = (local: number, by: number): Code => [get(local), constant(by), ADD, set(local)]
export const either = (one: Code, other: Code): Code => [one, other, OR]

export const END = 0x0b
export const RETURN = 0x0f
export const EQZ = 0x45
export const EQ = 0x46
export const NE = 0x47
export const LT = 0x49
export const GT = 0x4b
export const GE = 0x4f
export const ADD = 0x6a
export const SUB = 0x6b
export const AND = 0x71
export const OR = 0x72
export const SHL = 0x74
export const I64_EQZ = 0x50
export const I64_CTZ = 0x7a
export const I64_AND = 0x83
export const I64_XOR = 0x85
export const I64_SHIFT = 0x88
export const WRAP = 0xa7
