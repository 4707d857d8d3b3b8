// embed/host-objects.ts: a program's own functions and classes as what components import.
import {AsyncLocalStorage} from 'node:async_hooks'
import {MayflyError} from '../base/errors.ts'
import type {ComponentType, Entity, Func} from '../engine/component/validation/types.ts'
import {className, functionName, functionNames} from '../engine/link/function-names.ts'
import {
  blockingFunction,
  type HostInterface,
  type HostItem,
  hostResource,
  type Imports,
} from '../engine/link/imports.ts'
import {ROOT_INTERFACE} from '../engine/link/resolve.ts'
import {InterfaceIndex} from '../engine/link/version.ts'
import {StateKey, type Store} from '../engine/store.ts'
import {found} from './found.ts'
import {conforming} from './mismatch.ts'
import {isThenable, type ValueChecks} from './values.ts'

/**
 * Functions by their names in JavaScript, under the WIT name of their interface; those that the world imports outside any
 * interface stand at the top.
 */
export type HostImports = Readonly<Record<string, unknown>>

type Run = <T>(run: () => T) => T

/** Runs host functions in the AsyncLocalStorage context of the call that led to them. */
export const CALLER = new StateKey<Run>(() => run => run())

/** The context in which the program is now. */
export const callerContext = (): Run => AsyncLocalStorage.snapshot() as unknown as Run

/**
 * What `given` holds of what a component imports. What is missing is left out: the linker reports it.
 * @throws EMBED_BAD_OPTION for what is no function where one is due
 */
export function hostImports(type: ComponentType, given: HostImports, checks: ValueChecks): Imports {
  const index = new InterfaceIndex(new Map(Object.entries(given)))
  const imports = new Map<string, HostInterface>()
  const root = new Map<string, Entity>()
  for (const [name, entity] of type.imports) {
    if (entity.sort !== 'instance') root.set(name, entity)
    else {
      const own = index.find(name)
      if (own === undefined) continue
      if (typeof own !== 'object' || own === null)
        throw new MayflyError('EMBED_BAD_OPTION', {
          option: `imports: ${name}`,
          value: found(own),
          reason: "it must be an object with the interface's functions",
        })
      imports.set(name, hostInterface(name, entity.type.exports, own, checks))
    }
  }
  if (root.size > 0) imports.set(ROOT_INTERFACE, hostInterface('', root, given, checks))
  return imports
}

function hostInterface(
  interfaceName: string,
  entities: ReadonlyMap<string, Entity>,
  given: object,
  checks: ValueChecks,
): HostInterface {
  const items = new Map<string, HostItem>()
  const names = functionNames([...entities].filter(([, {sort}]) => sort === 'func').map(([name]) => name))
  for (const [name, entity] of entities) {
    const path = interfaceName === '' ? name : `${interfaceName}#${name}`
    if (entity.sort === 'type' && entity.type.kind === 'resource') items.set(name, resource())
    if (entity.sort !== 'func') continue
    const call = implementation(given, name, names.get(name)!, path)
    if (call !== undefined) items.set(name, blockingFunction(guarded(path, call, entity.type, checks)))
  }
  return items
}

/** A resource type, told apart from others by identity. */
const resource = (): HostItem =>
  hostResource<object>((_store, object) => {
    const dispose = member(object, Symbol.dispose)
    if (typeof dispose === 'function') dispose.call(object)
  })

type Implementation = (...args: any[]) => unknown

function implementation(
  given: object,
  name: string,
  inJavaScript: string,
  path: string,
): Implementation | undefined {
  const parts = functionName(name)
  const expected = (what: unknown): what is Implementation => {
    if (what === undefined) return false
    if (typeof what === 'function') return true
    throw new MayflyError('EMBED_BAD_OPTION', {
      option: `imports: ${path}`,
      value: found(what),
      reason: 'it must be a function',
    })
  }
  if (parts.kind === 'function') {
    const call = member(given, inJavaScript)
    return expected(call) ? (...args) => call.apply(given, args) : undefined
  }
  const Resource = member(given, className(parts.resource)) as any
  if (Resource !== undefined && typeof Resource !== 'function') expected(Resource)
  switch (parts.kind) {
    case 'constructor':
      return Resource === undefined ? undefined : (...args) => new Resource(...args)
    case 'static': {
      const call = Resource === undefined ? undefined : member(Resource, inJavaScript)
      return expected(call) ? (...args) => call.apply(Resource, args) : undefined
    }
    case 'method': {
      if (Resource !== undefined && !expected(member(Resource.prototype, inJavaScript, true)))
        return undefined
      return (self, ...args) => {
        const call = member(self, inJavaScript)
        if (typeof call !== 'function') throw new TypeError(`the resource has no method ${inJavaScript}`)
        return call.apply(self, args)
      }
    }
  }
}

/**
 * A property of an object or of the classes it is made from; guests choose the names, so nothing that every object or
 * function inherits.
 */
function member(object: any, name: string | symbol, isPrototype = false): unknown {
  if ((typeof object !== 'object' && typeof object !== 'function') || object === null) return undefined
  for (let at = object; at !== null; at = Object.getPrototypeOf(at)) {
    const inherited = isPrototype || at !== object
    if (at !== object && isBuiltIn(at)) return undefined
    if (Object.hasOwn(at, name)) return inherited && name === 'constructor' ? undefined : object[name]
  }
  return undefined
}

/** Object.prototype and Function.prototype, of whatever realm. */
function isBuiltIn(prototype: object): boolean {
  return (
    Object.getPrototypeOf(prototype) === null ||
    (typeof prototype === 'function' && !Object.hasOwn(prototype, 'prototype'))
  )
}

/** Fails as a trap that keeps the program's own error as its cause, or with EMBED_BAD_VALUE for what it returns. */
function guarded(path: string, call: Implementation, {result: type}: Func, checks: ValueChecks) {
  const check = type === undefined ? () => undefined : checks.of(type)
  const checked = (result: unknown): unknown => conforming(`the result of ${path}`, check, result)
  const fail = (error: unknown): never => {
    if (error instanceof MayflyError) throw error
    const reason = `${path}: ${error instanceof Error ? error.message : String(error)}`
    throw new MayflyError('TRAP_HOST', {reason}, {cause: error})
  }
  return (store: Store, ...args: unknown[]): unknown => {
    try {
      const result = store.state(CALLER)(() => call(...args))
      return isThenable(result) ? Promise.resolve(result).then(checked, fail) : checked(result)
    } catch (error) {
      return fail(error)
    }
  }
}
