// engine/link/scope.ts: the index spaces of one component instance while it is linked.
import type {FuncType, Resource, Type} from '../abi/types.ts'
import type {Component, Decl} from '../component/component.ts'
import type {CoreRef, Func} from './plan.ts'

/** An entry of the type index space. Component and instance types are evaluated where they are used. */
export type TypeItem =
  | Readonly<{kind: 'value'; type: Type}>
  | Readonly<{kind: 'func'; type: FuncType}>
  | Readonly<{kind: 'resource'; resource: Resource}>
  | Readonly<{kind: 'instance' | 'component'; decls: readonly Decl[]; scope: Scope}>

export type CoreInstanceItem =
  /** Exports are looked up by name in the module's own list. */
  | Readonly<{kind: 'instantiated'; instance: number}>
  | Readonly<{kind: 'exports'; exports: ReadonlyMap<string, CoreRef>}>

export type ModuleItem = Readonly<{module: number}>
/** A component with the scope it was defined in, which its outer aliases reach into. */
export type ComponentItem = Readonly<{component: Component; scope: Scope}>
export type InstanceItem = ReadonlyMap<string, Item>

export type Item =
  | Readonly<{sort: 'func'; func: Func}>
  | Readonly<{sort: 'type'; type: TypeItem}>
  | Readonly<{sort: 'instance'; instance: InstanceItem}>
  | Readonly<{sort: 'component'; component: ComponentItem}>
  | Readonly<{sort: 'core-module'; module: ModuleItem}>

/** Scopes nest: a component in a component, a type's declarators in either. */
export class Scope {
  readonly parent: Scope | undefined
  /** The component instance that definitions here belong to. */
  readonly instance: number
  readonly types: TypeItem[] = []
  readonly funcs: Func[] = []
  readonly instances: InstanceItem[] = []
  readonly components: ComponentItem[] = []
  readonly coreModules: ModuleItem[] = []
  readonly coreInstances: CoreInstanceItem[] = []
  readonly coreFuncs: CoreRef[] = []
  readonly coreTables: CoreRef[] = []
  readonly coreMemories: CoreRef[] = []
  readonly coreGlobals: CoreRef[] = []
  readonly coreTags: CoreRef[] = []
  /** Counted only: nothing that runs today refers to a core type. */
  coreTypes = 0

  constructor(parent: Scope | undefined, instance: number) {
    this.parent = parent
    this.instance = instance
  }

  /** The scope `count` levels out. */
  outer(count: number): Scope {
    let scope: Scope = this
    for (let i = 0; i < count; i++) scope = scope.parent!
    return scope
  }
}
