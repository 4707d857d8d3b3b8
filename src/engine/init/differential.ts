// engine/init/differential.ts: what of an image comes from the outside world: found by initialising more than once.
//
// An image must hold no randomness, or every event would draw the same numbers. That an initialisation asked for random
// bytes says little; that two of them differ, and where, says all.
import type {Difference} from '../snapshot/compare.ts'
import type {Image} from '../snapshot/snapshot.ts'
import type {Draw} from './entropy.ts'

/** A place that holds an exact copy of a draw, `draw` being its index. */
export type Seed = Readonly<{memory: number; start: number; draw: number}>

/** Shorter copies could be chance. */
const MIN_SEED_BYTES = 4

export type Run = Readonly<{image: Pick<Image, 'memories'>; draws: readonly Draw[]}>

/**
 * Explains every difference between two runs as copies of what they drew; undefined when one cannot be explained.
 * Pure; the cost is (differing ranges) x (draws) x (a draw's length).
 */
export function explain(a: Run, b: Run, differences: readonly Difference[]): Seed[] | undefined {
  if (a.draws.length !== b.draws.length) return undefined
  const seeds: Seed[] = []
  for (const difference of differences) {
    if (difference.kind !== 'bytes') return undefined
    const {memory} = difference
    for (let at = difference.start; at < difference.end; ) {
      const last = seeds.at(-1)
      const seed = last !== undefined && covers(last, memory, at, a) ? last : findSeed(a, b, memory, at)
      if (seed === undefined) return undefined
      if (seed !== last) seeds.push(seed)
      at = seed.start + a.draws[seed.draw]!.bytes.length
    }
  }
  return seeds
}

const covers = (seed: Seed, memory: number, at: number, run: Run): boolean =>
  seed.memory === memory && at < seed.start + run.draws[seed.draw]!.bytes.length

function findSeed(a: Run, b: Run, memory: number, at: number): Seed | undefined {
  for (let draw = 0; draw < a.draws.length; draw++) {
    const ofA = a.draws[draw]!.bytes
    const ofB = b.draws[draw]!.bytes
    if (ofA.length < MIN_SEED_BYTES || ofB.length !== ofA.length) continue
    for (let start = Math.max(0, at - ofA.length + 1); start <= at; start++)
      if (holds(a, memory, start, ofA) && holds(b, memory, start, ofB)) return {memory, start, draw}
  }
  return undefined
}

function holds(run: Run, memory: number, start: number, bytes: Uint8Array): boolean {
  const image = run.image.memories[memory]!
  if (start + bytes.length > image.length) return false
  for (let i = 0; i < bytes.length; i++) if (image[start + i] !== bytes[i]) return false
  return true
}

/** Whether run `c` is run `a` with its own draws at the seeds, and so whether the explanation predicts. */
export function predicts(a: Run, seeds: readonly Seed[], c: Run): boolean {
  if (a.draws.length !== c.draws.length) return false
  const predicted = a.image.memories.map(bytes => Buffer.from(bytes))
  for (const {memory, start, draw} of seeds) {
    const bytes = c.draws[draw]!.bytes
    if (bytes.length !== a.draws[draw]!.bytes.length) return false
    predicted[memory]!.set(bytes, start)
  }
  return predicted.every((bytes, i) => bytes.equals(c.image.memories[i]!))
}
