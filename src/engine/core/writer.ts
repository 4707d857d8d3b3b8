// engine/core/writer.ts: writes the primitives of WebAssembly binaries.

/** Bytes that are put together where they go: views of thousands of ranges would outlive what is collected meanwhile. */
export abstract class Stretch {
  abstract readonly length: number
  abstract writeTo(target: Uint8Array, at: number): void
}

/** Bytes in pieces, so that large unchanged ranges are copied once. */
export type Pieces = readonly Piece[]
type Piece = Uint8Array | readonly number[]

export function concat(pieces: readonly (Piece | Stretch)[]): Uint8Array {
  let length = 0
  for (const piece of pieces) length += piece.length
  const bytes = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    if (piece instanceof Stretch) piece.writeTo(bytes, at)
    else bytes.set(piece, at)
    at += piece.length
  }
  return bytes
}

/** An unsigned LEB128. */
export function unsigned(value: number | bigint): number[] {
  const bytes: number[] = []
  if (value < 2 ** 31) {
    let small = Number(value)
    for (; small >= 0x80; small >>= 7) bytes.push((small & 0x7f) | 0x80)
    bytes.push(small)
    return bytes
  }
  for (let rest = BigInt(value); ; ) {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    if (rest === 0n) {
      bytes.push(low)
      return bytes
    }
    bytes.push(low | 0x80)
  }
}

/** How many bytes `unsigned` has. */
export function unsignedLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
  return length
}

/** Puts an unsigned LEB128 at `at`; returns where it ends. */
export function writeUnsigned(target: Uint8Array, at: number, value: number): number {
  let rest = value
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) target[at++] = (rest % 0x80) | 0x80
  target[at++] = rest
  return at
}

/** A signed LEB128. */
export function signed(value: bigint): number[] {
  const bytes: number[] = []
  for (;;) {
    const low = Number(value & 0x7fn)
    value >>= 7n
    if ((value === 0n && low < 64) || (value === -1n && low >= 64)) return [...bytes, low]
    bytes.push(low | 0x80)
  }
}

export function name(text: string): number[] {
  const bytes = new TextEncoder().encode(text)
  return [...unsigned(bytes.length), ...bytes]
}

export function section<Part extends Piece | Stretch>(
  id: number,
  content: readonly Part[],
): readonly (Part | readonly number[])[] {
  let length = 0
  for (const piece of content) length += piece.length
  return [[id, ...unsigned(length)], ...content]
}
