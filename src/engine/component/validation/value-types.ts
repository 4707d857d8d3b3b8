// engine/component/validation/value-types.ts: rules for value and function types (Binary.md, Type Definitions).
import type {DefValType, FuncType, ValType} from '../component.ts'
import {type Context, charge, checkNameLength, invalid} from './context.ts'
import {isLabel, takeName} from './extern-names.ts'
import {define, definePrim, extentOf, factsOf} from './facts.ts'
import {at, type Scope} from './scope.ts'
import type {Defined, Func, Resource, Value} from './types.ts'

export function resolveValue(cx: Context, scope: Scope, type: ValType): Value {
  if (typeof type === 'string') return type
  const found = at(cx, scope.types, type, 'type')
  return found.kind === 'defined' ? found : invalid(cx, `type index ${type} is not a defined type`)
}

export function resolveResource(cx: Context, scope: Scope, index: number): Resource {
  const type = at(cx, scope.types, index, 'type')
  return type.kind === 'resource' ? type : invalid(cx, `type index ${index} is not a resource type`)
}

const keyTypes: ReadonlySet<string> = new Set('bool s8 u8 s16 u16 s32 u32 s64 u64 char string'.split(' '))

export function defineValueType(cx: Context, scope: Scope, type: DefValType): Defined {
  const value = (inner: ValType): Value => resolveValue(cx, scope, inner)
  const optional = (inner: ValType | undefined): Value | undefined =>
    inner === undefined ? undefined : value(inner)
  switch (type.kind) {
    case 'prim':
      return definePrim(type.prim)
    case 'record': {
      if (type.fields.length === 0) invalid(cx, 'record type must have at least one field')
      checkLabels(
        cx,
        type.fields.map(field => field.label),
        'record field',
        'field',
      )
      const fields = type.fields.map(field => ({label: field.label, type: value(field.type)}))
      return define(cx, {kind: 'record', fields})
    }
    case 'variant': {
      if (type.cases.length === 0) invalid(cx, 'variant type must have at least one case')
      checkLabels(
        cx,
        type.cases.map(one => one.label),
        'variant case',
        'case',
      )
      const cases = type.cases.map(one => ({label: one.label, type: optional(one.type)}))
      return define(cx, {kind: 'variant', cases})
    }
    case 'list':
      if (type.length === 0) invalid(cx, 'a list of fixed length must have more than zero elements')
      return define(cx, {kind: 'list', element: value(type.element), length: type.length})
    case 'tuple':
      if (type.elements.length === 0) invalid(cx, 'tuple type must have at least one type')
      return define(cx, {kind: 'tuple', elements: type.elements.map(value)})
    case 'flags':
      if (type.labels.length === 0) invalid(cx, 'flags must have at least one entry')
      if (type.labels.length > 32) invalid(cx, 'cannot have more than 32 flags')
      checkLabels(cx, type.labels, 'flag', 'flag')
      return define(cx, type)
    case 'enum':
      if (type.labels.length === 0) invalid(cx, 'enum type must have at least one variant')
      checkLabels(cx, type.labels, 'enum tag', 'tag')
      return define(cx, type)
    case 'option':
      return define(cx, {kind: 'option', element: value(type.element)})
    case 'result':
      return define(cx, {kind: 'result', ok: optional(type.ok), err: optional(type.err)})
    case 'own':
    case 'borrow':
      return define(cx, {kind: type.kind, resource: resolveResource(cx, scope, type.resource)})
    case 'stream':
    case 'future': {
      const element = optional(type.element)
      if (element !== undefined && factsOf(element).borrows) {
        invalid(cx, `${type.kind} type cannot contain a \`borrow\` type`)
      }
      // Temporarily, until it is settled how a code point may be split over two reads.
      if (type.kind === 'stream' && primitive(element) === 'char') invalid(cx, '`stream<char>` is not valid')
      return define(cx, {kind: type.kind, element})
    }
    case 'map': {
      const key = value(type.key)
      if (!keyTypes.has(primitive(key) ?? '')) invalid(cx, 'the keys of a map must be of a simple type')
      return define(cx, {kind: 'map', key, value: value(type.value)})
    }
  }
}

function primitive(type: Value | undefined): string | undefined {
  if (type === undefined || typeof type === 'string') return type
  return type.shape.kind === 'prim' ? type.shape.prim : undefined
}

export function defineFunc(cx: Context, scope: Scope, type: FuncType): Func {
  checkLabels(
    cx,
    type.params.map(param => param.label),
    'function parameter',
    'parameter',
  )
  const params = type.params.map(param => ({label: param.label, type: resolveValue(cx, scope, param.type)}))
  const result = type.result === undefined ? undefined : resolveValue(cx, scope, type.result)
  if (result !== undefined && factsOf(result).borrows) {
    invalid(cx, 'function result cannot contain a `borrow` type')
  }
  const facts = params.map(param => factsOf(param.type))
  if (result !== undefined) facts.push(factsOf(result))
  charge(cx, 1 + facts.length)
  return {kind: 'func', async: type.async, params, result, extent: extentOf(cx, facts)}
}

/** Labels are in kebab case and strongly unique among each other. */
function checkLabels(cx: Context, labels: readonly string[], what: string, short: string): void {
  const taken = new Map<string, string>()
  for (const label of labels) {
    checkNameLength(cx, label)
    if (label === '') invalid(cx, `${what} name cannot be empty`)
    takeName(cx, taken, label, `${what} name`, `${short} name`)
    if (!isLabel(label)) invalid(cx, `${what} name \`${label}\` is not in kebab case`)
  }
}
