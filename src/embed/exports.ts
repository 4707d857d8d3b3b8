// embed/exports.ts: a component's exports as objects of functions.
import type {FuncType, Type} from '../engine/abi/types.ts'
import {contains} from '../engine/abi/types.ts'
import {className, functionName, functionNames} from '../engine/link/function-names.ts'
import type {LinkedExport} from '../engine/link/linked-component.ts'
import {InterfaceIndex} from '../engine/link/version.ts'

/** Calls the export with this index. */
export type CallExport = (index: number, args: unknown[]) => Promise<unknown>

/**
 * Functions by their names in JavaScript, under the WIT name of their interface, whose version may be any compatible one.
 * Those of a resource stand in an object with the name of its class; a method takes the resource first.
 */
export function exportedObjects(exports: readonly LinkedExport[], call: CallExport): object {
  const interfaces = new Map<string | undefined, {name: string; index: number}[]>()
  exports.forEach(({interface: path, name}, index) => {
    const group = interfaces.get(path) ?? []
    if (group.length === 0) interfaces.set(path, group)
    group.push({name, index})
  })
  const named = new Map<string, object>()
  for (const [path, group] of interfaces) if (path !== undefined) named.set(path, functions(group, call))
  const top = functions(interfaces.get(undefined) ?? [], call)
  for (const [path, object] of named) define(top, path, object)
  const index = new InterfaceIndex(named)
  const find = (key: string | symbol) =>
    typeof key === 'string' && !Object.hasOwn(top, key) ? index.find(key) : undefined
  return new Proxy(Object.freeze(top), {
    get: (target, key) => find(key) ?? Reflect.get(target, key),
    has: (target, key) => find(key) !== undefined || Reflect.has(target, key),
  })
}

function functions(group: readonly {name: string; index: number}[], call: CallExport): object {
  const object = Object.create(null)
  const names = functionNames(group.map(each => each.name))
  const classes = new Map<string, object>()
  for (const {name, index} of group) {
    const parts = functionName(name)
    let home = object
    if (parts.kind !== 'function') {
      const own = className(parts.resource)
      home = classes.get(own) ?? Object.create(null)
      classes.set(own, home)
    }
    define(home, names.get(name)!, (...args: unknown[]) => call(index, args))
  }
  for (const [name, members] of classes) define(object, name, Object.freeze(members))
  return object
}

/** Names come from the component: `__proto__` is one like others. */
const define = (object: object, name: string, value: unknown): void =>
  void Object.defineProperty(object, name, {value, enumerable: true, configurable: true})

const BOUND: readonly Type['kind'][] = ['own', 'stream', 'future']

/** What in a result lives no longer than its sandbox, if anything does. */
export function boundToSandbox({result}: FuncType): string | undefined {
  const kind = BOUND.find(each => contains(result, each))
  return kind === 'own' ? 'resource' : kind
}
