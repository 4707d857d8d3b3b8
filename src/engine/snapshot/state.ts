// engine/snapshot/state.ts: the parts of a sandbox that can change, in a fixed order over all its instances.
import {globalOf, growMemory, memoryOf, placedData, tableOf} from './adopt-instance.ts'
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

/** A global, or the bits of one. */
export type Cell = {value: unknown}

export type StateParts = Readonly<{
  memories: readonly StateMemory[]
  globals: readonly Cell[]
  /** Empty when no instruction of the state can write a table. */
  tables: readonly WebAssembly.Table[]
  /** How much the memories of each instance may still grow by. */
  left: readonly WebAssembly.Global[]
}>

export function partsOf(state: CoreState): StateParts {
  const memories: StateMemory[] = []
  const globals: Cell[] = []
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
    for (const {exportName, bits} of lean.globals)
      globals.push(
        bits === undefined
          ? globalOf(exports, exportName)
          : new Bits(functionOf(exports, bits.get), functionOf(exports, bits.set)),
      )
    if (lean.budget !== undefined) left.push(globalOf(exports, lean.budget.left))
    if (writesTables) for (const {exportName} of lean.tables) tables.push(tableOf(exports, exportName))
  }
  return {memories, globals, tables, left}
}

class Bits implements Cell {
  readonly #get: () => unknown
  readonly #set: (bits: unknown) => unknown

  constructor(get: () => unknown, set: (bits: unknown) => unknown) {
    this.#get = get
    this.#set = set
  }

  get value(): unknown {
    return this.#get()
  }

  set value(bits: unknown) {
    this.#set(bits)
  }
}

const functionOf = (exports: WebAssembly.Exports, name: string): ((...args: unknown[]) => unknown) =>
  exports[name]

/** Bytes, and where in a memory they go. */
export type Piece = Readonly<{at: number; bytes: Uint8Array}>

/** What the active data of all instances put into each memory, in order. Throws TRAP_OUT_OF_BOUNDS where they do not fit. */
export function dataOf(state: CoreState, {memories}: StateParts): readonly (readonly Piece[])[] {
  const pieces = new Map(memories.map(({memory}) => [memory, [] as Piece[]]))
  for (const {lean, exports} of state)
    for (const {memory, at, bytes} of placedData(lean, exports)) pieces.get(memory)!.push({at, bytes})
  return [...pieces.values()]
}

export const virtualBytes = ({pages}: StateMemory): number => Number(pages.value) * PAGE

/** Grows the memory for real to `pages`, where its maximum allows. */
export function reserve({memory, address, maxPages}: StateMemory, pages: number): void {
  const missing = Math.min(pages, maxPages) - memory.buffer.byteLength / PAGE
  if (missing > 0) growMemory(memory, address, missing)
}
