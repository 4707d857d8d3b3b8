// engine/snapshot/lean-calls.ts: the calls through fixed tables that can go elsewhere, and what they need for it.
import type {Body} from '../core/body.ts'
import {lebAt, localsAt, skipLeb} from '../core/code.ts'
import type {CoreModule} from '../core/module.ts'
import {importedCount, SECTION, sectionReader} from '../core/module-decode.ts'
import {unsigned} from '../core/writer.ts'
import type {Edit} from './lean-code.ts'
import type {FixedTables} from './lean-fixed-tables.ts'
import {type Routes, routesOf} from './lean-routes.ts'

export type TableCall = Extract<Edit, {table: number}>

export type CallPlan = Readonly<{
  /** By table. */
  routes: ReadonlyMap<number, Routes>
  /** Of each function that calls one of these tables: the index of a local that it has for that. */
  locals: ReadonlyMap<Body, number>
  /** Those that declare these locals, and the calls. */
  edits: readonly Edit[]
}>

const NONE: CallPlan = {routes: new Map(), locals: new Map(), edits: []}

/** V8's, of a function. */
const MOST_LOCALS = 50_000
const ONE_I32 = [1, 0x7f]

export function planCalls(
  module: CoreModule,
  {tables, calls}: Readonly<{tables: FixedTables; calls: readonly TableCall[]}>,
): CallPlan {
  const routes = new Map<number, Routes>()
  const byTable = Map.groupBy(calls, ({table}) => table)
  for (const [index, table] of tables) {
    const types = new Set(byTable.get(index)?.map(({type}) => type))
    const found = routesOf(
      module,
      table,
      [...types].sort((a, b) => a - b),
    )
    if (found !== undefined) routes.set(index, found)
  }
  if (routes.size === 0) return NONE
  const edits: Edit[] = calls.filter(({table}) => routes.has(table))
  const locals = new Map<Body, number>()
  const functions = functionsByBody(module)
  for (const body of new Set(edits.map(edit => edit.body))) {
    const {end, count} = localsAt(module.bytes, body.start)
    const type = module.types[module.functions[functions.get(body.from)!]!]
    const local = (type?.kind === 'func' ? type.signature.params.length : 0) + count
    if (local >= MOST_LOCALS) return NONE
    locals.set(body, local)
    edits.push({
      body,
      kind: 'locals',
      declared: withOneMore(module.bytes, body.start, end),
      start: body.start,
      end,
    })
  }
  return {routes, locals, edits}
}

/** The declarations in [start, end) with one of another local behind them. */
const withOneMore = (bytes: Uint8Array, start: number, end: number): number[] => [
  ...unsigned(lebAt(bytes, start) + 1),
  ...bytes.subarray(skipLeb(bytes, start), end),
  ...ONE_I32,
]

/** By where their bodies begin. */
function functionsByBody(module: CoreModule): ReadonlyMap<number, number> {
  const reader = sectionReader(module, SECTION.code)!
  const functions = new Map<number, number>()
  let index = importedCount(module, 'func')
  for (let count = reader.u32(); count > 0; count--) {
    functions.set(reader.position, index++)
    const size = reader.u32()
    reader.position += size
  }
  return functions
}
