// engine/link/glue/direct.ts: finds the calls between components that need no JavaScript (engine/link/direct-call.ts).
import type {DirectSignature} from '../direct-call.ts'
import {contain} from '../nesting.ts'
import {numbersOfFunc} from '../numbers.ts'
import type {ExportMap, Func, LiftOptions, Plan, Trampoline} from '../plan.ts'

type Lower = Trampoline & {kind: 'lower'}
type Lifted = Func & {kind: 'lifted'}

/** A call that may be direct, with its callee. */
export type Direct = Readonly<{func: Lifted; signature: DirectSignature}>

/**
 * A direct call leaves no trace: no task, no borrow scope, and no `may_enter` of the callee, which would never stand in
 * the way. An instance only calls what was complete before itself began, so nothing that it calls can call it back; the
 * host cannot either, since it enters by the outermost instance.
 */
export class DirectCalls {
  readonly #plan: Plan
  readonly #direct = new Map<Trampoline, Direct>()
  /** Instances that may be told not to leave, while their memory is allocated or cleaned up. */
  readonly #closing = new Set<number>()
  /** The callers of direct calls. */
  readonly #callers = new Set<number>()
  /** Instances in which something of the asynchronous ABI happens, so that they need to know whose task they are in. */
  readonly #tasks = new Set<number>()

  constructor(plan: Plan) {
    this.#plan = plan
    for (const trampoline of plan.trampolines) {
      if (trampoline.kind === 'lower') this.#see(trampoline.func)
      if ('options' in trampoline) this.#uses(trampoline.instance, trampoline.options)
    }
    this.#seeAll(plan.exports)
    plan.instances.forEach(({blocks}, index) => {
      if (blocks) this.#tasks.add(index)
    })
    // In the order in which instances were complete: those that are called come first.
    for (const trampoline of plan.trampolines) {
      const direct = trampoline.kind === 'lower' ? this.#find(trampoline) : undefined
      if (direct !== undefined) {
        this.#direct.set(trampoline, direct)
        this.#callers.add(trampoline.instance)
      } else if (!this.#isOrdinary(trampoline)) this.#tasks.add(trampoline.instance)
    }
  }

  of(trampoline: Trampoline): Direct | undefined {
    return this.#direct.get(trampoline)
  }

  /** Whether direct calls of the instance must look whether it may leave. */
  checksLeaving(instance: number): boolean {
    return this.#closing.has(instance) && this.#callers.has(instance)
  }

  #seeAll(exports: ExportMap): void {
    for (const item of exports.values()) {
      if (item.kind === 'func') this.#see(item.func)
      else this.#seeAll(item.exports)
    }
  }

  #see(func: Func): void {
    if (func.kind === 'host') return
    this.#uses(func.instance, func.options)
    if (func.type.async || func.options.async) this.#tasks.add(func.instance)
  }

  #uses(instance: number, options: LiftOptions | undefined): void {
    if (options?.realloc !== undefined || options?.postReturn !== undefined) this.#closing.add(instance)
  }

  #find({func, options, instance}: Lower): Direct | undefined {
    if (func.kind === 'host' || func.type.async || func.options.async || options.async) return undefined
    if (func.options.postReturn !== undefined || !func.isPlain) return undefined
    if (contain(this.#plan.instances, func.instance, instance)) return undefined
    if (this.#plan.async && this.#tasks.has(func.instance)) return undefined
    const signature = numbersOfFunc(func.type)
    return signature && {func, signature}
  }

  #isOrdinary(trampoline: Trampoline): boolean {
    switch (trampoline.kind) {
      case 'async':
        return false
      case 'lower':
        return isPlain(trampoline)
      case 'resource.drop':
        return this.#plan.resources[trampoline.resource]!.resource.instance === undefined
      default:
        return true
    }
  }
}

/** Whether it calls a function of the host that answers at once: for the guest's tasks nothing happens meanwhile. */
export const isPlain = ({func, options}: Lower): boolean =>
  func.kind === 'host' && !func.type.async && !func.host.mayBlock && !options.async
