// engine/snapshot/lean-fixed-tables.ts: tables that hold the same functions for ever, for which code can stand.
//
// V8 fills the tables of each instance entry by entry: some 8,000 of a scripting language's interpreter, which is most of
// what an instance takes, in time and in memory. All that such a table is there for is to be called through.
import type {CoreModule} from '../core/module.ts'
import {importedCount, readConstantExpression, SECTION, sectionReader} from '../core/module-decode.ts'
import {readTableType} from '../core/value-type.ts'
import type {ElementSegment} from './lean-elements.ts'

/** By entry the index of its function, or -1: the entry is null. */
export type FixedTable = Int32Array

export type FixedTables = ReadonlyMap<number, FixedTable>

/** A table of fewer entries costs an instance little; for more, the code would be a burden itself. */
const SIZES = {fewest: 500, most: 100_000} as const

/** Of a module. Compilers make one. */
const MOST_TABLES = 4

/** By index, the tables that nothing outside of the code can change or see. What the code does is for `scanCode` to say. */
export function fixedTables(module: CoreModule, segments: readonly ElementSegment[]): FixedTables {
  const exported = new Set(module.exports.filter(({type}) => type.kind === 'table').map(({index}) => index))
  const imported = importedCount(module, 'table')
  const candidates = module.tables.flatMap(({element, limits}, index) => {
    const size = Number(limits.min)
    const isOfSize = size >= SIZES.fewest && size <= SIZES.most
    const isPlain = element === 'funcref' && limits.address === 'i32'
    return index >= imported && isOfSize && isPlain && !exported.has(index) ? [{index, size}] : []
  })
  if (candidates.length === 0 || candidates.length > MOST_TABLES || haveInitialValues(module))
    return new Map()
  const tables = new Map(candidates.map(({index, size}) => [index, new Int32Array(size).fill(-1)]))
  for (const segment of segments) {
    const table = tables.get(segment.table ?? -1)
    if (table === undefined) continue
    const {offset, functions} = segment
    const isKnown =
      offset !== undefined && functions !== undefined && offset + functions.indices.length <= table.length
    if (!isKnown) tables.delete(segment.table!)
    else table.set(functions.indices, offset)
  }
  return tables
}

/** Whether a table begins with another value than null, which is rare: `0x40 0x00 type expression`. */
function haveInitialValues(module: CoreModule): boolean {
  const reader = sectionReader(module, SECTION.table)!
  return reader
    .vec(() => {
      const isInitialised = reader.peek() === 0x40
      if (isInitialised) reader.position += 2
      readTableType(reader)
      if (isInitialised) readConstantExpression(reader)
      return isInitialised
    })
    .includes(true)
}
