// engine/component/validation/instances.ts: instances (Binary.md, Instance Definitions; Explainer.md, Type Checking).
import type {CoreExtern} from '../../core/module.ts'
import type {CoreInstanceExpr, CoreSort, InstanceExpr} from '../component.ts'
import {type Context, charge, invalid} from './context.ts'
import {externMismatch} from './core-match.ts'
import {takeExternName} from './externs.ts'
import {extentOf, extentOfEntity} from './facts.ts'
import {binding, entityMismatch} from './match.ts'
import {at, type CoreInstance, type Externs, entityAt, type Scope} from './scope.ts'
import {freshResource, substituteEntity} from './substitution.ts'
import type {Entity, Instance} from './types.ts'

export function coreInstance(cx: Context, scope: Scope, expr: CoreInstanceExpr): CoreInstance {
  return expr.kind === 'instantiate' ? instantiateModule(cx, scope, expr) : coreExports(cx, scope, expr)
}

function instantiateModule(
  cx: Context,
  scope: Scope,
  expr: Extract<CoreInstanceExpr, {kind: 'instantiate'}>,
): CoreInstance {
  const module = at(cx, scope.core.module, expr.module, 'module')
  const args = new Map<string, CoreInstance>()
  for (const {name, instance} of expr.args) {
    charge(cx)
    if (args.has(name)) invalid(cx, `duplicate module instantiation argument named \`${name}\``)
    args.set(name, at(cx, scope.core.instance, instance, 'core instance'))
  }
  for (const [name, fields] of module.imports) {
    const instance = args.get(name)
    if (instance === undefined) return invalid(cx, `missing module instantiation argument named \`${name}\``)
    for (const [field, wanted] of fields) {
      charge(cx)
      const given = instance.get(field)
      if (given === undefined) {
        return invalid(
          cx,
          `module instantiation argument \`${name}\` does not export an item named \`${field}\``,
        )
      }
      const mismatch = externMismatch(cx, given, wanted)
      if (mismatch !== undefined) {
        invalid(
          cx,
          `type mismatch for export \`${field}\` of module instantiation argument \`${name}\`: ${mismatch}`,
        )
      }
    }
  }
  return module.exports
}

function coreExports(
  cx: Context,
  scope: Scope,
  expr: Extract<CoreInstanceExpr, {kind: 'exports'}>,
): CoreInstance {
  const exports = new Map<string, CoreExtern>()
  for (const {name, sort, index} of expr.exports) {
    charge(cx)
    if (exports.has(name)) invalid(cx, `export name \`${name}\` already defined`)
    exports.set(name, coreExternAt(cx, scope, sort, index))
  }
  return exports
}

function coreExternAt(cx: Context, scope: Scope, sort: CoreSort, index: number): CoreExtern {
  switch (sort) {
    case 'func':
      return {kind: 'func', signature: at(cx, scope.core.func, index, 'function'), typeIndex: 0}
    case 'table':
    case 'memory':
    case 'global':
    case 'tag':
      return at<CoreExtern>(cx, scope.core[sort], index, sort)
    default:
      return invalid(cx, `a core instance cannot export a ${sort}`)
  }
}

export function instance(cx: Context, scope: Scope, expr: InstanceExpr): Instance {
  return expr.kind === 'instantiate' ? instantiate(cx, scope, expr) : synthesize(cx, scope, expr)
}

/** Each import is matched in order, and what was given for its types is put in the place of these from then on. */
function instantiate(
  cx: Context,
  scope: Scope,
  expr: Extract<InstanceExpr, {kind: 'instantiate'}>,
): Instance {
  const component = at(cx, scope.components, expr.component, 'component')
  const args = new Map<string, Entity>()
  for (const {name, sort, index} of expr.args) {
    charge(cx)
    if (args.has(name))
      invalid(cx, `instantiation argument \`${name}\` conflicts with previous argument \`${name}\``)
    args.set(name, entityAt(cx, scope, sort, index))
  }
  const bound = binding(component.imported)
  for (const [name, wanted] of component.imports) {
    const given = args.get(name)
    if (given === undefined) return invalid(cx, `missing import named \`${name}\``)
    const mismatch = entityMismatch(cx, bound, given, wanted)
    if (mismatch !== undefined) invalid(cx, `type mismatch for import \`${name}\`: ${mismatch}`)
  }
  charge(cx, component.defined.size)
  for (const id of component.defined) bound.by.resources.set(id, freshResource(scope.defined))
  const exports = new Map<string, Entity>()
  for (const [name, entity] of component.exports) exports.set(name, substituteEntity(cx, bound.by, entity))
  return instanceOf(cx, exports)
}

/** An instance made of definitions that are in scope. Its types are these very types: it gives them no names. */
function synthesize(cx: Context, scope: Scope, expr: Extract<InstanceExpr, {kind: 'exports'}>): Instance {
  const externs: Externs = {entities: new Map(), taken: new Map(), resourceNames: new Map()}
  for (const {name, sort, index} of expr.exports) {
    charge(cx)
    takeExternName(cx, externs, 'export', name, entityAt(cx, scope, sort, index))
  }
  return instanceOf(cx, externs.entities)
}

function instanceOf(cx: Context, exports: ReadonlyMap<string, Entity>): Instance {
  charge(cx, exports.size)
  const extent = extentOf(cx, [...exports.values()].map(extentOfEntity))
  return {kind: 'instance', exports, bound: new Set(), extent}
}
