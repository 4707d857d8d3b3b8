// engine/snapshot/code-candidates.ts: where in a code section an instruction that matters may be. To walk all instructions
// of 10 MB takes longer than all else that starting a component does; bodies without a candidate need not be walked.

/**
 * By the first byte of an instruction: whether `low`, the low seven bits of the byte after it, may follow. That byte
 * starts an index, or the number after a prefix.
 */
export type Wanted = ReadonlyMap<number, (low: number) => boolean>

const CHUNK = 1 << 20

/**
 * The positions of all pairs of bytes in [start, end) that `wanted` names, in order. Every such instruction is at one of
 * them; most of them are none, but the same bytes in other places.
 */
export function findCandidates(bytes: Uint8Array, start: number, end: number, wanted: Wanted): number[] {
  const found: number[] = []
  const pattern = pairs(wanted)
  if (pattern === undefined) return found
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, end)
  for (let from = start; from < end; from += CHUNK) {
    // Regular expressions are compiled to machine code at once; a loop would run uncompiled for its first megabytes.
    const text = buffer.latin1Slice(from, Math.min(end, from + CHUNK + 1))
    pattern.lastIndex = 0
    while (pattern.test(text)) found.push(from + pattern.lastIndex - 1)
  }
  return found
}

const byte = (value: number): string => `\\x${value.toString(16).padStart(2, '0')}`

/** Matches the first byte only, so that no match hides one that starts in it. */
function pairs(wanted: Wanted): RegExp | undefined {
  const alternatives: string[] = []
  for (const [first, accepts] of wanted) {
    let seconds = ''
    for (let low = 0; low < 0x80; low++) if (accepts(low)) seconds += byte(low) + byte(low | 0x80)
    if (seconds !== '') alternatives.push(`${byte(first)}(?=[${seconds}])`)
  }
  return alternatives.length === 0 ? undefined : new RegExp(alternatives.join('|'), 'g')
}
