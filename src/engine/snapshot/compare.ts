// engine/snapshot/compare.ts: where two images differ.
import type {Image} from './snapshot.ts'

/** Ranges are in bytes, `end` not included; indices count over all instances of the state. */
export type Difference =
  | Readonly<{kind: 'bytes'; memory: number; start: number; end: number}>
  | Readonly<{kind: 'size'; memory: number; before: number; after: number}>
  | Readonly<{kind: 'global'; index: number; before: unknown; after: unknown}>

const BLOCK = 4096

/** All differences, in order. Both images must be of the same modules. */
export function compareImages(before: Image, after: Image): Difference[] {
  const differences: Difference[] = []
  before.memories.forEach((bytes, memory) => {
    const other = after.memories[memory]!
    if (bytes.length !== other.length)
      differences.push({kind: 'size', memory, before: bytes.length, after: other.length})
    for (const [start, end] of differingRanges(bytes, other))
      differences.push({kind: 'bytes', memory, start, end})
  })
  before.globals.forEach((value, index) => {
    const other = after.globals[index]
    if (!Object.is(value, other)) differences.push({kind: 'global', index, before: value, after: other})
  })
  return differences
}

/** Within the length that both have. */
function differingRanges(a: Uint8Array, b: Uint8Array): [start: number, end: number][] {
  const ranges: [number, number][] = []
  const length = Math.min(a.length, b.length)
  const left = Buffer.from(a.buffer, a.byteOffset, length)
  const right = Buffer.from(b.buffer, b.byteOffset, length)
  for (let block = 0; block < length; block += BLOCK) {
    const end = Math.min(block + BLOCK, length)
    if (left.compare(right, block, end, block, end) === 0) continue
    for (let at = block; at < end; at++) {
      if (left[at] === right[at]) continue
      const last = ranges.at(-1)
      if (last !== undefined && last[1] === at) last[1] = at + 1
      else ranges.push([at, at + 1])
    }
  }
  return ranges
}
