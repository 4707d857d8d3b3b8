// engine/snapshot/lean-join.ts: a lean module with its data in few segments, for one that is kept.
import type {DataSegment, LeanModule} from './lean.ts'

/** A compiler that writes an image out ends a segment at every few zeros. So many cost less than another segment. */
const GAP = 1024

/** The same module; it must have been instantiated before, so that its segments are known to fit. */
export function joinData(lean: LeanModule): LeanModule {
  const isZeroBefore = lean.data.every(({memory}) => lean.memories[memory]?.imported === false)
  return isZeroBefore && isAscending(lean.data) ? {...lean, data: joined(lean.data)} : lean
}

type Placed = DataSegment & Readonly<{offset: number}>

/** Whether no segment writes where one before it did, or before that. */
function isAscending(segments: readonly DataSegment[]): segments is readonly Placed[] {
  const ends = new Map<number, number>()
  return segments.every(({memory, offset, bytes}) => {
    if (typeof offset !== 'number' || offset < (ends.get(memory) ?? 0)) return false
    ends.set(memory, offset + bytes.length)
    return true
  })
}

function joined(segments: readonly Placed[]): DataSegment[] {
  const runs: Placed[][] = []
  for (const segment of segments) {
    const run = runs.at(-1)
    const last = run?.at(-1)
    const follows = last?.memory === segment.memory && segment.offset - endOf(last) <= GAP
    if (follows) run!.push(segment)
    else runs.push([segment])
  }
  return runs.map(run => {
    const {memory, offset} = run[0]!
    const bytes = new Uint8Array(endOf(run.at(-1)!) - offset)
    for (const part of run) bytes.set(part.bytes, part.offset - offset)
    return {memory, offset, bytes}
  })
}

const endOf = ({offset, bytes}: Placed): number => offset + bytes.length
