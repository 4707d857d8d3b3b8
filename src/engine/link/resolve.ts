// engine/link/resolve.ts: Component → Plan. Walks the whole component tree once, as if it instantiated it, and leaves
// behind a flat list of what must be done for each sandbox. Components and modules are no values at run time: every
// alias, argument and export is known here.
import {MayflyError} from '../../base/errors.ts'
import type {FuncType, Resource} from '../abi/types.ts'
import type {
  Alias,
  Canon,
  CanonOptions,
  Component,
  Definition,
  ExternType,
  InstanceExpr,
  ResourceType,
  Sort,
} from '../component/component.ts'
import type {CoreModule} from '../core/module.ts'
import {decodeCoreModule} from '../core/module-decode.ts'
import {initialEntries, MAX_INITIAL} from '../snapshot/lean-tables.ts'
import {isAsync} from './async-types.ts'
import {CoreExports} from './core-exports.ts'
import type {HostFunction, HostInterface, HostResource, Imports} from './imports.ts'
import {coreExport, coreSpace, exportMap} from './items.ts'
import {mayWait} from './may-wait.ts'
import type {
  AsyncBuiltin,
  CoreImportPlan,
  CoreRef,
  LiftOptions,
  MemoryRef,
  Plan,
  ResourcePlan,
  Step,
  Trampoline,
} from './plan.ts'
import {type CoreInstanceItem, type InstanceItem, type Item, Scope, type TypeItem} from './scope.ts'
import {difference, signatureOf} from './signature.ts'
import {membersOf, resourceAt, typeItem, valueType as valueTypeOf} from './type-scope.ts'
import {InterfaceIndex, versionKey} from './version.ts'

/**
 * Definitions, and what they list, counted in each instance; few bytes can ask for many, since a component may be
 * instantiated often. Real components take a tenth.
 */
const MAX_STEPS = 200_000

/** The interface under which functions are offered that a world imports outside any interface. */
export const ROOT_INTERFACE = '$root'

export type ResolveOptions = Readonly<{
  imports: Imports
  /** How messages call the component: `component "cart"`. */
  who: string
  /** What to do about a missing import; completes LINK_MISSING_IMPORT's hint. */
  remedy?: (name: string) => string
}>

/** @throws LINK_MISSING_IMPORT, LINK_UNSUPPORTED, LINK_TYPE_MISMATCH */
export function resolve(component: Component, options: ResolveOptions): Plan {
  return new Resolver(options).root(component)
}

type AsyncCanon = Exclude<
  Canon,
  {
    kind:
      | 'lift'
      | 'lower'
      | 'resource.new'
      | 'resource.rep'
      | 'resource.drop'
      | 'thread.spawn-ref'
      | 'thread.spawn-indirect'
      | 'thread.available-parallelism'
  }
>

const NO_OPTIONS: LiftOptions = {
  stringEncoding: 'utf8',
  memory: undefined,
  realloc: undefined,
  postReturn: undefined,
  async: false,
  callback: undefined,
}

class Resolver {
  readonly #options: ResolveOptions
  readonly #interfaces: InterfaceIndex<HostInterface>
  readonly #modules: CoreModule[] = []
  readonly #moduleIndex = new Map<Definition, number>()
  /** The module that core instance k is made from. */
  readonly #instanceModules: CoreModule[] = []
  readonly #instances: {parent: number | undefined; blocks: boolean}[] = []
  readonly #resources: ResourcePlan[] = []
  readonly #hostResources = new Map<HostResource, Resource>()
  /** How signatures call them. */
  readonly #hostResourceNames = new Map<Resource, string>()
  readonly #memories: MemoryRef[] = []
  /** The same by core instance and name. */
  readonly #memoriesOf: Map<string, MemoryRef>[] = []
  readonly #coreExports = new CoreExports()
  readonly #trampolines: Trampoline[] = []
  /** The instances of lifted functions whose core type is more than a signature. */
  readonly #notPlain: number[] = []
  readonly #steps: Step[] = []
  #async = false
  /** Definitions and instance types walked. */
  #taken = 0
  #tableEntries = 0
  readonly #hostFunctions: {name: string; host: HostFunction}[] = []
  readonly #hostFunctionIndex = new Map<HostFunction, number>()

  constructor(options: ResolveOptions) {
    this.#options = options
    this.#interfaces = new InterfaceIndex(options.imports)
  }

  root(component: Component): Plan {
    const exports = this.#component(component, undefined, undefined, undefined)
    this.#spreadBlocking()
    if (this.#notPlain.some(instance => this.#instances[instance]!.blocks))
      this.#unsupported('a function that may wait, with a core type in a recursion group or with subtypes')
    return {
      modules: this.#modules.map(module => module.bytes),
      instances: this.#instances,
      resources: this.#resources,
      memories: this.#memories,
      trampolines: this.#trampolines,
      steps: this.#steps,
      hostFunctions: this.#hostFunctions,
      exports: exportMap(exports),
      async: this.#async,
      throws: this.#modules.some(({tags}) => tags.length > 0),
    }
  }

  /** Instantiates: `args` undefined means the host provides the imports. */
  #component(
    component: Component,
    parentScope: Scope | undefined,
    parentInstance: number | undefined,
    args: ReadonlyMap<string, Item> | undefined,
  ): InstanceItem {
    this.#step()
    const instance = this.#instances.push({parent: parentInstance, blocks: false}) - 1
    const scope = new Scope(parentScope, instance)
    const exports = new Map<string, Item>()
    for (const definition of component.definitions) {
      this.#step()
      switch (definition.kind) {
        case 'core-module':
          scope.coreModules.push({module: this.#module(definition)})
          break
        case 'core-instance':
          scope.coreInstances.push(this.#coreInstance(scope, definition.expr))
          break
        case 'core-type':
          scope.coreTypes++
          break
        case 'component':
          scope.components.push({component: definition.component, scope})
          break
        case 'instance':
          scope.instances.push(this.#instance(scope, definition.expr))
          break
        case 'alias':
          this.#alias(scope, definition.alias)
          break
        case 'type':
          this.#step(membersOf(definition.type))
          scope.types.push(
            definition.type.kind === 'resource'
              ? {kind: 'resource', resource: this.#guestResource(scope, definition.type)}
              : typeItem(scope, definition.type),
          )
          break
        case 'canon':
          this.#canon(scope, definition.canon)
          break
        case 'import':
          this.#push(scope, this.#import(scope, definition.name.name, definition.type, args))
          break
        case 'export': {
          const item = this.#item(scope, definition.sort, definition.index)
          exports.set(definition.name.name, item)
          this.#push(scope, item)
          break
        }
        case 'start':
        case 'value':
          this.#unsupported('values in components', 'no toolchain emits them yet')
      }
    }
    return exports
  }

  #step(count = 1): void {
    this.#taken += count
    if (this.#taken > MAX_STEPS) this.#unsupported(`more than ${MAX_STEPS} definitions`)
  }

  #unsupported(feature: string, remedy = ''): never {
    throw new MayflyError('LINK_UNSUPPORTED', {who: this.#options.who, feature, remedy})
  }

  // Modules and core instances

  #module(definition: Definition & {kind: 'core-module'}): number {
    let index = this.#moduleIndex.get(definition)
    if (index === undefined) {
      index = this.#modules.push(decodeCoreModule(definition.bytes, {byteOffset: definition.byteOffset})) - 1
      this.#moduleIndex.set(definition, index)
    }
    return index
  }

  #coreInstance(scope: Scope, expr: (Definition & {kind: 'core-instance'})['expr']): CoreInstanceItem {
    if (expr.kind === 'exports') {
      this.#step(expr.exports.length)
      const exports = new Map<string, CoreRef>()
      for (const each of expr.exports) exports.set(each.name, coreSpace(scope, each.sort)[each.index]!)
      return {kind: 'exports', exports}
    }
    const module = scope.coreModules[expr.module]!.module
    this.#step(expr.args.length + this.#modules[module]!.imports.length)
    this.#tableEntries += initialEntries(this.#modules[module]!)
    if (this.#tableEntries > MAX_INITIAL) this.#unsupported(`tables of more than ${MAX_INITIAL} entries`)
    const args = new Map(expr.args.map(arg => [arg.name, scope.coreInstances[arg.instance]!]))
    const imports: CoreImportPlan[] = this.#modules[module]!.imports.map(each => ({
      module: each.module,
      name: each.name,
      ref: coreExport(args.get(each.module)!, each.name),
    }))
    const instance = this.#instanceModules.push(this.#modules[module]!) - 1
    this.#steps.push({kind: 'instantiate', instance, module, imports})
    return {kind: 'instantiated', instance}
  }

  #memory(ref: CoreRef): MemoryRef {
    if (ref.kind !== 'export') throw new Error('a memory is always an export')
    const {name} = ref
    const known = this.#memoriesOf[ref.instance]?.get(name)
    if (known !== undefined) return known
    const address = this.#coreExports.address(this.#instanceModules[ref.instance]!, name)
    const memory: MemoryRef = {index: this.#memories.length, ref, address}
    this.#memories.push(memory)
    ;(this.#memoriesOf[ref.instance] ??= new Map()).set(name, memory)
    return memory
  }

  // Component instances

  #instance(scope: Scope, expr: InstanceExpr): InstanceItem {
    this.#step((expr.kind === 'exports' ? expr.exports : expr.args).length)
    if (expr.kind === 'exports')
      return new Map(expr.exports.map(each => [each.name.name, this.#item(scope, each.sort, each.index)]))
    const {component, scope: definedIn} = scope.components[expr.component]!
    const args = new Map(expr.args.map(arg => [arg.name, this.#item(scope, arg.sort, arg.index)]))
    return this.#component(component, definedIn, scope.instance, args)
  }

  #item(scope: Scope, sort: Sort, index: number): Item {
    switch (sort) {
      case 'func':
        return {sort, func: scope.funcs[index]!}
      case 'type':
        return {sort, type: scope.types[index]!}
      case 'instance':
        return {sort, instance: scope.instances[index]!}
      case 'component':
        return {sort, component: scope.components[index]!}
      case 'core-module':
        return {sort, module: scope.coreModules[index]!}
      default:
        return this.#unsupported('values in components', 'no toolchain emits them yet')
    }
  }

  #push(scope: Scope, item: Item): void {
    switch (item.sort) {
      case 'func':
        scope.funcs.push(item.func)
        break
      case 'type':
        scope.types.push(item.type)
        break
      case 'instance':
        scope.instances.push(item.instance)
        break
      case 'component':
        scope.components.push(item.component)
        break
      case 'core-module':
        scope.coreModules.push(item.module)
    }
  }

  #alias(scope: Scope, alias: Alias): void {
    switch (alias.kind) {
      case 'export':
        this.#push(scope, scope.instances[alias.instance]!.get(alias.name)!)
        break
      case 'core-export':
        coreSpace(scope, alias.sort).push(coreExport(scope.coreInstances[alias.instance]!, alias.name))
        break
      case 'outer': {
        if (alias.sort === 'core-type') {
          scope.coreTypes++
          break
        }
        this.#push(scope, this.#item(scope.outer(alias.count), alias.sort, alias.index))
      }
    }
  }

  // Imports

  #import(scope: Scope, name: string, type: ExternType, args: ReadonlyMap<string, Item> | undefined): Item {
    if (args !== undefined) return args.get(name) ?? this.#implied(scope, name, type)
    switch (type.kind) {
      case 'instance': {
        const item = scope.types[type.type]!
        if (item.kind !== 'instance') throw new Error('validation lets no other type through')
        return {sort: 'instance', instance: this.#hostInstance(name, item)}
      }
      case 'func': {
        const item = scope.types[type.type]!
        if (item.kind !== 'func') throw new Error('validation lets no other type through')
        return this.#hostFunc(ROOT_INTERFACE, this.#interfaces.find(ROOT_INTERFACE), name, item)
      }
      case 'type':
        return {
          sort: 'type',
          type:
            type.bound.kind === 'eq'
              ? scope.types[type.bound.type]!
              : this.#hostResource(ROOT_INTERFACE, this.#interfaces.find(ROOT_INTERFACE), name),
        }
      default:
        return this.#unsupported(
          `an import of a ${type.kind} ("${name}")`,
          'compose it with a component that has it',
        )
    }
  }

  /** A type import bound to a known type need not be given as an argument. */
  #implied(scope: Scope, name: string, type: ExternType): Item {
    if (type.kind === 'type' && type.bound.kind === 'eq')
      return {sort: 'type', type: scope.types[type.bound.type]!}
    return this.#missing(name)
  }

  #missing(name: string): never {
    throw new MayflyError('LINK_MISSING_IMPORT', {
      who: this.#options.who,
      name,
      remedy: this.#options.remedy?.(name) ?? '',
    })
  }

  /** Evaluates an instance type's declarators, finding each export in what the host offers. */
  #hostInstance(name: string, type: TypeItem & {kind: 'instance' | 'component'}): InstanceItem {
    this.#step(1 + type.decls.length)
    const offered = this.#interfaces.find(name)
    const scope = new Scope(type.scope, type.scope.instance)
    const exports = new Map<string, Item>()
    for (const decl of type.decls) {
      switch (decl.kind) {
        case 'core-type':
          scope.coreTypes++
          break
        case 'type':
          if (decl.type.kind === 'resource')
            throw new Error('validation lets no resource definition through here')
          scope.types.push(typeItem(scope, decl.type))
          break
        case 'alias':
          this.#alias(scope, decl.alias)
          break
        case 'export': {
          const item = this.#hostExport(scope, name, offered, decl.name.name, decl.type)
          exports.set(decl.name.name, item)
          this.#push(scope, item)
        }
      }
    }
    return exports
  }

  #hostExport(
    scope: Scope,
    interfaceName: string,
    offered: HostInterface | undefined,
    name: string,
    type: ExternType,
  ): Item {
    switch (type.kind) {
      case 'func': {
        const item = scope.types[type.type]!
        if (item.kind !== 'func') throw new Error('validation lets no other type through')
        return this.#hostFunc(interfaceName, offered, name, item)
      }
      case 'type':
        return {
          sort: 'type',
          type:
            type.bound.kind === 'eq'
              ? scope.types[type.bound.type]!
              : this.#hostResource(interfaceName, offered, name),
        }
      case 'instance': {
        const item = scope.types[type.type]!
        if (item.kind !== 'instance') throw new Error('validation lets no other type through')
        return {sort: 'instance', instance: this.#hostInstance(`${interfaceName}/${name}`, item)}
      }
      default:
        return this.#unsupported(`an import of a ${type.kind} ("${name}" of ${interfaceName})`)
    }
  }

  #hostFunc(
    interfaceName: string,
    offered: HostInterface | undefined,
    name: string,
    item: TypeItem & {kind: 'func'},
  ): Item {
    const fullName = interfaceName === ROOT_INTERFACE ? name : `${interfaceName}#${name}`
    const host = offered?.get(name)
    if (host === undefined) this.#missing(offered === undefined ? interfaceName : fullName)
    if (host.kind !== 'function')
      throw new MayflyError('LINK_TYPE_MISMATCH', {
        who: this.#options.who,
        name: fullName,
        reason: 'it is a resource',
      })
    if (host.type !== undefined) this.#checkType(fullName, host.type, item.type)
    let hostIndex = this.#hostFunctionIndex.get(host)
    if (hostIndex === undefined) {
      hostIndex = this.#hostFunctions.push({name: fullName, host}) - 1
      this.#hostFunctionIndex.set(host, hostIndex)
    }
    return {sort: 'func', func: {kind: 'host', name: fullName, host, hostIndex, type: item.type}}
  }

  #checkType(name: string, offered: string, type: FuncType): void {
    const nameOf = (resource: Resource) => this.#hostResourceNames.get(resource) ?? 'its own resource'
    const reason = difference(signatureOf(type, nameOf), offered)
    if (reason !== undefined)
      throw new MayflyError('LINK_TYPE_MISMATCH', {who: this.#options.who, name, reason})
  }

  #hostResource(interfaceName: string, offered: HostInterface | undefined, name: string): TypeItem {
    const host = offered?.get(name)
    if (host === undefined) this.#missing(offered === undefined ? interfaceName : `${interfaceName}#${name}`)
    if (host.kind !== 'resource')
      throw new MayflyError('LINK_TYPE_MISMATCH', {
        who: this.#options.who,
        name: `${interfaceName}#${name}`,
        reason: 'it is a function',
      })
    let resource = this.#hostResources.get(host)
    if (resource === undefined) {
      resource = {index: this.#resources.length, name, instance: undefined, rep: 'i32'}
      this.#resources.push({resource, host, dtor: undefined})
      this.#hostResources.set(host, resource)
      this.#hostResourceNames.set(resource, `${versionKey(interfaceName)}#${name}`)
    }
    return {kind: 'resource', resource}
  }

  // Canonical definitions

  #guestResource(scope: Scope, {rep, dtor}: ResourceType): Resource {
    const index = this.#resources.length
    const resource: Resource = {index, name: `resource ${index}`, instance: scope.instance, rep}
    this.#resources.push({
      resource,
      host: undefined,
      dtor: dtor === undefined ? undefined : scope.coreFuncs[dtor]!,
    })
    return resource
  }

  #canon(scope: Scope, canon: Canon): void {
    switch (canon.kind) {
      case 'lift': {
        const type = scope.types[canon.type]!
        if (type.kind !== 'func') throw new Error('validation lets no other type through')
        this.#async ||= isAsync(type.type)
        scope.funcs.push({
          kind: 'lifted',
          core: scope.coreFuncs[canon.func]!,
          isPlain: this.#isPlain(scope.coreFuncs[canon.func]!, scope.instance),
          options: this.#liftOptions(scope, canon.options),
          type: type.type,
          instance: scope.instance,
        })
        break
      }
      case 'lower': {
        const func = scope.funcs[canon.func]!
        this.#async ||= isAsync(func.type)
        this.#trampoline(scope, {
          kind: 'lower',
          func,
          options: this.#liftOptions(scope, canon.options),
          instance: scope.instance,
        })
        break
      }
      case 'resource.new':
      case 'resource.rep':
      case 'resource.drop':
        this.#trampoline(scope, {
          kind: canon.kind,
          resource: resourceAt(scope, canon.type).index,
          instance: scope.instance,
        })
        break
      case 'thread.spawn-ref':
      case 'thread.spawn-indirect':
      case 'thread.available-parallelism':
        this.#unsupported(`the built-in ${canon.kind}`, 'JavaScript engines cannot share functions yet')
        break
      default:
        this.#async = true
        this.#trampoline(scope, this.#builtin(scope, canon))
    }
  }

  #isPlain(ref: CoreRef, instance: number): boolean {
    if (ref.kind === 'trampoline') return true
    const isPlain = this.#coreExports.isPlain(this.#instanceModules[ref.instance]!, ref.name)
    if (!isPlain) this.#notPlain.push(instance)
    return isPlain
  }

  #builtin(scope: Scope, canon: AsyncCanon): AsyncBuiltin {
    const memory =
      'memory' in canon ? {...NO_OPTIONS, memory: this.#memory(scope.coreMemories[canon.memory]!)} : undefined
    const valueType = 'slot' in canon && canon.type === 'i64' ? 'i64' : 'i32'
    const type =
      canon.kind === 'task.return'
        ? canon.result === undefined
          ? undefined
          : valueTypeOf(scope, canon.result)
        : 'type' in canon && typeof canon.type === 'number' && !('table' in canon)
          ? valueTypeOf(scope, canon.type)
          : undefined
    return {
      kind: 'async',
      name: canon.kind,
      instance: scope.instance,
      async: 'async' in canon ? canon.async : 'options' in canon ? canon.options.async : false,
      cancellable: 'cancellable' in canon && canon.cancellable,
      slot: 'slot' in canon ? canon.slot : 0,
      valueType,
      type,
      options: 'options' in canon ? this.#liftOptions(scope, canon.options) : memory,
      table: 'table' in canon ? scope.coreTables[canon.table]! : undefined,
    }
  }

  #liftOptions(scope: Scope, options: CanonOptions): LiftOptions {
    if (options.async) this.#async = true
    const func = (index: number | undefined) => (index === undefined ? undefined : scope.coreFuncs[index]!)
    return {
      stringEncoding: options.stringEncoding,
      memory: options.memory === undefined ? undefined : this.#memory(scope.coreMemories[options.memory]!),
      realloc: func(options.realloc),
      postReturn: func(options.postReturn),
      async: options.async,
      callback: func(options.callback),
    }
  }

  #trampoline(scope: Scope, trampoline: Trampoline): void {
    const index = this.#trampolines.push(trampoline) - 1
    this.#steps.push({kind: 'trampoline', trampoline: index})
    scope.coreFuncs.push({kind: 'trampoline', trampoline: index})
  }

  /** A component instance blocks when it calls a host function that may, or another instance that does. */
  #spreadBlocking(): void {
    for (let changed = true; changed; ) {
      changed = false
      for (const trampoline of this.#trampolines) {
        const instance = this.#instances[trampoline.instance]!
        if (!instance.blocks && mayWait(trampoline, this.#instances, this.#resources)) {
          instance.blocks = true
          changed = true
        }
      }
    }
  }
}
