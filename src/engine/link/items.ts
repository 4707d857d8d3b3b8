// engine/link/items.ts: looking things up in scopes and instances while a component is linked.
import type {CoreRef, ExportMap, ExportPlan} from './plan.ts'
import type {CoreInstanceItem, InstanceItem, Scope} from './scope.ts'

/** The core index space of a sort. */
export function coreSpace(scope: Scope, sort: string): CoreRef[] {
  switch (sort) {
    case 'func':
      return scope.coreFuncs
    case 'table':
      return scope.coreTables
    case 'memory':
      return scope.coreMemories
    case 'global':
      return scope.coreGlobals
    default:
      return scope.coreTags
  }
}

/** What a core instance exports under a name. */
export function coreExport(instance: CoreInstanceItem, name: string): CoreRef {
  return instance.kind === 'exports'
    ? instance.exports.get(name)!
    : {kind: 'export', instance: instance.instance, name}
}

/** Functions and instances of functions; types and components are of no use to a caller. */
export function exportMap(items: InstanceItem): ExportMap {
  const exports = new Map<string, ExportPlan>()
  for (const [name, item] of items) {
    if (item.sort === 'func') exports.set(name, {kind: 'func', func: item.func})
    if (item.sort === 'instance') exports.set(name, {kind: 'instance', exports: exportMap(item.instance)})
  }
  return exports
}
