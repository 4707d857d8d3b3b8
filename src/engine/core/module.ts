// engine/core/module.ts: what the engine must know of a core module without compiling it.
import type {CoreValType, Limits} from '../component/component.ts'
import type {CompositeType} from './types.ts'

export type FuncSignature = Readonly<{params: readonly CoreValType[]; results: readonly CoreValType[]}>

/** The type of something imported or exported, with function types resolved. */
export type CoreExtern =
  | Readonly<{kind: 'func'; signature: FuncSignature | undefined; typeIndex: number}>
  | Readonly<{kind: 'table'; element: CoreValType; limits: Limits}>
  | Readonly<{kind: 'memory'; limits: Limits; pageSizeLog2: number}>
  | Readonly<{kind: 'global'; type: CoreValType; mutable: boolean}>
  | Readonly<{kind: 'tag'; signature: FuncSignature | undefined; typeIndex: number}>

export type CoreImport = Readonly<{module: string; name: string; type: CoreExtern}>
export type CoreExport = Readonly<{name: string; index: number; type: CoreExtern}>

/** A section's place: `start` is its first content byte, `end` the byte after its last, in the module's bytes. */
export type CoreSection = Readonly<{id: number; start: number; end: number; name: string | undefined}>

export type CoreModule = Readonly<{
  bytes: Uint8Array
  sections: readonly CoreSection[]
  imports: readonly CoreImport[]
  exports: readonly CoreExport[]
  /** The index spaces, what is imported first. Functions and tags are given by their types' indices. */
  types: readonly CompositeType[]
  functions: readonly number[]
  tables: readonly Extract<CoreExtern, {kind: 'table'}>[]
  memories: readonly Extract<CoreExtern, {kind: 'memory'}>[]
  globals: readonly CoreGlobal[]
  tags: readonly number[]
  /** The start function's index. */
  start: number | undefined
}>

/** A global; `init` is its constant expression, `end` included, none if it is imported. */
export type CoreGlobal = Readonly<{
  kind: 'global'
  type: CoreValType
  mutable: boolean
  init: Uint8Array | undefined
}>
