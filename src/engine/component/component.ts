// engine/component/component.ts: a component as the binary says it, definition by definition, in order.
// Every index refers to the index space of its sort at that point, as in Binary.md. Nothing is resolved here:
// validate.ts proves that the indices and types are sound, engine/link resolves them.

export type Component = Readonly<{
  /** Where the component starts in the outermost binary, in bytes; its own bytes are `bytes`. */
  byteOffset: number
  bytes: Uint8Array
  /** In the binary's order, except custom sections. */
  definitions: readonly Definition[]
  customSections: readonly CustomSection[]
}>

export type CustomSection = Readonly<{name: string; byteOffset: number; bytes: Uint8Array}>

/** `byteOffset` is where the definition starts in the outermost binary. */
export type Definition = Readonly<{byteOffset: number}> &
  (
    | Readonly<{kind: 'core-module'; bytes: Uint8Array}>
    | Readonly<{kind: 'core-instance'; expr: CoreInstanceExpr}>
    | Readonly<{kind: 'core-type'; type: CoreDefType}>
    | Readonly<{kind: 'component'; component: Component}>
    | Readonly<{kind: 'instance'; expr: InstanceExpr}>
    | Readonly<{kind: 'alias'; alias: Alias}>
    | Readonly<{kind: 'type'; type: DefType}>
    | Readonly<{kind: 'canon'; canon: Canon}>
    | Readonly<{kind: 'start'; func: number; args: readonly number[]; results: number}>
    | Readonly<{kind: 'import'; name: ExternName; type: ExternType}>
    | Readonly<{kind: 'export'; name: ExternName; sort: Sort; index: number; type: ExternType | undefined}>
    /** `bytesOffset` is where `bytes` start in the outermost binary. */
    | Readonly<{kind: 'value'; type: ValType; bytes: Uint8Array; bytesOffset: number}>
  )

export type CoreSort = 'func' | 'table' | 'memory' | 'global' | 'tag' | 'type' | 'module' | 'instance'

/** `core-module` and so on are core sorts used where a component sort is expected. */
export type Sort = 'func' | 'value' | 'type' | 'component' | 'instance' | `core-${CoreSort}`

/** A name with its attributes, e.g. {name: 'wasi:io/streams@0.2.3'}. */
export type ExternName = Readonly<{
  name: string
  implements?: string
  versionSuffix?: string
  externalId?: string
}>

export type CoreInstanceExpr =
  | Readonly<{
      kind: 'instantiate'
      module: number
      args: readonly Readonly<{name: string; instance: number}>[]
    }>
  | Readonly<{kind: 'exports'; exports: readonly Readonly<{name: string; sort: CoreSort; index: number}>[]}>

export type InstanceExpr =
  | Readonly<{
      kind: 'instantiate'
      component: number
      args: readonly Readonly<{name: string; sort: Sort; index: number}>[]
    }>
  | Readonly<{kind: 'exports'; exports: readonly Readonly<{name: ExternName; sort: Sort; index: number}>[]}>

export type Alias =
  | Readonly<{kind: 'export'; sort: Sort; instance: number; name: string}>
  | Readonly<{kind: 'core-export'; sort: CoreSort; instance: number; name: string}>
  /** `count` scopes outwards, 0 being the current one. */
  | Readonly<{kind: 'outer'; sort: Sort; count: number; index: number}>

// Types

export type PrimValType =
  | 'bool'
  | 's8'
  | 'u8'
  | 's16'
  | 'u16'
  | 's32'
  | 'u32'
  | 's64'
  | 'u64'
  | 'f32'
  | 'f64'
  | 'char'
  | 'string'
  | 'error-context'

/** A primitive by name, or an index into the type index space. */
export type ValType = PrimValType | number

export type Field = Readonly<{label: string; type: ValType}>
export type Case = Readonly<{label: string; type: ValType | undefined}>

export type DefValType =
  | Readonly<{kind: 'prim'; prim: PrimValType}>
  | Readonly<{kind: 'record'; fields: readonly Field[]}>
  | Readonly<{kind: 'variant'; cases: readonly Case[]}>
  | Readonly<{kind: 'list'; element: ValType; length: number | undefined}>
  | Readonly<{kind: 'tuple'; elements: readonly ValType[]}>
  | Readonly<{kind: 'flags'; labels: readonly string[]}>
  | Readonly<{kind: 'enum'; labels: readonly string[]}>
  | Readonly<{kind: 'option'; element: ValType}>
  | Readonly<{kind: 'result'; ok: ValType | undefined; err: ValType | undefined}>
  | Readonly<{kind: 'own'; resource: number}>
  | Readonly<{kind: 'borrow'; resource: number}>
  | Readonly<{kind: 'stream'; element: ValType | undefined}>
  | Readonly<{kind: 'future'; element: ValType | undefined}>
  | Readonly<{kind: 'map'; key: ValType; value: ValType}>

export type FuncType = Readonly<{
  kind: 'func'
  async: boolean
  params: readonly Field[]
  result: ValType | undefined
}>
export type ComponentType = Readonly<{kind: 'component'; decls: readonly Decl[]}>
export type InstanceType = Readonly<{kind: 'instance'; decls: readonly Decl[]}>
export type ResourceType = Readonly<{kind: 'resource'; rep: 'i32' | 'i64'; dtor: number | undefined}>

export type DefType = DefValType | FuncType | ComponentType | InstanceType | ResourceType

/** Declarators of component and instance types; imports occur in component types only. */
export type Decl = Readonly<{byteOffset: number}> &
  (
    | Readonly<{kind: 'core-type'; type: CoreDefType}>
    | Readonly<{kind: 'type'; type: DefType}>
    | Readonly<{kind: 'alias'; alias: Alias}>
    | Readonly<{kind: 'import'; name: ExternName; type: ExternType}>
    | Readonly<{kind: 'export'; name: ExternName; type: ExternType}>
  )

export type ExternType =
  | Readonly<{kind: 'core-module'; type: number}>
  | Readonly<{kind: 'func'; type: number}>
  | Readonly<{
      kind: 'value'
      bound: Readonly<{kind: 'eq'; value: number}> | Readonly<{kind: 'type'; type: ValType}>
    }>
  | Readonly<{kind: 'type'; bound: Readonly<{kind: 'eq'; type: number}> | Readonly<{kind: 'sub-resource'}>}>
  | Readonly<{kind: 'component'; type: number}>
  | Readonly<{kind: 'instance'; type: number}>

// Core types

/** A core value type in text form: 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'funcref' | '(ref null 3)' ... */
export type CoreValType = string

export type CoreFuncType = Readonly<{
  kind: 'func'
  params: readonly CoreValType[]
  results: readonly CoreValType[]
}>
/**
 * Sub types, recursion groups, structs and arrays: kept as bytes, since only identity matters here.
 * A recursion group adds `count` types to the core type index space, every other type adds one.
 */
export type CoreOpaqueType = Readonly<{kind: 'opaque'; bytes: Uint8Array; count: number}>
export type CoreModuleType = Readonly<{kind: 'module'; decls: readonly CoreModuleDecl[]}>
export type CoreDefType = CoreFuncType | CoreOpaqueType | CoreModuleType

export type Limits = Readonly<{min: bigint; max: bigint | undefined; shared: boolean; address: 'i32' | 'i64'}>
export type CoreExternType =
  | Readonly<{kind: 'func'; type: number}>
  | Readonly<{kind: 'table'; element: CoreValType; limits: Limits}>
  | Readonly<{kind: 'memory'; limits: Limits; pageSizeLog2: number}>
  | Readonly<{kind: 'global'; type: CoreValType; mutable: boolean}>
  | Readonly<{kind: 'tag'; type: number}>

export type CoreModuleDecl =
  | Readonly<{kind: 'import'; module: string; name: string; type: CoreExternType}>
  | Readonly<{kind: 'type'; type: CoreDefType}>
  | Readonly<{kind: 'alias'; count: number; index: number}>
  | Readonly<{kind: 'export'; name: string; type: CoreExternType}>

// Canonical definitions

export type StringEncoding = 'utf8' | 'utf16' | 'latin1+utf16'

export type CanonOptions = Readonly<{
  stringEncoding: StringEncoding
  memory: number | undefined
  realloc: number | undefined
  postReturn: number | undefined
  async: boolean
  callback: number | undefined
}>

/** Each adds one entry to the core func space, `lift` to the func space. Named as in Explainer.md. */
export type Canon =
  | Readonly<{kind: 'lift'; func: number; options: CanonOptions; type: number}>
  | Readonly<{kind: 'lower'; func: number; options: CanonOptions}>
  | Readonly<{kind: 'resource.new' | 'resource.drop' | 'resource.rep'; type: number}>
  | Readonly<{kind: 'backpressure.inc' | 'backpressure.dec' | 'task.cancel' | 'subtask.drop'}>
  | Readonly<{kind: 'task.return'; result: ValType | undefined; options: CanonOptions}>
  | Readonly<{kind: 'context.get' | 'context.set'; type: CoreValType; slot: number}>
  | Readonly<{kind: 'subtask.cancel'; async: boolean}>
  | Readonly<{
      kind:
        | 'stream.new'
        | 'stream.drop-readable'
        | 'stream.drop-writable'
        | 'future.new'
        | 'future.drop-readable'
        | 'future.drop-writable'
      type: number
    }>
  | Readonly<{
      kind: 'stream.read' | 'stream.write' | 'future.read' | 'future.write'
      type: number
      options: CanonOptions
    }>
  | Readonly<{
      kind: 'stream.cancel-read' | 'stream.cancel-write' | 'future.cancel-read' | 'future.cancel-write'
      type: number
      async: boolean
    }>
  | Readonly<{kind: 'error-context.new' | 'error-context.debug-message'; options: CanonOptions}>
  | Readonly<{kind: 'error-context.drop'}>
  | Readonly<{kind: 'waitable-set.new' | 'waitable-set.drop' | 'waitable.join'}>
  | Readonly<{kind: 'waitable-set.wait' | 'waitable-set.poll'; cancellable: boolean; memory: number}>
  | Readonly<{kind: 'thread.index' | 'thread.resume-later'}>
  | Readonly<{kind: 'thread.new-indirect'; type: number; table: number}>
  | Readonly<{
      kind:
        | 'thread.yield'
        | 'thread.suspend'
        | 'thread.suspend-then-resume'
        | 'thread.yield-then-resume'
        | 'thread.suspend-then-promote'
        | 'thread.yield-then-promote'
      cancellable: boolean
    }>
  | Readonly<{kind: 'thread.spawn-ref'; shared: boolean; type: number}>
  | Readonly<{kind: 'thread.spawn-indirect'; shared: boolean; type: number; table: number}>
  | Readonly<{kind: 'thread.available-parallelism'; shared: boolean}>
