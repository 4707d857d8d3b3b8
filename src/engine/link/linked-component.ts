// engine/link/linked-component.ts: a component linked with what the host offers, ready to be instantiated many times.
import {MayflyError} from '../../base/errors.ts'
import type {FuncType, Resource} from '../abi/types.ts'
import type {TaskFunction} from '../async/task-function.ts'
import type {Component} from '../component/component.ts'
import type {LeanModule} from '../snapshot/lean.ts'
import {GLUE_ABI} from './glue/abi.ts'
import {ASYNC_GLUE_ABI} from './glue/async-abi.ts'
import {emitProgram, PROGRAM_PARAMETERS} from './glue/program.ts'
import type {HostResource} from './imports.ts'
import type {ModuleCache} from './module-cache.ts'
import {type CompiledProgram, ProgramCode} from './program-code.ts'
import {type ResolveOptions, resolve} from './resolve.ts'
import type {Runtime} from './runtime.ts'
import type {StackFunction} from './stacks.ts'
import {versionKey} from './version.ts'

export type LinkOptions = ResolveOptions &
  Readonly<{
    modules: ModuleCache
    /** What an earlier process compiled of the program, if it is the same. */
    compiled?: CompiledProgram | undefined
  }>

/** Yielded after each core instance is made, before the next. */
export type MadeInstance = Readonly<{instance: number; exports: WebAssembly.Exports}>

/** Calls into a sandbox, with values as in imports.ts. */
export type GuestFunction = ((...args: unknown[]) => unknown) | StackFunction | TaskFunction

type Instantiate = (
  modules: readonly WebAssembly.Module[],
  runtime: Runtime,
) => Generator<MadeInstance, GuestFunction[]>

export type LinkedExport = Readonly<{
  interface: string | undefined
  name: string
  type: FuncType
  /** A call writes the guest's memory between the runtime's onEnter and onLeave only, unless the guest waits. */
  writesOnlyInside: boolean
}>

/** Frozen; shared by all sandboxes of the component. */
export class LinkedComponent {
  readonly who: string
  readonly instances: number
  /** The instance that contains each. */
  readonly parents: readonly (number | undefined)[]
  /** By core instance, in the order of instantiation. */
  readonly leanModules: readonly LeanModule[]
  readonly hostResources: ReadonlyMap<Resource, HostResource>
  readonly exports: readonly LinkedExport[]
  /** The names of the host functions it can call, `wasi:random/random@0.2.0#get-random-u64`. */
  readonly imports: readonly string[]
  /** The emitted program, for people who want to read it. */
  readonly source: string
  readonly #modules: readonly WebAssembly.Module[]
  readonly #code: ProgramCode
  readonly #instantiate: Instantiate

  /** @throws LINK_MISSING_IMPORT, LINK_TYPE_MISMATCH, LINK_UNSUPPORTED, VALIDATE_INVALID */
  constructor(component: Component, options: LinkOptions) {
    this.who = options.who
    const plan = resolve(component, options)
    const compiled = plan.modules.map(bytes => options.modules.compile(bytes))
    this.#modules = compiled.map(each => each.module)
    this.leanModules = plan.steps.flatMap(step =>
      step.kind === 'instantiate' ? [compiled[step.module]!.lean] : [],
    )
    this.instances = plan.instances.length
    this.parents = plan.instances.map(instance => instance.parent)
    this.hostResources = new Map(
      plan.resources.flatMap(({resource, host}) => (host === undefined ? [] : [[resource, host] as const])),
    )
    this.imports = plan.hostFunctions.map(each => each.name)
    const program = emitProgram(plan, plan.async ? ASYNC_GLUE_ABI : GLUE_ABI, options.who)
    this.exports = program.exports.map(each => ({
      interface: each.interface,
      name: each.name,
      type: each.func.type,
      writesOnlyInside: each.writesOnlyInside,
    }))
    this.source = program.source
    const {names, values} = program.constants
    this.#code = new ProgramCode(
      `(function(${names.join(',')}){"use strict";return function*(${PROGRAM_PARAMETERS.join(',')}){${program.source}}})`,
      options.compiled,
    )
    this.#instantiate = (this.#code.run() as (...values: unknown[]) => Instantiate)(...values)
  }

  /** What V8 has compiled of the program by now. */
  compiled(): CompiledProgram {
    return this.#code.compiled()
  }

  /** Makes the core instances one after the other; the driver puts state into each before it asks for the next. */
  instantiate(runtime: Runtime): Generator<MadeInstance, GuestFunction[]> {
    return this.#instantiate(this.#modules, runtime)
  }

  /**
   * The index of an exported function in what `instantiate` returns; undefined if there is none. The interface's version
   * may be any compatible one.
   */
  findExport(interfaceName: string | undefined, name: string): number | undefined {
    const key = interfaceName === undefined ? undefined : versionKey(interfaceName)
    const index = this.exports.findIndex(
      each =>
        each.name === name &&
        (key === undefined
          ? each.interface === undefined
          : each.interface && versionKey(each.interface) === key),
    )
    return index < 0 ? undefined : index
  }

  /** @throws LINK_MISSING_EXPORT */
  requireExport(interfaceName: string, name: string, remedy = ''): number {
    const index = this.findExport(interfaceName, name)
    if (index === undefined)
      throw new MayflyError('LINK_MISSING_EXPORT', {who: this.who, name: `${interfaceName}#${name}`, remedy})
    return index
  }
}
