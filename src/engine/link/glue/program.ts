// engine/link/glue/program.ts: Plan → the source of a generator function that instantiates one sandbox.
//
// Everything in it is per sandbox: core instances, and the functions between them, which find their state in the
// variables around them. V8 shares the optimised code of functions made from one piece of source.
import type {Func, Plan, Step} from '../plan.ts'
import {FunctionEmitter} from './function.ts'
import {quote} from './names.ts'
import {Source} from './source.ts'

/** An exported function: `interface` is unset for one that the world exports by itself. */
export type ExportedFunction = Readonly<{
  interface: string | undefined
  name: string
  func: Func
  /** FunctionEmitter.writesOnlyInside */
  writesOnlyInside: boolean
}>

export type Program = Readonly<{
  /** The generator function's body; its parameters are PROGRAM_PARAMETERS, and around it are `constants`. */
  source: string
  constants: Readonly<{names: readonly string[]; values: readonly unknown[]}>
  /** In the order of the array that the generator returns. */
  exports: readonly ExportedFunction[]
}>

/**
 * modules: compiled lean modules, by the plan's index; runtime: the sandbox's Runtime. After each core instance the
 * generator yields {instance, exports}, so that its driver can put state into it.
 */
export const PROGRAM_PARAMETERS = ['modules', 'runtime'] as const

/**
 * `abi`: the functions of engine/abi and engine/link/runtime.ts that emitted code calls.
 * @throws LINK_UNSUPPORTED for more than V8 can take
 */
export function emitProgram(plan: Plan, abi: Readonly<Record<string, unknown>>, who: string): Program {
  const source = new Source(who)
  const emitter = new FunctionEmitter(plan, source)
  source.line(`const {store,guard,instances${plan.async ? ',scheduler' : ''}}=runtime;`)
  plan.instances.forEach((_, i) => {
    source.line(`const I${i}=instances[${i}],H${i}=I${i}.handles;`)
  })
  source.line(`let lenders=[],scope,${Array.from({length: 17}, (_, i) => `flat${i}`).join(',')};`)
  if (plan.instances.some(({blocks}) => !blocks)) source.line('const reserve=stackReserve();')
  source.line('const leaveAndThrow=error=>{guard.leave();throw error};')
  const suspending = emitter.suspending()
  const list = suspending.map(
    ({index, params, result}) =>
      `{call:t${index},params:${JSON.stringify(params)},result:${result === undefined ? 'undefined' : quote(result)}}`,
  )
  source.line(`const suspending=suspendingImports(runtime,[${list.join(',')}]);`)
  for (const step of plan.steps) {
    if (step.kind === 'trampoline') emitter.trampoline(step.trampoline)
    else instantiate(source, emitter, step)
  }
  emitter.destructors()
  const exports = exportedFunctions(plan, emitter)
  const names = exports.map(each => emitter.export(each.func, each.name))
  source.line(`return [${names.join(',')}];`)
  const {names: own, values} = source.constants
  const constants = {
    names: [...Object.keys(abi), ...own],
    values: [...Object.values(abi), ...values],
  }
  return {source: source.text, constants, exports}
}

function instantiate(source: Source, emitter: FunctionEmitter, step: Step & {kind: 'instantiate'}): void {
  const modules = new Map<string, string[]>()
  for (const {module, name, ref} of step.imports) {
    const entries = modules.get(module) ?? []
    if (entries.length === 0) modules.set(module, entries)
    entries.push(`${key(name)}:${emitter.ref(ref)}`)
  }
  const imports = [...modules].map(([module, entries]) => `${key(module)}:{${entries.join(',')}}`)
  const k = step.instance
  source.line(`const e${k}=new WebAssembly.Instance(modules[${step.module}],{${imports.join(',')}}).exports;`)
  source.line(`yield {instance:${k},exports:e${k}};`)
}

/** A plain "__proto__" would set the prototype; of other names, computed ones would be added one by one. */
const key = (name: string): string => (name === '__proto__' ? `[${quote(name)}]` : quote(name))

function exportedFunctions(plan: Plan, emitter: FunctionEmitter): ExportedFunction[] {
  const exports: ExportedFunction[] = []
  const visit = (map: Plan['exports'], path: string | undefined): void => {
    for (const [name, item] of map) {
      if (item.kind === 'func')
        exports.push({
          interface: path,
          name,
          func: item.func,
          writesOnlyInside: emitter.writesOnlyInside(item.func),
        })
      else visit(item.exports, path === undefined ? name : `${path}/${name}`)
    }
  }
  visit(plan.exports, undefined)
  return exports
}
