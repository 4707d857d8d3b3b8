// engine/link/may-wait.ts: which engine-made functions core code may have to wait for.
import type {ResourcePlan, Trampoline} from './plan.ts'

const ALWAYS: ReadonlySet<string> = new Set([
  'waitable-set.wait',
  'thread.yield',
  'thread.suspend',
  'thread.suspend-then-resume',
  'thread.yield-then-resume',
  'thread.suspend-then-promote',
  'thread.yield-then-promote',
])
const IF_SYNC: ReadonlySet<string> = new Set([
  'subtask.cancel',
  ...['stream', 'future'].flatMap(kind =>
    ['read', 'write', 'cancel-read', 'cancel-write'].map(verb => `${kind}.${verb}`),
  ),
])

export function mayWait(
  trampoline: Trampoline,
  instances: readonly Readonly<{blocks: boolean}>[],
  resources: readonly ResourcePlan[],
): boolean {
  switch (trampoline.kind) {
    case 'async': {
      const {name, async, instance} = trampoline
      if (ALWAYS.has(name) || (!async && IF_SYNC.has(name))) return true
      return name === 'subtask.cancel' && instances[instance]!.blocks
    }
    case 'lower': {
      const {func, options} = trampoline
      if (func.type.async && !options.async && func.kind === 'lifted') return true
      if (func.kind === 'host') return func.host.mayBlock && !(func.type.async && options.async)
      return instances[func.instance]!.blocks
    }
    case 'resource.drop': {
      const {resource, dtor} = resources[trampoline.resource]!
      return (
        dtor !== undefined &&
        resource.instance !== trampoline.instance &&
        instances[resource.instance!]!.blocks
      )
    }
    default:
      return false
  }
}
