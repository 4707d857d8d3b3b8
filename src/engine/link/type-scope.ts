// engine/link/type-scope.ts: type definitions resolved in their scope.
import {type FuncType, primType, type Resource, type Type} from '../abi/types.ts'
import type {DefType, DefValType, FuncType as FuncTypeSyntax, ValType} from '../component/component.ts'
import type {Scope, TypeItem} from './scope.ts'

export function valueType(scope: Scope, type: ValType): Type {
  if (typeof type === 'string') return primType(type)
  const item = scope.types[type]!
  if (item.kind !== 'value') throw new Error(`type ${type} is not a value type; validation lets none through`)
  return item.type
}

const optional = (scope: Scope, type: ValType | undefined): Type | undefined =>
  type === undefined ? undefined : valueType(scope, type)

export function resourceAt(scope: Scope, index: number): Resource {
  const item = scope.types[index]!
  if (item.kind !== 'resource')
    throw new Error(`type ${index} is not a resource; validation lets none through`)
  return item.resource
}

/** Resolves any definition but a resource's own, which the caller makes. */
export function typeItem(scope: Scope, type: Exclude<DefType, {kind: 'resource'}>): TypeItem {
  switch (type.kind) {
    case 'func':
      return {kind: 'func', type: funcType(scope, type)}
    case 'component':
    case 'instance':
      return {kind: type.kind, decls: type.decls, scope}
    default:
      return {kind: 'value', type: defValType(scope, type)}
  }
}

function funcType(scope: Scope, type: FuncTypeSyntax): FuncType {
  return {
    async: type.async,
    params: type.params.map(param => ({label: param.label, type: valueType(scope, param.type)})),
    result: optional(scope, type.result),
  }
}

function defValType(scope: Scope, type: DefValType): Type {
  switch (type.kind) {
    case 'prim':
      return primType(type.prim)
    case 'record':
      return {
        kind: 'record',
        fields: type.fields.map(field => ({label: field.label, type: valueType(scope, field.type)})),
      }
    case 'variant':
      return {
        kind: 'variant',
        cases: type.cases.map(each => ({label: each.label, type: optional(scope, each.type)})),
      }
    case 'list':
      return {kind: 'list', element: valueType(scope, type.element), length: type.length}
    case 'tuple':
      return {kind: 'tuple', elements: type.elements.map(element => valueType(scope, element))}
    case 'flags':
    case 'enum':
      return {kind: type.kind, labels: type.labels}
    case 'option':
      return {kind: 'option', element: valueType(scope, type.element)}
    case 'result':
      return {kind: 'result', ok: optional(scope, type.ok), err: optional(scope, type.err)}
    case 'own':
    case 'borrow':
      return {kind: type.kind, resource: resourceAt(scope, type.resource)}
    case 'stream':
    case 'future':
      return {kind: type.kind, element: optional(scope, type.element)}
    case 'map': {
      const key = valueType(scope, type.key)
      const value = valueType(scope, type.value)
      return {kind: 'map', key, value, entry: {kind: 'tuple', elements: [key, value]}}
    }
  }
}

/** How many types and labels a definition lists, each of which costs something where it is resolved. */
export function membersOf(type: DefType): number {
  switch (type.kind) {
    case 'func':
      return type.params.length
    case 'record':
      return type.fields.length
    case 'variant':
      return type.cases.length
    case 'tuple':
      return type.elements.length
    default:
      return 0
  }
}
