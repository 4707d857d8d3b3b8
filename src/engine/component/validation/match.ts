// engine/component/validation/match.ts: subtyping of components and what they exchange (Explainer.md, Type Checking).
import {type Context, charge} from './context.ts'
import {type Mismatch, moduleMismatch} from './core-match.ts'
import {
  emptySubstitution,
  freshResource,
  type Substitution,
  substitute,
  substituteEntity,
} from './substitution.ts'
import {
  type AnyType,
  type ComponentType,
  type Defined,
  describe,
  describeSort,
  type Entity,
  type Func,
  type Instance,
  type ResourceId,
  type Shape,
  shapeName,
  type Value,
} from './types.ts'

/** Resources of the expected side that stand for whatever resource is given first, and what they stand for so far. */
export type Binding = Readonly<{by: Substitution; bindable: ReadonlySet<ResourceId>}>

export const binding = (bindable: ReadonlySet<ResourceId>): Binding => ({by: emptySubstitution(), bindable})

/** Matches an entity that is given with one that is expected, and binds the resources of the latter on the way. */
export function entityMismatch(cx: Context, bound: Binding, actual: Entity, expected: Entity): Mismatch {
  charge(cx)
  const found = (): Mismatch => `expected ${describeSort(expected.sort)}, found ${describeSort(actual.sort)}`
  switch (expected.sort) {
    case 'core-module':
      return actual.sort === 'core-module' ? moduleMismatch(cx, actual.type, expected.type) : found()
    case 'func':
      return actual.sort === 'func'
        ? funcMismatch(cx, actual.type, substitute(cx, bound.by, expected.type))
        : found()
    case 'value': {
      if (actual.sort !== 'value') return found()
      const wanted = substituteEntity(cx, bound.by, expected)
      return valueMismatch(cx, actual.type, wanted.type as Value)
    }
    case 'type':
      return actual.sort === 'type' ? typeMismatch(cx, bound, actual.type, expected.type) : found()
    case 'component':
      return actual.sort === 'component'
        ? componentMismatch(cx, actual.type, substitute(cx, bound.by, expected.type))
        : found()
    case 'instance':
      return actual.sort === 'instance' ? instanceMismatch(cx, bound, actual.type, expected.type) : found()
  }
}

function instanceMismatch(cx: Context, bound: Binding, actual: Instance, expected: Instance): Mismatch {
  for (const [name, wanted] of expected.exports) {
    const given = actual.exports.get(name)
    if (given === undefined) return `missing expected export \`${name}\``
    const mismatch = entityMismatch(cx, bound, given, wanted)
    if (mismatch !== undefined) return `type mismatch in instance export \`${name}\`: ${mismatch}`
  }
  return undefined
}

function typeMismatch(cx: Context, bound: Binding, actual: AnyType, expected: AnyType): Mismatch {
  if (actual.kind !== expected.kind) return `expected ${describe(expected)}, found ${describe(actual)}`
  if (expected.kind === 'resource' && actual.kind === 'resource') {
    const {resources} = bound.by
    if (bound.bindable.has(expected.id) && !resources.has(expected.id)) resources.set(expected.id, actual.id)
    if ((resources.get(expected.id) ?? expected.id) !== actual.id) return 'resource types are not the same'
  } else {
    const mismatch = typesDiffer(cx, actual, substitute(cx, bound.by, expected))
    if (mismatch !== undefined) return mismatch
  }
  bound.by.types.set(expected, actual)
  return undefined
}

/** Types bound by `eq` must be the same, which is matching in both directions. */
function typesDiffer(cx: Context, actual: AnyType, expected: AnyType): Mismatch {
  if (actual.kind === 'defined' && expected.kind === 'defined') return valueMismatch(cx, actual, expected)
  if (actual.kind === 'func' && expected.kind === 'func') return funcMismatch(cx, actual, expected)
  if (actual.kind === 'component' && expected.kind === 'component') {
    return componentMismatch(cx, actual, expected) ?? componentMismatch(cx, expected, actual)
  }
  if (actual.kind === 'instance' && expected.kind === 'instance') {
    return (
      instanceMismatch(cx, binding(expected.bound), actual, expected) ??
      instanceMismatch(cx, binding(actual.bound), expected, actual)
    )
  }
  return undefined
}

/** For what `expected` is given, `actual` must be content, and then it must export what `expected` does. */
function componentMismatch(cx: Context, actual: ComponentType, expected: ComponentType): Mismatch {
  if (actual === expected) return undefined
  const taken = binding(actual.imported)
  for (const [name, wanted] of actual.imports) {
    const given = expected.imports.get(name)
    if (given === undefined) return `missing expected import \`${name}\``
    const mismatch = entityMismatch(cx, taken, given, wanted)
    if (mismatch !== undefined) return `type mismatch in import \`${name}\`: ${mismatch}`
  }
  const made = new Set<ResourceId>()
  charge(cx, actual.defined.size)
  for (const id of actual.defined) taken.by.resources.set(id, freshResource(made))
  const given = binding(expected.defined)
  for (const [name, wanted] of expected.exports) {
    const entity = actual.exports.get(name)
    if (entity === undefined) return `missing expected export \`${name}\``
    const mismatch = entityMismatch(cx, given, substituteEntity(cx, taken.by, entity), wanted)
    if (mismatch !== undefined) return `type mismatch in export \`${name}\`: ${mismatch}`
  }
  return undefined
}

export function funcMismatch(cx: Context, actual: Func, expected: Func): Mismatch {
  if (actual === expected) return undefined
  if (actual.async !== expected.async) {
    const kind = (func: Func): string => (func.async ? 'async function' : 'sync function')
    return `expected ${kind(expected)}, found ${kind(actual)}`
  }
  const count = expected.params.length
  if (actual.params.length !== count) return `expected ${count} parameters, found ${actual.params.length}`
  charge(cx, 1 + count)
  for (const [i, {label, type}] of expected.params.entries()) {
    const given = actual.params[i]!
    if (given.label !== label) return `expected parameter named \`${label}\`, found \`${given.label}\``
    const mismatch = valueMismatch(cx, given.type, type)
    if (mismatch !== undefined) return `type mismatch in function parameter \`${label}\`: ${mismatch}`
  }
  if (actual.result === undefined || expected.result === undefined) {
    if (actual.result === expected.result) return undefined
    return actual.result === undefined ? 'expected a result, found none' : 'expected no result, found one'
  }
  const mismatch = valueMismatch(cx, actual.result, expected.result)
  return mismatch === undefined ? undefined : `type mismatch with result type: ${mismatch}`
}

/** Pairs of shapes that are known to be equal, so that types nested by sharing are compared once. */
const equalShapes = new WeakMap<Shape, WeakSet<Shape>>()

/** Value types match if they are equal; labels, but not names given by imports and exports, count. */
export function valueMismatch(cx: Context, actual: Value, expected: Value): Mismatch {
  if (actual === expected) return undefined
  const [left, right] = [primitive(actual), primitive(expected)]
  if (left !== undefined && right !== undefined) {
    return left === right ? undefined : `expected primitive \`${right}\` found primitive \`${left}\``
  }
  if (left !== undefined || right !== undefined) {
    return `expected ${shapeName(expected)}, found ${shapeName(actual)}`
  }
  const [a, b] = [(actual as Defined).shape, (expected as Defined).shape]
  if (a === b || equalShapes.get(a)?.has(b)) return undefined
  charge(cx)
  const mismatch = shapeMismatch(cx, a, b)
  if (mismatch !== undefined) return mismatch
  const known = equalShapes.get(a)
  if (known === undefined) equalShapes.set(a, new WeakSet([b]))
  else known.add(b)
  return undefined
}

const primitive = (type: Value): string | undefined =>
  typeof type === 'string' ? type : type.shape.kind === 'prim' ? type.shape.prim : undefined

function shapeMismatch(cx: Context, a: Shape, b: Shape): Mismatch {
  const inside = (where: string, mismatch: Mismatch): Mismatch =>
    mismatch === undefined ? undefined : `type mismatch in ${where}: ${mismatch}`
  switch (b.kind) {
    case 'record': {
      if (a.kind !== 'record') break
      if (a.fields.length !== b.fields.length)
        return `expected ${b.fields.length} fields, found ${a.fields.length}`
      charge(cx, b.fields.length)
      for (const [i, {label, type}] of b.fields.entries()) {
        const given = a.fields[i]!
        if (given.label !== label) return `expected field name \`${label}\`, found \`${given.label}\``
        const mismatch = inside(`record field \`${label}\``, valueMismatch(cx, given.type, type))
        if (mismatch !== undefined) return mismatch
      }
      return undefined
    }
    case 'variant': {
      if (a.kind !== 'variant') break
      if (a.cases.length !== b.cases.length)
        return `expected ${b.cases.length} cases, found ${a.cases.length}`
      charge(cx, b.cases.length)
      for (const [i, {label, type}] of b.cases.entries()) {
        const given = a.cases[i]!
        if (given.label !== label) return `expected case named \`${label}\`, found \`${given.label}\``
        if (type !== undefined && given.type === undefined) {
          return `expected case \`${label}\` to have a type, found none`
        }
        if (type === undefined && given.type !== undefined)
          return `expected case \`${label}\` to have no type`
        if (type === undefined || given.type === undefined) continue
        const mismatch = inside(`variant case \`${label}\``, valueMismatch(cx, given.type, type))
        if (mismatch !== undefined) return mismatch
      }
      return undefined
    }
    case 'tuple': {
      if (a.kind !== 'tuple') break
      const [given, wanted] = [a.elements, b.elements]
      if (given.length !== wanted.length) return `expected ${wanted.length} types, found ${given.length}`
      charge(cx, wanted.length)
      for (const [i, type] of wanted.entries()) {
        const mismatch = inside(`tuple field ${i}`, valueMismatch(cx, given[i]!, type))
        if (mismatch !== undefined) return mismatch
      }
      return undefined
    }
    case 'flags':
    case 'enum': {
      if (a.kind !== b.kind) break
      const same = a.labels.length === b.labels.length && a.labels.every((label, i) => label === b.labels[i])
      charge(cx, b.labels.length)
      return same ? undefined : `mismatch in ${b.kind} elements`
    }
    case 'list':
      if (a.kind !== 'list') break
      if (a.length !== b.length) return `expected list of length ${b.length}, found ${a.length}`
      return inside('list element', valueMismatch(cx, a.element, b.element))
    case 'option':
      return a.kind === 'option' ? inside('option', valueMismatch(cx, a.element, b.element)) : found(a, b)
    case 'result':
      if (a.kind !== 'result') break
      return optionalMismatch(cx, 'ok', a.ok, b.ok) ?? optionalMismatch(cx, 'err', a.err, b.err)
    case 'stream':
    case 'future':
      if (a.kind !== b.kind) break
      return optionalMismatch(cx, b.kind, a.element, b.element)
    case 'map':
      if (a.kind !== 'map') break
      return (
        inside('map key', valueMismatch(cx, a.key, b.key)) ??
        inside('map value', valueMismatch(cx, a.value, b.value))
      )
    case 'own':
    case 'borrow':
      if (a.kind !== b.kind) break
      return a.resource.id === b.resource.id ? undefined : 'resource types are not the same'
  }
  return found(a, b)
}

const found = (a: Shape, b: Shape): Mismatch => `expected ${b.kind}, found ${a.kind}`

function optionalMismatch(
  cx: Context,
  what: string,
  actual: Value | undefined,
  expected: Value | undefined,
): Mismatch {
  if (actual === undefined || expected === undefined) {
    if (actual === expected) return undefined
    return actual === undefined
      ? `expected ${what} type, but found none`
      : `expected ${what} type to not be present`
  }
  const mismatch = valueMismatch(cx, actual, expected)
  return mismatch === undefined ? undefined : `type mismatch in ${what} variant: ${mismatch}`
}
