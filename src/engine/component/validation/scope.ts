// engine/component/validation/scope.ts: the index spaces of a component, or of a component or instance type.
import type {CoreExtern, FuncSignature} from '../../core/module.ts'
import type {CoreValType, Sort} from '../component.ts'
import {type Context, invalid} from './context.ts'
import {renamed} from './substitution.ts'
import type {
  AnyType,
  ComponentType,
  CoreModuleType,
  CoreType,
  Defined,
  Entity,
  Func,
  Instance,
  Resource,
  ResourceId,
  Value,
} from './types.ts'

/** What was imported or exported so far. */
export type Externs = Readonly<{
  entities: Map<string, Entity>
  /** Names by what must be unique in them. */
  taken: Map<string, string>
  /** The labels of resources that were imported or exported at the top. */
  resourceNames: Map<Resource, string>
}>

/** Types that have a name outside, and anonymous types found to hold only such; see visibility.ts. */
export type Visible = Readonly<{named: Set<AnyType>; closed: Set<Defined | Func | Instance>}>

export type CoreInstance = ReadonlyMap<string, CoreExtern>

export type Scope = {
  readonly kind: 'component' | 'component-type' | 'instance-type'
  readonly parent: Scope | undefined
  readonly core: Readonly<{
    func: (FuncSignature | undefined)[]
    table: Extract<CoreExtern, {kind: 'table'}>[]
    memory: Extract<CoreExtern, {kind: 'memory'}>[]
    global: Extract<CoreExtern, {kind: 'global'}>[]
    tag: Extract<CoreExtern, {kind: 'tag'}>[]
    type: CoreType[]
    module: CoreModuleType[]
    instance: CoreInstance[]
  }>
  readonly funcs: Func[]
  readonly values: {readonly type: Value; used: boolean}[]
  readonly types: AnyType[]
  readonly components: ComponentType[]
  readonly instances: Instance[]
  readonly imports: Externs
  readonly exports: Externs
  readonly visible: Readonly<{import: Visible; export: Visible}>
  /** Resources that imports brought, and those made here: defined, exported as abstract, or by an instance. */
  readonly imported: Set<ResourceId>
  readonly defined: Set<ResourceId>
  /** The type of thread-local storage, set by the first built-in that uses it. */
  contextType: CoreValType | undefined
}

export function newScope(kind: Scope['kind'], parent: Scope | undefined): Scope {
  const externs = (): Externs => ({entities: new Map(), taken: new Map(), resourceNames: new Map()})
  const visible = (): Visible => ({named: new Set(), closed: new Set()})
  return {
    kind,
    parent,
    core: {func: [], table: [], memory: [], global: [], tag: [], type: [], module: [], instance: []},
    funcs: [],
    values: [],
    types: [],
    components: [],
    instances: [],
    imports: externs(),
    exports: externs(),
    visible: {import: visible(), export: visible()},
    imported: new Set(),
    defined: new Set(),
    contextType: undefined,
  }
}

/** The entry at `index`, which must exist already. */
export function at<T>(cx: Context, space: readonly T[], index: number, what: string): T {
  if (index >= space.length) invalid(cx, `unknown ${what} ${index}: ${what} index out of bounds`)
  return space[index] as T
}

/** A definition as something that can be given or exported; a value counts as used from then on. */
export function entityAt(cx: Context, scope: Scope, sort: Sort, index: number): Entity {
  switch (sort) {
    case 'core-module':
      return {sort, type: at(cx, scope.core.module, index, 'module')}
    case 'func':
      return {sort, type: at(cx, scope.funcs, index, 'function')}
    case 'value': {
      const value = at(cx, scope.values, index, 'value')
      if (value.used) invalid(cx, `value ${index} cannot be used more than once`)
      value.used = true
      return {sort, type: value.type}
    }
    case 'type':
      return {sort, type: at(cx, scope.types, index, 'type')}
    case 'component':
      return {sort, type: at(cx, scope.components, index, 'component')}
    case 'instance':
      return {sort, type: at(cx, scope.instances, index, 'instance')}
    default:
      return invalid(cx, `a definition of sort ${sort} cannot leave its component`)
  }
}

/** Adds to the index space of the entity's sort. A value that is exported is used by that. */
export function addEntity(scope: Scope, entity: Entity, exported = false): void {
  switch (entity.sort) {
    case 'core-module':
      scope.core.module.push(entity.type)
      return
    case 'func':
      scope.funcs.push(entity.type)
      return
    case 'value':
      scope.values.push({type: entity.type, used: exported})
      return
    case 'type':
      scope.types.push(entity.type)
      return
    case 'component':
      scope.components.push(entity.type)
      return
    case 'instance':
      scope.instances.push(entity.type)
  }
}

export function addCoreExtern(scope: Scope, extern: CoreExtern): void {
  switch (extern.kind) {
    case 'func':
      scope.core.func.push(extern.signature)
      return
    case 'table':
      scope.core.table.push(extern)
      return
    case 'memory':
      scope.core.memory.push(extern)
      return
    case 'global':
      scope.core.global.push(extern)
      return
    case 'tag':
      scope.core.tag.push(extern)
  }
}

/** A type with a new name. */
export const renamedEntity = (entity: Entity): Entity =>
  entity.sort === 'type' ? {sort: 'type', type: renamed(entity.type)} : entity
