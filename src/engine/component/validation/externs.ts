// engine/component/validation/externs.ts: imports and exports (Binary.md, Import and Export Definitions).
import type {ExternName, ExternType} from '../component.ts'
import {type Context, checkNameLength, invalid} from './context.ts'
import {checkExternName, type ParsedName, takeName} from './extern-names.ts'
import {addEntity, at, type Externs, type Scope} from './scope.ts'
import {freshResource, openInstance, renamed} from './substitution.ts'
import type {Entity, Func, Resource, ResourceId, Value} from './types.ts'
import {resolveValue} from './value-types.ts'
import {takeNames} from './visibility.ts'

export type Direction = 'import' | 'export'

/**
 * What an `externtype` says. Types get a new name, instances new resources.
 * @param made receives the abstract resources that come with it
 */
export function resolveExtern(cx: Context, scope: Scope, type: ExternType, made: Set<ResourceId>): Entity {
  switch (type.kind) {
    case 'core-module': {
      const core = at(cx, scope.core.type, type.type, 'type')
      if (core.kind !== 'core-module') return invalid(cx, `core type index ${type.type} is not a module type`)
      return {sort: 'core-module', type: core}
    }
    case 'func': {
      const func = at(cx, scope.types, type.type, 'type')
      if (func.kind !== 'func') return invalid(cx, `type index ${type.type} is not a function type`)
      return {sort: 'func', type: func}
    }
    case 'component': {
      const component = at(cx, scope.types, type.type, 'type')
      if (component.kind !== 'component')
        return invalid(cx, `type index ${type.type} is not a component type`)
      return {sort: 'component', type: component}
    }
    case 'instance': {
      const instance = at(cx, scope.types, type.type, 'type')
      if (instance.kind !== 'instance') return invalid(cx, `type index ${type.type} is not an instance type`)
      return {sort: 'instance', type: openInstance(cx, instance, made)}
    }
    case 'value': {
      const {bound} = type
      if (bound.kind === 'eq') return {sort: 'value', type: at(cx, scope.values, bound.value, 'value').type}
      return {sort: 'value', type: resolveValue(cx, scope, bound.type)}
    }
    case 'type': {
      const {bound} = type
      if (bound.kind === 'eq') return {sort: 'type', type: renamed(at(cx, scope.types, bound.type, 'type'))}
      return {sort: 'type', type: {kind: 'resource', id: freshResource(made)}}
    }
  }
}

/** Adds an import or export to a scope, with all rules for its name and the types that it shows to the outside. */
export function addExtern(
  cx: Context,
  scope: Scope,
  direction: Direction,
  name: ExternName,
  entity: Entity,
): void {
  const externs = direction === 'import' ? scope.imports : scope.exports
  takeExternName(cx, externs, direction, name, entity)
  if (entity.sort === 'type' && entity.type.kind === 'resource')
    externs.resourceNames.set(entity.type, name.name)
  if (scope.kind !== 'instance-type') {
    // Exports may refer to what is imported, but imports not to what is exported.
    const also = direction === 'import' ? scope.visible.export : undefined
    if (!takeNames(cx, scope.visible[direction], entity, also)) {
      invalid(
        cx,
        `${entity.sort === 'core-module' ? 'module' : entity.sort} not valid to be used as ${direction}`,
      )
    }
  }
  addEntity(scope, entity, direction === 'export')
}

/** Records a name in `externs` after checking its grammar, that it is unique, and what it says of a resource. */
export function takeExternName(
  cx: Context,
  externs: Externs,
  direction: Direction,
  name: ExternName,
  entity: Entity,
): void {
  checkNameLength(cx, name.name)
  const parsed = checkExternName(cx, direction, name)
  if (name.implements !== undefined && entity.sort !== 'instance') {
    invalid(cx, `only instances can have an \`implements\`: \`${name.name}\` is a ${entity.sort}`)
  }
  takeName(cx, externs.taken, name.name, `${direction} name`)
  checkAnnotation(cx, externs, name.name, parsed, entity)
  externs.entities.set(name.name, entity)
}

function checkAnnotation(
  cx: Context,
  externs: Externs,
  name: string,
  parsed: ParsedName,
  entity: Entity,
): void {
  if (parsed.kind === 'label' || parsed.kind === 'interface') return
  if (entity.sort !== 'func') invalid(cx, `item named \`${name}\` is not a func`)
  switch (parsed.kind) {
    case 'constructor':
      checkName(cx, externs, parsed.resource, constructed(cx, entity.type))
      break
    case 'method':
      checkName(cx, externs, parsed.resource, receiver(cx, entity.type))
      break
    case 'static': {
      const resource = externs.entities.get(parsed.resource)
      if (resource?.sort === 'type' && resource.type.kind === 'resource') return
      invalid(cx, 'static resource name is not known in this context')
    }
  }
}

function checkName(cx: Context, externs: Externs, expected: string, resource: Resource): void {
  const known = externs.resourceNames.get(resource)
  if (known === undefined) invalid(cx, 'resource used in function does not have a name in this context')
  if (known !== expected) invalid(cx, `function does not match expected resource name \`${known}\``)
}

function handleTo(type: Value | undefined, kind: 'own' | 'borrow'): Resource | undefined {
  if (type === undefined || typeof type === 'string') return undefined
  const {shape} = type
  return (shape.kind === 'own' || shape.kind === 'borrow') && shape.kind === kind ? shape.resource : undefined
}

function constructed(cx: Context, func: Func): Resource {
  const {result} = func
  if (result === undefined) return invalid(cx, 'function should return one value')
  const shape = typeof result === 'string' ? undefined : result.shape
  const value = shape?.kind === 'result' ? shape.ok : result
  return handleTo(value, 'own') ?? invalid(cx, 'function should return `(own $T)` or `(result (own $T))`')
}

function receiver(cx: Context, func: Func): Resource {
  const [self] = func.params
  if (self === undefined) return invalid(cx, 'function should have at least one argument')
  if (self.label !== 'self') invalid(cx, 'function should have a first argument called `self`')
  return (
    handleTo(self.type, 'borrow') ?? invalid(cx, 'function should take a first argument of `(borrow $T)`')
  )
}
