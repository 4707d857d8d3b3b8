// build/wasm/segments.ts: a memory's bytes -> the active data segments that write them.
import {concat, signed, unsigned} from '../../engine/core/writer.ts'

/** Non-zero bytes `[start, end)` of a memory. */
export type Run = Readonly<{start: number; end: number}>

/** Other toolchains and engines stay below this number of segments, and so do we. */
const MAX_SEGMENTS = 10_000

/** Zeros shorter than this cost less than a segment of their own. */
const SMALLEST_GAP = 16

/** The runs of `memory` that hold something other than zero; gaps are made larger until the runs are few enough. */
export function nonZeroRuns(memory: Uint8Array, maxSegments = MAX_SEGMENTS): Run[] {
  let runs = scan(memory)
  for (let gap = SMALLEST_GAP * 2; runs.length > maxSegments; gap *= 2) runs = merge(runs, gap)
  return runs
}

/** Runs at 8-byte granularity, trimmed to bytes, joined over gaps below SMALLEST_GAP. */
function scan(memory: Uint8Array): Run[] {
  const pairs = new Int32Array(memory.buffer, memory.byteOffset, memory.length >>> 2)
  const runs: Run[] = []
  const count = memory.length >>> 3
  let word = 0
  while (word < count) {
    while (word < count && (pairs[word * 2]! | pairs[word * 2 + 1]!) === 0) word++
    if (word === count) break
    const first = word
    let last = word
    for (; word < count && word - last <= SMALLEST_GAP / 8; word++) {
      if ((pairs[word * 2]! | pairs[word * 2 + 1]!) !== 0) last = word
    }
    let start = first * 8
    let end = last * 8 + 8
    while (memory[start] === 0) start++
    while (memory[end - 1] === 0) end--
    runs.push({start, end})
  }
  return runs
}

function merge(runs: readonly Run[], gap: number): Run[] {
  const merged: Run[] = []
  for (const run of runs) {
    const before = merged.at(-1)
    if (before !== undefined && run.start - before.end < gap)
      merged[merged.length - 1] = {start: before.start, end: run.end}
    else merged.push(run)
  }
  return merged
}

/** The body of a data section that writes `runs` of `memory` to memory 0. */
export function encodeDataSection(memory: Uint8Array, runs: readonly Run[]): Uint8Array {
  const pieces: (Uint8Array | readonly number[])[] = [unsigned(runs.length)]
  for (const {start, end} of runs) {
    const offset = signed(BigInt.asIntN(32, BigInt(start)))
    pieces.push([ACTIVE, I32_CONST, ...offset, END, ...unsigned(end - start)], memory.subarray(start, end))
  }
  return concat(pieces)
}

/** A segment that is copied to memory 0 when the module is instantiated. */
const ACTIVE = 0x00
const I32_CONST = 0x41
const END = 0x0b
