// engine/init/decide.ts: whether sandboxes may start from an image, and from which.
import type {RuntimeState} from '../link/runtime.ts'
import {compareImages, type Difference} from '../snapshot/compare.ts'
import type {Image} from '../snapshot/snapshot.ts'
import {explain, predicts, type Seed} from './differential.ts'
import type {Draw, Entropy} from './entropy.ts'

/** `auto` decides by differential initialisation; `after-init` trusts the app; `never` initialises for each event. */
export type SnapshotMode = 'auto' | 'after-init' | 'never'

export type Initialised = Readonly<{
  image: Image
  runtime: RuntimeState
  /** What it holds that no image can. */
  unrestorable?: string | undefined
}>

export type Decision =
  /** Seeds are written anew after every restore. */
  | Readonly<{kind: 'snapshot'; initialised: Initialised; seeds: readonly RenewedSeed[]; reason: string}>
  | Readonly<{kind: 'anew'; reason: string; differences: readonly Difference[]}>

export type RenewedSeed = Readonly<{memory: number; start: number; draw: Draw}>

/**
 * `initialise` makes an instance and captures it. Images that are not kept are disposed.
 * @param unrestorable why the code itself rules an image out, if it does
 */
export function decide(options: {
  mode: SnapshotMode
  unrestorable: string | undefined
  entropy: Entropy
  initialise: () => Initialised
}): Decision {
  const {mode, unrestorable, entropy, initialise} = options
  const anew = (reason: string, differences: readonly Difference[] = []): Decision => ({
    kind: 'anew',
    reason,
    differences,
  })
  if (mode === 'never') return anew('the manifest says snapshot = "never"')
  if (unrestorable !== undefined) return anew(`its code uses ${unrestorable}, which cannot be restored`)

  const snapshot = (seeds: readonly RenewedSeed[], reason: string): Decision => ({
    kind: 'snapshot',
    initialised: first.result,
    seeds,
    reason,
  })
  const first = entropy.record(initialise)
  if (first.result.unrestorable !== undefined) {
    first.result.image.dispose()
    return anew(`it holds ${first.result.unrestorable}, which cannot be restored`)
  }
  if (mode === 'after-init') return snapshot([], 'the manifest says snapshot = "after-init"')
  // Core WebAssembly is deterministic: what was told nothing cannot differ.
  if (first.draws.length === 0) return snapshot([], 'initialisation asked for no randomness and no time')

  const second = entropy.record(initialise)
  const runs = [first, second].map(({result, draws}) => ({image: result.image, draws}))
  const [a, b] = [runs[0]!, runs[1]!]
  const differences = compareImages(first.result.image, second.result.image)
  const seeds = explain(a, b, differences)
  second.result.image.dispose()
  if (differences.length === 0)
    return snapshot([], 'two initialisations with different randomness and time gave the same bytes')
  if (seeds === undefined || !predictsThird(a, seeds, options)) {
    first.result.image.dispose()
    return anew(
      `two initialisations differ ${describe(differences)}, not only by copies of what they drew`,
      differences,
    )
  }
  return snapshot(
    seeds.map(({memory, start, draw}) => ({memory, start, draw: a.draws[draw]!})),
    `${seeds.length} places hold copies of random bytes or the time, which every event gets anew`,
  )
}

function predictsThird(
  a: {image: Image; draws: readonly Draw[]},
  seeds: readonly Seed[],
  {entropy, initialise}: {entropy: Entropy; initialise: () => Initialised},
): boolean {
  const third = entropy.record(initialise)
  const holds = predicts(a, seeds, {image: third.result.image, draws: third.draws})
  third.result.image.dispose()
  return holds
}

/** "in 925 bytes at 40 places, first at 0x2f10" */
function describe(differences: readonly Difference[]): string {
  const ranges = differences.filter(each => each.kind === 'bytes')
  const first = ranges[0]
  if (first === undefined) return `in ${differences.length} globals or memory sizes`
  const bytes = ranges.reduce((sum, range) => sum + range.end - range.start, 0)
  return `in ${bytes} bytes at ${ranges.length} places, first at 0x${first.start.toString(16)}`
}
