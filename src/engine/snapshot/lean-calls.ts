// engine/snapshot/lean-calls.ts: the calls through fixed tables that can go elsewhere, and what they need for it.
import type {Body} from '../core/body.ts'
import {lebAt, localsAt, skipLeb} from '../core/code.ts'
import type {CoreModule} from '../core/module.ts'
import {importedCount, SECTION, sectionReader} from '../core/module-decode.ts'
import {unsigned} from '../core/writer.ts'
import type {Edit} from './lean-code.ts'
import type {FixedTables} from './lean-fixed-tables.ts'
import {type Routes, routesOf} from './lean-routes.ts'

/** What calls through fixed tables: the types with which each is called, and the functions that call them. */
export type CalledTables = Readonly<{types: Map<number, Set<number>>; bodies: Set<Body>}>

export type CallPlan = Readonly<{
  /** By table. */
  routes: ReadonlyMap<number, Routes>
  /** The local that each function has for such calls, and what declares it. */
  locals: ReadonlyMap<Body, number>
  declarations: ReadonlyMap<Body, Edit>
}>

const NONE: CallPlan = {routes: new Map(), locals: new Map(), declarations: new Map()}

/** V8's, of a function. */
const MOST_LOCALS = 50_000
const ONE_I32 = [1, 0x7f]

export function planCalls(module: CoreModule, tables: FixedTables, {types, bodies}: CalledTables): CallPlan {
  const routes = new Map<number, Routes>()
  for (const [index, table] of tables) {
    const found = routesOf(
      module,
      table,
      [...(types.get(index) ?? [])].sort((a, b) => a - b),
    )
    if (found !== undefined) routes.set(index, found)
  }
  if (routes.size === 0) return NONE
  const declarations = new Map<Body, Edit>()
  const locals = new Map<Body, number>()
  for (const [body, index] of indicesOf(module, bodies)) {
    const {start} = body
    const {end, count} = localsAt(module.bytes, start)
    const type = module.types[module.functions[index]!]
    const local = (type?.kind === 'func' ? type.signature.params.length : 0) + count
    if (local >= MOST_LOCALS) return NONE
    locals.set(body, local)
    declarations.set(body, {
      body,
      kind: 'locals',
      declared: withOneMore(module.bytes, start, end),
      start,
      end,
    })
  }
  return {routes, locals, declarations}
}

/** The declarations in [start, end) with one of another local behind them. */
const withOneMore = (bytes: Uint8Array, start: number, end: number): number[] => [
  ...unsigned(lebAt(bytes, start) + 1),
  ...bytes.subarray(skipLeb(bytes, start), end),
  ...ONE_I32,
]

/** The indices of the functions that have these bodies. */
function indicesOf(module: CoreModule, bodies: ReadonlySet<Body>): ReadonlyMap<Body, number> {
  const wanted = new Map(Array.from(bodies, body => [body.from, body]))
  const indices = new Map<Body, number>()
  const reader = sectionReader(module, SECTION.code)
  if (reader === undefined) return indices
  const imported = importedCount(module, 'func')
  const count = reader.u32()
  for (let i = 0; i < count; i++) {
    const body = wanted.get(reader.position)
    if (body !== undefined) indices.set(body, imported + i)
    const size = reader.u32()
    reader.position += size
  }
  return indices
}
