// engine/snapshot/state.ts: the parts of a sandbox that can change, in a fixed order over all its instances.
import {globalOf, growMemory, memoryOf, tableOf} from './adopt-instance.ts'
import type {CoreState} from './snapshot.ts'

export const PAGE = 65_536

/** No memory that V8 makes with a 32-bit address is larger; one of 64 bits is not reserved beyond it. */
const LARGEST_PAGES = 65_536

export type StateMemory = Readonly<{
  memory: WebAssembly.Memory
  /** The virtual size in pages. */
  pages: WebAssembly.Global
  address: 'i32' | 'i64'
  maxPages: number
}>

export type StateParts = Readonly<{
  memories: readonly StateMemory[]
  globals: readonly Readonly<{global: WebAssembly.Global; isReference: boolean}>[]
  /** Empty when no instruction of the state can write a table. */
  tables: readonly WebAssembly.Table[]
  /** How much the memories of each instance may still grow by. */
  left: readonly WebAssembly.Global[]
}>

const NUMERIC = /^[if](32|64)$/

export function partsOf(state: CoreState): StateParts {
  const memories: StateMemory[] = []
  const globals: {global: WebAssembly.Global; isReference: boolean}[] = []
  const tables: WebAssembly.Table[] = []
  const left: WebAssembly.Global[] = []
  const writesTables = state.some(({lean}) => lean.writesTables)
  for (const {lean, exports} of state) {
    for (const {exportName, sizeGlobal, address, maxPages} of lean.memories)
      if (sizeGlobal !== undefined)
        memories.push({
          memory: memoryOf(exports, exportName),
          pages: globalOf(exports, sizeGlobal),
          address,
          maxPages: maxPages ?? LARGEST_PAGES,
        })
    for (const {exportName, type} of lean.globals)
      globals.push({global: globalOf(exports, exportName), isReference: !NUMERIC.test(type)})
    if (lean.budget !== undefined) left.push(globalOf(exports, lean.budget.left))
    if (writesTables) for (const {exportName} of lean.tables) tables.push(tableOf(exports, exportName))
  }
  return {memories, globals, tables, left}
}

export const virtualBytes = ({pages}: StateMemory): number => Number(pages.value) * PAGE

/** Grows the memory for real to `pages`, where its maximum allows. */
export function reserve({memory, address, maxPages}: StateMemory, pages: number): void {
  const missing = Math.min(pages, maxPages) - memory.buffer.byteLength / PAGE
  if (missing > 0) growMemory(memory, address, missing)
}
