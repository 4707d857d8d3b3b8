// base/webassembly.d.ts: the WebAssembly JavaScript interface, with JSPI, as V8 has it; Node's types leave it out.

declare namespace WebAssembly {
  type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128' | 'externref' | 'anyfunc' | (string & {})
  type ImportExportKind = 'function' | 'table' | 'memory' | 'global' | 'tag'
  type ImportValue = Function | Memory | Table | Global | Tag | Suspending | number | bigint
  type Imports = Record<string, Record<string, ImportValue>>
  type Exports = Record<string, any>

  class Module {
    constructor(bytes: Uint8Array | ArrayBuffer)
    static imports(module: Module): {module: string; name: string; kind: ImportExportKind}[]
    static exports(module: Module): {name: string; kind: ImportExportKind}[]
    static customSections(module: Module, name: string): ArrayBuffer[]
  }
  class Instance {
    constructor(module: Module, imports?: object)
    readonly exports: Exports
  }
  class Memory {
    constructor(descriptor: {
      initial: number | bigint
      maximum?: number | bigint
      shared?: boolean
      address?: 'i32' | 'i64'
    })
    readonly buffer: ArrayBuffer
    grow(pages: number | bigint): number | bigint
  }
  class Table {
    constructor(descriptor: {element: string; initial: number; maximum?: number}, value?: unknown)
    readonly length: number
    get(index: number | bigint): any
    set(index: number | bigint, value?: any): void
    grow(delta: number | bigint, value?: any): number
  }
  class Global<T = ValueType> {
    constructor(descriptor: {value: T; mutable?: boolean}, value?: unknown)
    value: T extends 'i32' | 'f32' | 'f64' ? number : T extends 'i64' ? bigint : any
    valueOf(): any
  }
  class Tag {
    constructor(descriptor: {parameters: ValueType[]})
  }
  class Exception extends Error {
    constructor(tag: Tag, payload: unknown[])
    is(tag: Tag): boolean
  }
  class Suspending {
    constructor(func: Function)
  }
  function promising(func: Function): (...args: any[]) => Promise<any>
  class CompileError extends Error {}
  class LinkError extends Error {}
  class RuntimeError extends Error {}
  class SuspendError extends Error {}

  function validate(bytes: Uint8Array | ArrayBuffer): boolean
  function compile(bytes: Uint8Array | ArrayBuffer): Promise<Module>
}
