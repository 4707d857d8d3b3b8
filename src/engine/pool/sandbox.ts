// engine/pool/sandbox.ts: one sandbox: an instance of a component that is made equal to its image after every event.
import {MayflyError} from '../../base/errors.ts'
import {TaskFunction} from '../async/task-function.ts'
import type {Continuation} from '../async/thread.ts'
import {Call, type CallReceiver} from '../call.ts'
import {type Idler, idleWatch} from '../limits/idle-watch.ts'
import type {Overrun, Stoppable} from '../link/guard.ts'
import type {GuestFunction} from '../link/linked-component.ts'
import type {Runtime, RuntimeState} from '../link/runtime.ts'
import {StackFunction, type StackOwner, stacks} from '../link/stacks.ts'
import type {MemoryBudget} from '../snapshot/budget.ts'
import type {RestoreReport, Restorer} from '../snapshot/snapshot.ts'
import type {Store} from '../store.ts'
import type {ProgramExport} from './program.ts'

/** What a sandbox is restored to beside its memory. */
export type SandboxParts = Readonly<{
  functions: readonly GuestFunction[]
  exports: readonly ProgramExport[]
  runtime: Runtime
  /** Unset for a sandbox that serves one event and is then thrown away. */
  restorer: Restorer | undefined
  initial: RuntimeState
  budget: MemoryBudget | undefined
  limits: SandboxLimits
  /** MiB of garbage-collected objects that an event may make; 0 where the code makes none. */
  heapMb: number
  /** Writes what each event must find different, e.g. random seeds. */
  renew: (() => void) | undefined
}>

/** Told of a call that is stopped: it neither returns nor throws. */
export interface StopListener {
  stopped(error: MayflyError): void
}

export type SandboxLimits = Readonly<{
  /** Time that an event may compute, in all. */
  cpuMs: number
  /** Time that an event may wait without anything happening. */
  idleMs: number
}>

/** The global is found anew, by a getter, each time it is named. */
const {performance} = globalThis

export class Sandbox implements Stoppable, Idler, StackOwner {
  readonly store: Store
  /** How many events it has served. */
  events = 0
  /** Set by whoever calls. */
  stopListener: StopListener | undefined
  waitingSinceMs = 0
  readonly #parts: SandboxParts
  #failed = false
  #stretchStartedMs = 0
  /** The thread's processor time then, where it is looked at. */
  #stretchThreadMs = 0
  #usedMs = 0
  #heapBeforeMb = 0
  #usedHeapMb = 0
  #renewed = false
  #watching = false

  constructor(parts: SandboxParts) {
    this.#parts = parts
    this.store = parts.runtime.store
    const {restorer, runtime} = parts
    if (restorer !== undefined) {
      runtime.onEnter = () => restorer.open()
      runtime.onLeave = () => restorer.close()
    }
    for (const func of parts.functions) if (typeof func !== 'function') func.owner = this
    runtime.onSuspend = () => this.#suspended()
    runtime.onResume = () => this.#begin()
  }

  get idleLimitMs(): number {
    return this.#parts.limits.idleMs
  }

  #begin(): void {
    const {runtime, limits, heapMb} = this.#parts
    idleWatch.delete(this)
    this.#stretchStartedMs = performance.now()
    // The clock counts what the machine does besides, too, but is cheaper: it will do for the first half.
    this.#stretchThreadMs = this.#usedMs > limits.cpuMs / 2 ? threadMs() : 0
    const leftMs = Math.max(1, limits.cpuMs - this.#usedMs)
    if (heapMb > 0) {
      this.#heapBeforeMb = residentMb()
      runtime.guard.begin(this, leftMs, Math.max(1, heapMb - this.#usedHeapMb))
    } else runtime.guard.begin(this, leftMs)
  }

  /** Its memory may be written from now on outside the stretch that the restorer watches. */
  #suspended(): void {
    this.#parts.restorer?.suspect()
    this.waitingSinceMs = performance.now()
    this.#usedMs +=
      this.#stretchThreadMs > 0
        ? threadMs() - this.#stretchThreadMs
        : this.waitingSinceMs - this.#stretchStartedMs
    if (this.#parts.heapMb > 0) this.#usedHeapMb += Math.max(0, residentMb() - this.#heapBeforeMb)
    idleWatch.add(this)
  }

  stopped(overrun: Overrun): void {
    this.#failed = true
    const {limits, heapMb, restorer} = this.#parts
    restorer?.close()
    const {component} = this.store
    this.stopListener?.stopped(
      overrun === 'time'
        ? new MayflyError('LIMIT_CPU', {limit: limits.cpuMs, component})
        : new MayflyError('LIMIT_MEMORY', {limit: heapMb, component}),
    )
  }

  idled(): void {
    const {limits} = this.#parts
    this.abort(new MayflyError('LIMIT_IDLE', {limit: limits.idleMs, component: this.store.component}))
  }

  /**
   * Calls an exported function, by the index that LinkedComponent.findExport gives. Returns a promise only where the
   * guest had to wait or trapped; both ways a failure is a MayflyError: TRAP_…, LIMIT_MEMORY, or what a host function threw.
   */
  call(index: number, ...args: unknown[]): unknown {
    const call = new Call()
    stacks.runOne(this.start(index, call, args))
    return call.outcome()
  }

  /**
   * Begins a call: either it is over or waits when this returns, or stacks.run has to run what is returned before
   * anything else. The receiver's errors are those of `call`.
   */
  start(index: number, receiver: CallReceiver, args: unknown[]): StackFunction | undefined {
    const {functions, restorer, renew} = this.#parts
    const func = functions[index]!
    const watched = this.#watched(index) ? restorer : undefined
    watched?.open()
    if (!this.#renewed) {
      this.#renewed = true
      renew?.()
    }
    this.#begin()
    let result: unknown
    try {
      if (func instanceof StackFunction) {
        func.prepare(receiver, args)
        this.#watching = watched !== undefined
        return func
      }
      if (func instanceof TaskFunction) func.call(receiver, args)
      else result = func(...args)
      watched?.close()
    } catch (error) {
      watched?.close()
      receiver.failed(this.failure(error))
      return undefined
    }
    if (func instanceof TaskFunction) return undefined
    if (result instanceof Promise)
      result.then(
        value => receiver.returned(value),
        error => receiver.failed(this.failure(error)),
      )
    else receiver.returned(result)
    return undefined
  }

  /** Whether the guest's memory may be written before or after its own function runs. */
  #watched(index: number): boolean {
    return this.#parts.renew !== undefined || !this.#parts.exports[index]!.writesOnlyInside
  }

  left(): void {
    if (!this.#watching) return
    this.#watching = false
    this.#parts.restorer?.close()
  }

  failure(error: unknown): MayflyError {
    this.#failed = true
    this.#parts.runtime.guard.leave()
    const budget = this.#parts.budget
    if (budget?.exceeded && asTrap(error).code === 'TRAP_CORE') {
      const details = {limit: budget.limitPages / 16, component: this.store.component}
      return new MayflyError('LIMIT_MEMORY', details, {cause: error})
    }
    return asTrap(error)
  }

  /** Whether a call waits for the host now. */
  get waiting(): boolean {
    return this.#parts.runtime.waiting > 0
  }

  /** Has what `begun` begins go on in this turn as far as it can, rather than each step in a turn of its own. */
  together(begun: Continuation): void {
    const {restorer, runtime} = this.#parts
    restorer?.open()
    runtime.together(begun)
    restorer?.close()
  }

  /** Whether no task of the event is left that could go on. */
  get idle(): boolean {
    return this.#parts.runtime.idle
  }

  /** What has ended the event's tasks, as a call rejects. */
  get taskFailure(): MayflyError | undefined {
    const {failure} = this.#parts.runtime
    return failure === undefined ? undefined : this.failure(failure.reason)
  }

  /**
   * Resolves when no task of the event is left that could go on: a function of async type may have such tasks after it
   * has returned. Rejects as a call does.
   */
  async whenIdle(): Promise<void> {
    await this.#parts.runtime.whenIdle().catch(error => {
      throw this.failure(error)
    })
  }

  /** Ends every waiting call with `reason`, e.g. when the client has gone. */
  abort(reason: MayflyError): void {
    this.#parts.runtime.abort(reason)
  }

  /** Ends the event: drops what the guest still owns, disposes the capabilities' state, makes the sandbox equal to its image. */
  restore(): RestoreReport {
    const {runtime, restorer, initial, budget} = this.#parts
    this.stopListener = undefined
    this.#usedMs = 0
    this.#usedHeapMb = 0
    this.#renewed = false
    idleWatch.delete(this)
    // A call that still waits is ended by `end`, but its stack is only unwound later.
    if (runtime.waiting > 0 || runtime.failure !== undefined) this.#failed = true
    runtime.end()
    this.store.clear()
    this.events++
    if (restorer === undefined) return {pagesRestored: 0, scanned: false}
    const report = restorer.restore()
    runtime.restore(initial)
    if (budget !== undefined) budget.exceeded = false
    return report
  }

  /** True when it must not serve another event. */
  get spent(): boolean {
    const {restorer} = this.#parts
    return this.#failed || restorer === undefined || restorer.outgrown
  }

  dispose(): void {
    this.#parts.runtime.dispose()
    this.#parts.restorer?.dispose()
  }
}

function threadMs(): number {
  const {user, system} = process.threadCpuUsage()
  return (user + system) / 1000
}

const residentMb = (): number => process.memoryUsage.rss() / 2 ** 20

/** What ended a guest, as an error of the table. */
export function asTrap(error: unknown): MayflyError {
  if (error instanceof MayflyError) return error
  const reason = error instanceof Error ? error.message : String(error)
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError)
    return new MayflyError('TRAP_CORE', {reason}, {cause: error})
  if (error instanceof WebAssembly.Exception)
    return new MayflyError(
      'TRAP_CORE',
      {reason: 'it threw an exception that nothing catches'},
      {cause: error},
    )
  if (error instanceof WebAssembly.SuspendError)
    return new MayflyError('TRAP_CORE', {reason: 'it waits where it cannot be suspended'}, {cause: error})
  return new MayflyError('TRAP_HOST', {reason}, {cause: error})
}
