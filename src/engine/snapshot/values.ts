// engine/snapshot/values.ts: globals and tables: captured, made a sandbox's own, put back.
import {budgetOf} from './adopt-instance.ts'
import {captureReference, exportedFunctions, ownReference, type ReferenceImage} from './references.ts'
import type {CoreState} from './snapshot.ts'
import {type Cell, type StateParts, virtualBytes} from './state.ts'

export type ValuesImage = Readonly<{
  globals: readonly ReferenceImage[]
  tables: readonly (readonly ReferenceImage[])[]
}>

export function captureValues(state: CoreState, parts: StateParts): ValuesImage {
  const functions = exportedFunctions(state)
  const tables = parts.tables.map(table =>
    Array.from({length: table.length}, (_, i) => captureReference(table.get(i), functions)),
  )
  return {globals: parts.globals.map(({value}) => captureReference(value, functions)), tables}
}

/** What puts a sandbox's globals and tables back. */
export type ValuesRestorer = Readonly<{
  restore(): void
  /** A table grew: it cannot be made shorter again. */
  readonly outgrown: boolean
}>

/** Sets the state's globals and tables to the image's. The state must be freshly instantiated. */
export function adoptValues(image: ValuesImage, state: CoreState, parts: StateParts): ValuesRestorer {
  const globals: Cell[] = [...parts.globals]
  const values = globals.map((global, i) => ownReference(image.globals[i]!, state, global.value))
  const tables = parts.tables.map((table, t) => {
    const wanted = image.tables[t]!
    if (table.length < wanted.length) table.grow(wanted.length - table.length)
    return wanted.map((reference, i) => ownReference(reference, state, table.get(i)))
  })
  for (let i = 0; i < globals.length; i++) globals[i]!.value = values[i]
  restoreTables()

  // The sizes are set now, so what is left of the budget can be told.
  for (const budget of new Set(state.map(({exports}) => budgetOf(exports)))) budget?.settle()
  for (const left of parts.left) {
    globals.push(left)
    values.push(left.value)
  }

  function restoreTables(): void {
    tables.forEach((entries, t) => {
      const table = parts.tables[t]!
      for (let i = 0; i < entries.length; i++) if (table.get(i) !== entries[i]) table.set(i, entries[i])
    })
  }
  return {
    restore() {
      for (let i = 0; i < globals.length; i++) globals[i]!.value = values[i]
      if (tables.length > 0) restoreTables()
    },
    get outgrown() {
      return tables.some((entries, t) => parts.tables[t]!.length !== entries.length)
    },
  }
}

/** Copies of the memories up to their virtual sizes. */
export const captureMemories = ({memories}: StateParts): Uint8Array[] =>
  memories.map(one => new Uint8Array(one.memory.buffer).slice(0, virtualBytes(one)))
