// engine/component/validation/types.ts: types with their indices resolved, as the rules compare them.
import type {CoreExtern, FuncSignature} from '../../core/module.ts'
import type {PrimValType} from '../component.ts'
import type {Facts} from './facts.ts'

/** A resource type as such: two are the same only if they are the same object. */
export type ResourceId = {
  /** The component that defines it, whose built-ins may make and look into it; undefined if it is abstract. */
  readonly definedIn: object | undefined
  /** What its component has for it; of no meaning where it is abstract. */
  readonly rep: 'i32' | 'i64'
}

/** A mention of a resource type. Each import or export of a resource makes a new one: a name, see visibility.ts. */
export type Resource = Readonly<{kind: 'resource'; id: ResourceId}>

export type Labelled<T> = Readonly<{label: string; type: T}>

/** What a defined type is made of. */
export type Shape =
  | Readonly<{kind: 'prim'; prim: PrimValType}>
  | Readonly<{kind: 'record'; fields: readonly Labelled<Value>[]}>
  | Readonly<{kind: 'variant'; cases: readonly Labelled<Value | undefined>[]}>
  | Readonly<{kind: 'list'; element: Value; length: number | undefined}>
  | Readonly<{kind: 'tuple'; elements: readonly Value[]}>
  | Readonly<{kind: 'flags' | 'enum'; labels: readonly string[]}>
  | Readonly<{kind: 'option'; element: Value}>
  | Readonly<{kind: 'result'; ok: Value | undefined; err: Value | undefined}>
  | Readonly<{kind: 'own' | 'borrow'; resource: Resource}>
  | Readonly<{kind: 'stream' | 'future'; element: Value | undefined}>
  | Readonly<{kind: 'map'; key: Value; value: Value}>

/** A type index that holds a value type. Imports and exports make a new object with the same shape: a name. */
export type Defined = Readonly<{kind: 'defined'; shape: Shape; facts: Facts}>

export type Value = PrimValType | Defined

/** How much there is of a type when what it shares is counted each time, and how deep it goes. */
export type Extent = Readonly<{size: number; depth: number}>

export type Func = Readonly<{
  kind: 'func'
  async: boolean
  params: readonly Labelled<Value>[]
  result: Value | undefined
  extent: Extent
}>

/** `bound` are the abstract resources that each use of the instance type makes anew. */
export type Instance = Readonly<{
  kind: 'instance'
  exports: ReadonlyMap<string, Entity>
  bound: ReadonlySet<ResourceId>
  extent: Extent
}>

/** For all resources `imported`, there are resources `defined` such that imports lead to exports. */
export type ComponentType = Readonly<{
  kind: 'component'
  imports: ReadonlyMap<string, Entity>
  exports: ReadonlyMap<string, Entity>
  imported: ReadonlySet<ResourceId>
  defined: ReadonlySet<ResourceId>
  extent: Extent
}>

/** Imports by module and field name. */
export type CoreModuleType = Readonly<{
  kind: 'core-module'
  imports: ReadonlyMap<string, ReadonlyMap<string, CoreExtern>>
  exports: ReadonlyMap<string, CoreExtern>
  size: number
}>

export type CoreType =
  | Readonly<{kind: 'func'; signature: FuncSignature}>
  | Readonly<{kind: 'opaque'}>
  | CoreModuleType

/** An entry of the type index space. */
export type AnyType = Resource | Defined | Func | Instance | ComponentType

/** What can be imported and exported, with its type. */
export type Entity =
  | Readonly<{sort: 'core-module'; type: CoreModuleType}>
  | Readonly<{sort: 'func'; type: Func}>
  | Readonly<{sort: 'value'; type: Value}>
  | Readonly<{sort: 'type'; type: AnyType}>
  | Readonly<{sort: 'component'; type: ComponentType}>
  | Readonly<{sort: 'instance'; type: Instance}>

/** How error messages call a type. */
export function describe(type: AnyType): string {
  return {
    resource: 'resource',
    defined: 'defined type',
    func: 'func',
    instance: 'instance',
    component: 'component',
  }[type.kind]
}

export const describeSort = (sort: Entity['sort']): string => (sort === 'core-module' ? 'module' : sort)

export const shapeName = (type: Value): string =>
  typeof type === 'string' ? type : type.shape.kind === 'prim' ? type.shape.prim : type.shape.kind
