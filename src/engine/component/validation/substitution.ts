// engine/component/validation/substitution.ts: puts actual types in the place of imported ones.
import {type Context, charge} from './context.ts'
import type {AnyType, Entity, Instance, Labelled, ResourceId, Shape, Value} from './types.ts'

/**
 * What instantiation knows of a component's parameters so far. `types` holds the imported types that were matched and,
 * as a memory, every type that was rewritten: an import or export mentioned twice stays one and the same object.
 */
export type Substitution = Readonly<{
  resources: Map<ResourceId, ResourceId>
  types: Map<AnyType, AnyType>
}>

export const emptySubstitution = (): Substitution => ({resources: new Map(), types: new Map()})

/** Rewrites `type`; gives back the same object if nothing in it changes. */
export function substitute<T extends AnyType>(cx: Context, by: Substitution, type: T): T {
  const known = by.types.get(type)
  if (known !== undefined) return known as T
  charge(cx)
  const result = rewrite(cx, by, type)
  by.types.set(type, result)
  return result as T
}

export function substituteEntity(cx: Context, by: Substitution, entity: Entity): Entity {
  if (entity.sort === 'core-module') return entity
  const type = entity.sort === 'value' ? inValue(cx, by, entity.type) : substitute(cx, by, entity.type)
  return type === entity.type ? entity : ({sort: entity.sort, type} as Entity)
}

function rewrite(cx: Context, by: Substitution, type: AnyType): AnyType {
  switch (type.kind) {
    case 'resource': {
      const id = by.resources.get(type.id)
      return id === undefined || id === type.id ? type : {kind: 'resource', id}
    }
    case 'defined': {
      const shape = inShape(cx, by, type.shape)
      return shape === type.shape ? type : {...type, shape}
    }
    case 'func': {
      const params = inLabelled(cx, by, type.params)
      const result = type.result && inValue(cx, by, type.result)
      return params === type.params && result === type.result ? type : {...type, params, result}
    }
    case 'instance': {
      const exports = inEntities(cx, by, type.exports)
      return exports === type.exports ? type : {...type, exports}
    }
    case 'component': {
      const imports = inEntities(cx, by, type.imports)
      const exports = inEntities(cx, by, type.exports)
      return imports === type.imports && exports === type.exports ? type : {...type, imports, exports}
    }
  }
}

function inEntities(
  cx: Context,
  by: Substitution,
  entities: ReadonlyMap<string, Entity>,
): ReadonlyMap<string, Entity> {
  let changed = false
  const result = new Map<string, Entity>()
  for (const [name, entity] of entities) {
    charge(cx)
    const other = substituteEntity(cx, by, entity)
    changed ||= other !== entity
    result.set(name, other)
  }
  return changed ? result : entities
}

function inValue(cx: Context, by: Substitution, type: Value): Value {
  return typeof type === 'string' ? type : substitute(cx, by, type)
}

function inLabelled<T extends Value | undefined>(
  cx: Context,
  by: Substitution,
  items: readonly Labelled<T>[],
): readonly Labelled<T>[] {
  charge(cx, items.length)
  const result = items.map(item => {
    const type = item.type && inValue(cx, by, item.type)
    return type === item.type ? item : ({label: item.label, type} as Labelled<T>)
  })
  return result.every((item, i) => item === items[i]) ? items : result
}

function inShape(cx: Context, by: Substitution, shape: Shape): Shape {
  const other = mapShape(cx, by, shape)
  return Object.entries(other).every(([key, part]) => part === shape[key as keyof Shape]) ? shape : other
}

function mapShape(cx: Context, by: Substitution, shape: Shape): Shape {
  const optional = (type: Value | undefined): Value | undefined => type && inValue(cx, by, type)
  switch (shape.kind) {
    case 'record':
      return {...shape, fields: inLabelled(cx, by, shape.fields)}
    case 'variant':
      return {...shape, cases: inLabelled(cx, by, shape.cases)}
    case 'tuple': {
      charge(cx, shape.elements.length)
      const elements = shape.elements.map(element => inValue(cx, by, element))
      return elements.every((element, i) => element === shape.elements[i]) ? shape : {...shape, elements}
    }
    case 'list':
    case 'option':
      return {...shape, element: inValue(cx, by, shape.element)}
    case 'stream':
    case 'future':
      return {...shape, element: optional(shape.element)}
    case 'result':
      return {...shape, ok: optional(shape.ok), err: optional(shape.err)}
    case 'map':
      return {...shape, key: inValue(cx, by, shape.key), value: inValue(cx, by, shape.value)}
    case 'own':
    case 'borrow':
      return {...shape, resource: substitute(cx, by, shape.resource)}
    default:
      return shape
  }
}

/** A type with a name of its own: equal to `type`, but told apart from it by visibility.ts. */
export function renamed<T extends AnyType>(type: T): T {
  return type.kind === 'resource' || type.kind === 'defined' ? {...type} : type
}

/**
 * An instance type as one certain instance has it: its abstract resources are new ones.
 * @param made receives the new resources
 */
export function openInstance(cx: Context, type: Instance, made: Set<ResourceId>): Instance {
  if (type.bound.size === 0) return type
  const by = emptySubstitution()
  charge(cx, type.bound.size)
  for (const id of type.bound) by.resources.set(id, freshResource(made))
  return {...substitute(cx, by, type), bound: new Set()}
}

/** An abstract resource, or with `definition` one that a component defines. */
export function freshResource(
  made: Set<ResourceId>,
  definition: ResourceId = {definedIn: undefined, rep: 'i32'},
): ResourceId {
  const id = {...definition}
  made.add(id)
  return id
}
