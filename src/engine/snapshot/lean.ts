// engine/snapshot/lean.ts: a core module without its state: what is left is code, shared by hash.

export type LeanModule = Readonly<{
  /** The rewritten module. Two apps built by one toolchain from one interpreter have the same bytes here. */
  bytes: Uint8Array
  /** SHA-256 of `bytes`, hex. */
  hash: string
  /** Active data segments in order; the linker applies them at the first instantiation. */
  data: readonly DataSegment[]
  /** The export under which the start function can be called; none if there is none. */
  start: string | undefined
  /** Mutable globals that this module defines, by reserved export name. */
  globals: readonly Readonly<{exportName: string; type: string}>[]
  /** All memories, imported first. */
  memories: readonly LeanMemory[]
  /** Tables that this module defines. */
  tables: readonly Readonly<{exportName: string; element: string}>[]
  /** Whether any instruction can write a table (its own or an imported one). */
  writesTables: boolean
  /** Why a state of this module cannot be restored, only made anew: 'garbage-collected objects', ... */
  unrestorable: string | undefined
}>

export type DataSegment = Readonly<{
  memory: number
  /** The offset's constant expression, evaluated. A global is given by the export name under which it can be read. */
  offset: readonly OffsetTerm[]
  bytes: Uint8Array
}>

/** Terms to be added up (extended constant expressions in reverse polish order). */
export type OffsetTerm = bigint | Readonly<{global: string}> | '+' | '-' | '*'

export type LeanMemory = Readonly<{
  /** Export name of the memory itself; an imported memory is exported too. */
  exportName: string
  imported: boolean
  address: 'i32' | 'i64'
  minPages: number
  maxPages: number | undefined
  /**
   * Export name of the mutable global that holds the memory's virtual size in pages (defined memories).
   * For an imported memory: of the mutable funcref globals that the linker must point at the owner's functions.
   */
  sizeGlobal: string | undefined
  sizeFunction: string | undefined
  growFunction: string | undefined
}>
