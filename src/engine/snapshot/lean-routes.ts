// engine/snapshot/lean-routes.ts: where calls through a fixed table go instead (lean-fixed-tables.ts).
//
// Entries of one type that lie near each other stay in the table, which is as short as they are. The others make blocks, of
// each of which one entry is left, in a table of its own: a function of ours that goes on in the function wanted.
import type {CoreModule, FuncSignature} from '../core/module.ts'
import {PLAIN_TYPES} from '../core/value-type.ts'
import type {FixedTable} from './lean-fixed-tables.ts'

/** Entries of a block differ in these bits only. */
export const BLOCK_BITS = 7

/** Of the entries of a type that stay, gaps between them included, and of all types together. */
const MOST_KEPT = {each: 256, together: 512} as const
const MOST_PARAMS = 32

/** A table is worth it that becomes so much shorter. */
const FACTOR = 4

/**
 * Calls with a signature, and the entries of such functions, which ascend. `first` is the first entry, or block, and `slot`
 * where it is now; the rest follows.
 */
export type Route = Readonly<{
  kind: 'entries' | 'blocks'
  signature: FuncSignature
  entries: readonly number[]
  first: number
  slot: number
}>

/** By `keyOf` their signatures; and how long the tables are now. */
export type Routes = Readonly<{
  table: FixedTable
  bySignature: ReadonlyMap<string, Route>
  lengths: Readonly<Record<Route['kind'], number>>
}>

/** For the types with which the table is called; undefined if they are not such that it can be done, or worth it. */
export function routesOf(
  module: CoreModule,
  table: FixedTable,
  called: Iterable<number>,
): Routes | undefined {
  const bySignature = new Map<string, Route>()
  const groups = entriesBySignature(module, table)
  // The first entry is null, to trap at.
  const lengths = {entries: 1, blocks: 0}
  for (const type of called) {
    const signature = plainSignature(module, type)
    if (signature === undefined) return undefined
    const key = keyOf(signature)
    if (bySignature.has(key)) continue
    const entries = groups.get(key) ?? []
    const from = entries[0] ?? 0
    const to = entries.at(-1) ?? 0
    const stays =
      to - from <= 2 * entries.length &&
      to - from < MOST_KEPT.each &&
      lengths.entries + to - from < MOST_KEPT.together
    const kind = stays ? 'entries' : 'blocks'
    const first = stays ? from : blockOf(from)
    bySignature.set(key, {kind, signature, entries, first, slot: lengths[kind]})
    lengths[kind] += (stays ? to : blockOf(to)) - first + 1
    if (lengths.entries + lengths.blocks > table.length / FACTOR) return undefined
  }
  return {table, bySignature, lengths}
}

export const blockOf = (entry: number): number => entry >>> BLOCK_BITS

export const keyOf = ({params, results}: FuncSignature): string => `${params}>${results}`

/** A function type's signature, if two such types are the same where their signatures are. */
function plainSignature({types}: CoreModule, type: number): FuncSignature | undefined {
  const known = types[type]
  if (known?.kind !== 'func' || !known.isPlain) return undefined
  const {params, results} = known.signature
  const arePlain = [...params, ...results].every(each => PLAIN_TYPES[each] !== undefined)
  return arePlain && params.length <= MOST_PARAMS ? known.signature : undefined
}

/** In ascending order. Functions of other types are called with none of these. */
function entriesBySignature(module: CoreModule, table: FixedTable): ReadonlyMap<string, readonly number[]> {
  const groups = new Map<string, number[]>()
  const groupOf = (type: number): number[] | null => {
    const signature = plainSignature(module, type)
    if (signature === undefined) return null
    const key = keyOf(signature)
    const group = groups.get(key) ?? []
    groups.set(key, group)
    return group
  }
  const byType: (number[] | null)[] = []
  for (let entry = 0; entry < table.length; entry++) {
    const type = module.functions[table[entry]!]
    if (type === undefined) continue
    let group = byType[type]
    if (group === undefined) byType[type] = group = groupOf(type)
    group?.push(entry)
  }
  return groups
}
