// engine/component/validation/type-definitions.ts: type definitions of every sort (Binary.md, Type Definitions).
import type {Decl, DefType, ResourceType} from '../component.ts'
import {addAlias} from './aliases.ts'
import {type Context, charge, invalid} from './context.ts'
import {sameSignature} from './core-match.ts'
import {addCoreType} from './core-type-definitions.ts'
import {addExtern, resolveExtern} from './externs.ts'
import {extentOf, extentOfEntity} from './facts.ts'
import {at, newScope, type Scope} from './scope.ts'
import {freshResource} from './substitution.ts'
import type {AnyType, ComponentType, Entity, Instance, Resource, ResourceId} from './types.ts'
import {defineFunc, defineValueType} from './value-types.ts'

export function defineType(cx: Context, scope: Scope, type: DefType): AnyType {
  charge(cx)
  switch (type.kind) {
    case 'func':
      return defineFunc(cx, scope, type)
    case 'component':
      return componentTypeOf(cx, declare(cx, scope, 'component-type', type.decls))
    case 'instance':
      return instanceTypeOf(cx, declare(cx, scope, 'instance-type', type.decls))
    case 'resource':
      return defineResource(cx, scope, type)
    default:
      return defineValueType(cx, scope, type)
  }
}

function defineResource(cx: Context, scope: Scope, type: ResourceType): Resource {
  if (scope.kind !== 'component') invalid(cx, 'resources can only be defined within a concrete component')
  if (type.dtor !== undefined) {
    const dtor = at(cx, scope.core.func, type.dtor, 'function')
    if (dtor === undefined || !sameSignature(dtor, {params: [type.rep], results: []})) {
      invalid(cx, `core function ${type.dtor} has wrong signature for a destructor`)
    }
  }
  return {kind: 'resource', id: freshResource(scope.defined, {definedIn: scope, rep: type.rep})}
}

/** A scope is some thirty objects, and a type that needs one may have no more than two bytes. */
const scopeCost = 10

function declare(
  cx: Context,
  parent: Scope,
  kind: 'component-type' | 'instance-type',
  decls: readonly Decl[],
): Scope {
  charge(cx, scopeCost)
  const scope = newScope(kind, parent)
  const {byteOffset} = cx
  for (const decl of decls) {
    cx.byteOffset = decl.byteOffset
    charge(cx)
    switch (decl.kind) {
      case 'core-type':
        addCoreType(cx, scope, decl.type)
        break
      case 'type':
        scope.types.push(defineType(cx, scope, decl.type))
        break
      case 'alias':
        addAlias(cx, scope, decl.alias)
        break
      case 'import':
      case 'export': {
        const made = decl.kind === 'import' ? scope.imported : scope.defined
        addExtern(cx, scope, decl.kind, decl.name, resolveExtern(cx, scope, decl.type, made))
      }
    }
  }
  cx.byteOffset = byteOffset
  return scope
}

// Types live as long as the validation does, and many of them export and bind nothing.
const noEntities: ReadonlyMap<string, Entity> = new Map()
const noResources: ReadonlySet<ResourceId> = new Set()
const small = (entities: ReadonlyMap<string, Entity>) => (entities.size === 0 ? noEntities : entities)
const smallSet = (ids: ReadonlySet<ResourceId>) => (ids.size === 0 ? noResources : ids)

function instanceTypeOf(cx: Context, scope: Scope): Instance {
  const exports = small(scope.exports.entities)
  const extent = extentOf(cx, [...exports.values()].map(extentOfEntity))
  return {kind: 'instance', exports, bound: smallSet(scope.defined), extent}
}

/** The type of what a scope imports and exports: of a component type, or of a component that is complete. */
export function componentTypeOf(cx: Context, scope: Scope): ComponentType {
  const [imports, exports] = [small(scope.imports.entities), small(scope.exports.entities)]
  const extent = extentOf(cx, [...imports.values(), ...exports.values()].map(extentOfEntity))
  const [imported, defined] = [smallSet(scope.imported), smallSet(scope.defined)]
  return {kind: 'component', imports, exports, imported, defined, extent}
}
