// engine/component/validate.ts: proves that a decoded component is sound (Binary.md, Explainer.md, CanonicalABI.md).
import {Reader} from '../core/reader.ts'
import type {Component, Definition} from './component.ts'
import {addAlias} from './validation/aliases.ts'
import {addCanon} from './validation/canon.ts'
import {type Context, charge, invalid} from './validation/context.ts'
import {addCoreType, moduleTypeOf} from './validation/core-type-definitions.ts'
import {addExtern, resolveExtern} from './validation/externs.ts'
import {coreInstance, instance} from './validation/instances.ts'
import {binding, entityMismatch, valueMismatch} from './validation/match.ts'
import {at, entityAt, newScope, renamedEntity, type Scope} from './validation/scope.ts'
import {componentTypeOf, defineType} from './validation/type-definitions.ts'
import type {ComponentType, Entity, ResourceId} from './validation/types.ts'
import {readLiteral} from './validation/value-literals.ts'
import {resolveValue} from './validation/value-types.ts'

/** Steps that any component may take, and those that each byte outside core modules adds. Real ones take a tenth. */
const baseBudget = 200_000
const budgetPerByte = 1

/**
 * Validates a component, the ones inside, and how all is wired. The code of core modules is not looked at: compiling
 * them does that. Time and memory are linear in the number of bytes. Returns what it imports and exports.
 * @throws VALIDATE_INVALID with the byte offset of the definition; DECODE_MALFORMED for the sections of core modules
 */
export function validateComponent(component: Component): ComponentType {
  const budget = baseBudget + budgetPerByte * (component.bytes.length - coreBytes(component))
  return validate({byteOffset: component.byteOffset, budget}, component, undefined)
}

function coreBytes(component: Component): number {
  let sum = 0
  for (const definition of component.definitions) {
    if (definition.kind === 'core-module') sum += definition.bytes.length
    else if (definition.kind === 'component') sum += coreBytes(definition.component)
  }
  return sum
}

function validate(cx: Context, component: Component, parent: Scope | undefined): ComponentType {
  const scope = newScope('component', parent)
  for (const definition of component.definitions) {
    cx.byteOffset = definition.byteOffset
    charge(cx)
    validateDefinition(cx, scope, definition)
  }
  cx.byteOffset = component.byteOffset
  const unused = scope.values.findIndex(value => !value.used)
  if (unused >= 0)
    invalid(cx, `value index ${unused} was not used as part of an instantiation, start function, or export`)
  return componentTypeOf(cx, scope)
}

function validateDefinition(cx: Context, scope: Scope, definition: Definition): void {
  switch (definition.kind) {
    case 'core-module':
      scope.core.module.push(moduleTypeOf(cx, definition.bytes))
      break
    case 'core-instance':
      scope.core.instance.push(coreInstance(cx, scope, definition.expr))
      break
    case 'core-type':
      addCoreType(cx, scope, definition.type)
      break
    case 'component':
      scope.components.push(validate(cx, definition.component, scope))
      break
    case 'instance':
      scope.instances.push(instance(cx, scope, definition.expr))
      break
    case 'alias':
      addAlias(cx, scope, definition.alias)
      break
    case 'type':
      scope.types.push(defineType(cx, scope, definition.type))
      break
    case 'canon':
      addCanon(cx, scope, definition.canon)
      break
    case 'start':
      addStart(cx, scope, definition)
      break
    case 'import':
      addExtern(
        cx,
        scope,
        'import',
        definition.name,
        resolveExtern(cx, scope, definition.type, scope.imported),
      )
      break
    case 'export':
      addExtern(cx, scope, 'export', definition.name, exported(cx, scope, definition))
      break
    case 'value':
      addValue(cx, scope, definition)
  }
}

/** What an export adds to its index space: the definition by a new name, as a type that may be ascribed to it. */
function exported(cx: Context, scope: Scope, definition: Extract<Definition, {kind: 'export'}>): Entity {
  const {sort, index, type} = definition
  const actual = entityAt(cx, scope, sort, index)
  if (type === undefined) return renamedEntity(actual)
  const made = new Set<ResourceId>()
  const ascribed = resolveExtern(cx, scope, type, made)
  const mismatch = entityMismatch(cx, binding(made), actual, ascribed)
  if (mismatch !== undefined)
    invalid(cx, `ascribed type of export is not compatible with item's type: ${mismatch}`)
  for (const id of made) scope.defined.add(id)
  return ascribed
}

function addStart(cx: Context, scope: Scope, start: Extract<Definition, {kind: 'start'}>): void {
  const type = at(cx, scope.funcs, start.func, 'function')
  if (start.args.length !== type.params.length) {
    invalid(
      cx,
      `component start function requires ${type.params.length} arguments but was given ${start.args.length}`,
    )
  }
  const results = type.result === undefined ? 0 : 1
  if (start.results !== results) {
    invalid(
      cx,
      `component start function has a result count of ${start.results} but the function type has ${results}`,
    )
  }
  for (const [i, param] of type.params.entries()) {
    const value = entityAt(cx, scope, 'value', start.args[i]!)
    const mismatch = value.sort === 'value' ? valueMismatch(cx, value.type, param.type) : undefined
    if (mismatch !== undefined)
      invalid(cx, `value type mismatch for component start function argument ${i}: ${mismatch}`)
  }
  if (type.result !== undefined) scope.values.push({type: type.result, used: false})
}

function addValue(cx: Context, scope: Scope, definition: Extract<Definition, {kind: 'value'}>): void {
  const type = resolveValue(cx, scope, definition.type)
  const reader = new Reader(definition.bytes, {byteOffset: definition.bytesOffset})
  readLiteral(cx, reader, type)
  if (!reader.done) reader.fail('a value is longer than its type')
  scope.values.push({type, used: false})
}
