// engine/snapshot/code-candidates.ts: where in a code section an instruction that matters may be. Walking all instructions
// of 10 MB takes longer than all else that starting a component does; bodies without a candidate need not be walked.

/** By the first byte of an instruction: which second bytes may follow; a varint's first byte counts with its high bit, too. */
export type Wanted = ReadonlyMap<number, (second: number) => boolean>

/** Bits of the table below. */
const PAIR = 1
const LAST = 2

/**
 * The positions of all pairs of bytes that `wanted` names, in order: every such instruction is at one of them, and most
 * are none.
 */
export function findCandidates(bytes: Uint8Array, start: number, end: number, wanted: Wanted): number[] {
  const found: number[] = []
  const check = (at: number): void => {
    if (at >= start && at + 1 < end && wanted.get(bytes[at]!)?.(bytes[at + 1]! & 0x7f)) found.push(at)
  }
  // Two bytes at a time: the pair itself, and whether its second byte begins one.
  const kinds = new Uint8Array(65_536)
  for (const [first, accepts] of wanted) {
    for (let second = 0; second < 256; second++) {
      if (accepts(second & 0x7f)) kinds[first | (second << 8)]! |= PAIR
      kinds[second | (first << 8)]! |= LAST
    }
  }
  const odd = (bytes.byteOffset + start) & 1
  const words = new Uint16Array(
    bytes.buffer,
    bytes.byteOffset + start + odd,
    Math.max(0, end - start - odd) >> 1,
  )
  if (odd === 1) check(start)
  for (let i = 0; i < words.length; i++) {
    const kind = kinds[words[i]!]!
    if (kind === 0) continue
    const at = start + odd + 2 * i
    if ((kind & PAIR) !== 0) found.push(at)
    if ((kind & LAST) !== 0) check(at + 1)
  }
  return found
}
