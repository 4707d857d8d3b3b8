// engine/component/validation/aliases.ts: aliases (Binary.md, Alias Definitions).
import type {Alias} from '../component.ts'
import {type Context, charge, invalid} from './context.ts'
import {partsOf} from './facts.ts'
import {addCoreExtern, addEntity, at, entityAt, type Scope} from './scope.ts'
import {type AnyType, describeSort, type Entity, type ResourceId, type Value} from './types.ts'

export function addAlias(cx: Context, scope: Scope, alias: Alias): void {
  charge(cx)
  if (scope.kind !== 'component' && !allowedInTypes(alias)) {
    invalid(cx, 'aliases in component and instance types may only refer to types or instances')
  }
  switch (alias.kind) {
    case 'export': {
      const entity = at(cx, scope.instances, alias.instance, 'instance').exports.get(alias.name)
      if (entity === undefined) noExport(cx, 'instance', alias)
      if (entity.sort !== alias.sort)
        wrongSort(cx, 'instance', alias, describeSort(alias.sort as Entity['sort']))
      addEntity(scope, entity)
      break
    }
    case 'core-export': {
      const extern = at(cx, scope.core.instance, alias.instance, 'core instance').get(alias.name)
      if (extern === undefined) noExport(cx, 'core instance', alias)
      if (extern.kind !== alias.sort) wrongSort(cx, 'core instance', alias, alias.sort)
      addCoreExtern(scope, extern)
      break
    }
    case 'outer':
      addOuterAlias(cx, scope, alias)
  }
}

function allowedInTypes(alias: Alias): boolean {
  if (alias.kind === 'export') return alias.sort === 'type' || alias.sort === 'instance'
  return alias.kind === 'outer' && (alias.sort === 'type' || alias.sort === 'core-type')
}

type Named = Readonly<{instance: number; name: string}>

function noExport(cx: Context, what: string, alias: Named): never {
  return invalid(cx, `${what} ${alias.instance} has no export named \`${alias.name}\``)
}

function wrongSort(cx: Context, what: string, alias: Named, wanted: string): never {
  return invalid(cx, `export \`${alias.name}\` for ${what} ${alias.instance} is not a ${wanted}`)
}

function addOuterAlias(cx: Context, scope: Scope, alias: Extract<Alias, {kind: 'outer'}>): void {
  let target = scope
  let crossed = false
  for (let i = 0; i < alias.count; i++) {
    crossed ||= target.kind === 'component'
    if (target.parent === undefined) invalid(cx, `invalid outer alias count of ${alias.count}`)
    target = target.parent
  }
  if (alias.sort === 'core-type') {
    scope.core.type.push(at(cx, target.core.type, alias.index, 'type'))
    return
  }
  const entity = entityAt(cx, target, alias.sort, alias.index)
  if (crossed && entity.sort === 'type' && mentionsResources(cx, entity.type)) {
    invalid(
      cx,
      'cannot alias an outer type which transitively refers to resources not defined in this component',
    )
  }
  addEntity(scope, entity)
}

/** Whether a type mentions resources other than those that it binds itself. */
function mentionsResources(cx: Context, type: AnyType): boolean {
  const mentioned = new Set<ResourceId>()
  const bound = new Set<ResourceId>()
  const seen = new Set<AnyType>()
  const visitValue = (value: Value | undefined): void => {
    if (value !== undefined && typeof value !== 'string') visit(value)
  }
  const visitEntities = (entities: Iterable<Entity>): void => {
    for (const entity of entities) {
      charge(cx)
      if (entity.sort === 'value') visitValue(entity.type)
      else if (entity.sort !== 'core-module') visit(entity.type)
    }
  }
  const visit = (one: AnyType): void => {
    if (seen.has(one)) return
    seen.add(one)
    charge(cx)
    switch (one.kind) {
      case 'resource':
        mentioned.add(one.id)
        return
      case 'defined':
        if (one.shape.kind === 'own' || one.shape.kind === 'borrow') visit(one.shape.resource)
        for (const part of partsOf(one.shape)) {
          charge(cx)
          visitValue(part)
        }
        return
      case 'func':
        charge(cx, one.params.length)
        for (const param of one.params) visitValue(param.type)
        visitValue(one.result)
        return
      case 'instance':
        charge(cx, one.bound.size)
        for (const id of one.bound) bound.add(id)
        visitEntities(one.exports.values())
        return
      case 'component':
        charge(cx, one.imported.size + one.defined.size)
        for (const id of one.imported) bound.add(id)
        for (const id of one.defined) bound.add(id)
        visitEntities(one.imports.values())
        visitEntities(one.exports.values())
        return
    }
  }
  visit(type)
  return [...mentioned].some(id => !bound.has(id))
}
