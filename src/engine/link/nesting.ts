// engine/link/nesting.ts: components that contain one another do not call one another.
//
// CanonicalABI.md's entering_set has room for such calls; the specification's suite (async/trap-on-reenter.wast) and other
// engines have not, yet. See docs/rationale.md.
import {trap} from '../abi/trap.ts'

type Nested = Readonly<{parent: number | undefined}>

/** An instance and those around it, innermost first. */
export function ancestors(instances: readonly Nested[], from: number | undefined): number[] {
  const list: number[] = []
  for (let at = from; at !== undefined; at = instances[at]!.parent) list.push(at)
  return list
}

/** Whether two instances are the same, or one contains the other. */
export const contain = (instances: readonly Nested[], a: number, b: number): boolean =>
  ancestors(instances, a).includes(b) || ancestors(instances, b).includes(a)

export function cannotNest(): never {
  trap(
    'TRAP_REENTERED',
    'a component calls itself, one that contains it or one that it contains: cannot enter component instance',
  )
}
