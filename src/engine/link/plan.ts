// engine/link/plan.ts: a component tree flattened: every alias and argument resolved, in the order of instantiation.
import type {FuncType, Resource, Type} from '../abi/types.ts'
import type {Canon, StringEncoding} from '../component/component.ts'
import type {HostFunction, HostResource} from './imports.ts'

/** A core definition that a step makes, by the core instance and export name that it has. */
export type CoreExportRef = Readonly<{kind: 'export'; instance: number; name: string}>
/** A core function made by the engine. */
export type TrampolineRef = Readonly<{kind: 'trampoline'; trampoline: number}>
export type CoreRef = CoreExportRef | TrampolineRef

export type LiftOptions = Readonly<{
  stringEncoding: StringEncoding
  memory: MemoryRef | undefined
  realloc: CoreRef | undefined
  postReturn: CoreRef | undefined
  async: boolean
  callback: CoreRef | undefined
}>

/** `index` numbers the memories that canonical options name. */
export type MemoryRef = Readonly<{index: number; ref: CoreExportRef; address: 'i32' | 'i64'}>

/** A component-level function: where it comes from, and so how it is called. */
export type Func =
  | Readonly<{kind: 'host'; name: string; host: HostFunction; hostIndex: number; type: FuncType}>
  | Readonly<{
      kind: 'lifted'
      core: CoreRef
      /** Whether the type of `core` is only its signature, so that modules of ours can import it. */
      isPlain: boolean
      options: LiftOptions
      type: FuncType
      instance: number
    }>

export type Trampoline =
  | Readonly<{kind: 'lower'; func: Func; options: LiftOptions; instance: number}>
  | Readonly<{kind: 'resource.new' | 'resource.rep' | 'resource.drop'; resource: number; instance: number}>
  | AsyncBuiltin

/** A built-in of the asynchronous ABI; what its canon does not say is unset. */
export type AsyncBuiltin = Readonly<{
  kind: 'async'
  name: Exclude<Canon['kind'], 'lift' | 'lower' | 'resource.new' | 'resource.rep' | 'resource.drop'>
  instance: number
  async: boolean
  cancellable: boolean
  slot: number
  valueType: 'i32' | 'i64'
  /** The stream or future type, or the result of task.return. */
  type: Type | undefined
  options: LiftOptions | undefined
  table: CoreRef | undefined
}>

export type ResourcePlan = Readonly<{
  resource: Resource
  host: HostResource | undefined
  dtor: CoreRef | undefined
}>

export type Step =
  | Readonly<{kind: 'instantiate'; instance: number; module: number; imports: readonly CoreImportPlan[]}>
  | Readonly<{kind: 'trampoline'; trampoline: number}>

export type CoreImportPlan = Readonly<{module: string; name: string; ref: CoreRef}>

/** Something that the root component exports. */
export type ExportPlan =
  | Readonly<{kind: 'func'; func: Func}>
  | Readonly<{kind: 'instance'; exports: ExportMap}>
export type ExportMap = ReadonlyMap<string, ExportPlan>

export type Plan = Readonly<{
  /** Distinct core modules, each once however often it is instantiated. */
  modules: readonly Uint8Array[]
  /** Component instances; `parent` is the index of the one that contains it, `blocks` whether a call into it may wait. */
  instances: readonly Readonly<{parent: number | undefined; blocks: boolean}>[]
  resources: readonly ResourcePlan[]
  memories: readonly MemoryRef[]
  trampolines: readonly Trampoline[]
  steps: readonly Step[]
  hostFunctions: readonly Readonly<{name: string; host: HostFunction}>[]
  exports: ExportMap
  /** Whether anything in it is of the asynchronous ABI. */
  async: boolean
  /** Whether its core modules have exceptions. */
  throws: boolean
}>
