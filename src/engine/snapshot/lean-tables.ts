// engine/snapshot/lean-tables.ts: a module's tables, each with a maximum: V8 keeps tables on the heap of the process, some
// 24 bytes an entry, where they are all guests' to fill.

import type {CoreModule} from '../core/module.ts'
import {importedCount, readConstantExpression, SECTION, sectionReader} from '../core/module-decode.ts'
import type {Reader} from '../core/reader.ts'
import {readValueType} from '../core/value-type.ts'
import {type Pieces, section, unsigned} from '../core/writer.ts'

/** How many entries table.grow gives at most; a table may begin with more. */
export const MAX_GROWN = 100_000

/** All tables that a module defines together may begin with so many entries. */
export const MAX_INITIAL = 1_000_000

/** How many entries the tables begin with that each instance of a module has of its own. */
export function initialEntries(module: CoreModule): number {
  let sum = 0
  for (const {limits} of module.tables.slice(importedCount(module, 'table'))) sum += Number(limits.min)
  return sum
}

/** As it is written, a table of so many functions and no more. */
export const funcrefTable = (size: number): number[] => [0x70, 1, ...unsigned(size), ...unsigned(size)]

/** The table section with bounded tables, those of `shortened` of other lengths, and more behind them. */
export function tableSection(
  module: CoreModule,
  {
    shortened,
    added,
  }: Readonly<{
    shortened: ReadonlyMap<number, Readonly<{length: number}>>
    added: readonly (readonly number[])[]
  }>,
): Pieces {
  const reader = sectionReader(module, SECTION.table)
  if (reader === undefined && added.length === 0) return []
  const imported = importedCount(module, 'table')
  const tables =
    reader?.vec(i => {
      const bounded = boundedTable(reader)
      const short = shortened.get(imported + i)
      return short === undefined ? bounded : [funcrefTable(short.length)]
    }) ?? []
  return section(SECTION.table, [unsigned(tables.length + added.length), ...tables.flat(), ...added])
}

/** `reftype limits`, or `0x40 0x00 reftype limits expression`. */
function boundedTable(reader: Reader): Pieces {
  const {bytes, position: start} = reader
  const initialised = reader.peek() === 0x40
  if (initialised) reader.position += 2
  readValueType(reader)
  const typed = bytes.subarray(start, reader.position)
  const flags = reader.byte()
  const wide = (flags & 4) !== 0
  const bound = (): bigint => (wide ? reader.u64() : BigInt(reader.u32()))
  const min = bound()
  const declared = (flags & 1) === 0 ? undefined : bound()
  const most = min > BigInt(MAX_GROWN) ? min : BigInt(MAX_GROWN)
  const max = declared === undefined || declared > most ? most : declared
  const limits = [flags | 1, ...unsigned(min), ...unsigned(max)]
  return [typed, limits, initialised ? readConstantExpression(reader) : []]
}
