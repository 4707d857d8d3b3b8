// engine/snapshot/budget.ts: one limit on all memories of a sandbox together.
import {MayflyError} from '../../base/errors.ts'

/**
 * Pages are handed out through one global of each core instance ("left": by how much its memories may still grow). An
 * instance that runs out asks; it then gets all that is left of the sandbox's limit, and the others must ask again.
 */
export type MemoryBudget = {
  /** In pages of 64 KiB. */
  readonly limitPages: number
  /** Set when a growth was refused for the limit; whoever reads it sets it back. */
  exceeded: boolean
  /** Adds an instance; its memories' sizes must be set. Throws LIMIT_MEMORY when they do not fit. */
  join(member: BudgetMember): void
  /** Hands the pages out again after sizes were set from outside. */
  settle(): void
}

export type BudgetMember = Readonly<{
  sizes: readonly WebAssembly.Global[]
  left: WebAssembly.Global
  hook: WebAssembly.Table
}>

/** (module (import "" "" (func (param i64) (result i32))) (export "" (func 0))): makes a host function a funcref. */
const HOOK_MODULE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 6, 1, 0x60, 1, 0x7e, 1, 0x7f],
  ...[2, 5, 1, 0, 0, 0, 0],
  ...[7, 4, 1, 0, 0, 0],
])
let hookModule: WebAssembly.Module | undefined

/** Without a budget a memory grows up to its declared maximum. */
export const UNLIMITED = 1n << 62n

/** One for each sandbox; `component` is named in errors. */
export function createMemoryBudget(options: {limitPages: number; component?: string}): MemoryBudget {
  hookModule ??= new WebAssembly.Module(HOOK_MODULE)
  const {limitPages} = options
  const members: BudgetMember[] = []
  const used = (): bigint => {
    let pages = 0n
    for (const {sizes} of members) for (const size of sizes) pages += BigInt(size.value as number | bigint)
    return pages
  }
  const giveTo = (member: BudgetMember) => {
    const rest = BigInt(limitPages) - used()
    for (const {left} of members) left.value = 0n
    member.left.value = rest > 0n ? rest : 0n
  }
  const budget: MemoryBudget = {
    limitPages,
    exceeded: false,
    join(member) {
      members.push(member)
      if (used() > BigInt(limitPages))
        throw new MayflyError('LIMIT_MEMORY', {limit: limitPages / 16, component: options.component ?? ''})
      const ask = (missing: bigint): number => {
        const before = member.left.value as bigint
        giveTo(member)
        if ((member.left.value as bigint) - before >= missing) return 1
        budget.exceeded = true
        return 0
      }
      member.hook.set(0, new WebAssembly.Instance(hookModule!, {'': {'': ask}}).exports[''])
      giveTo(member)
    },
    settle() {
      const first = members[0]
      if (first !== undefined) giveTo(first)
    },
  }
  return budget
}
