// engine/link/runtime.ts: one sandbox's link-time state, which emitted glue works on.
import {MayflyError} from '../../base/errors.ts'
import {
  type BorrowScope,
  type Handle,
  HandleQuota,
  HandleTable,
  type HandleTableState,
} from '../abi/handles.ts'
import type {GuestMemory} from '../abi/memory.ts'
import {trap} from '../abi/trap.ts'
import type {Resource} from '../abi/types.ts'
import {Instance} from '../async/instance.ts'
import {startThread} from '../async/lift.ts'
import {Scheduler} from '../async/scheduler.ts'
import type {Continuation, Thread} from '../async/thread.ts'
import type {Store} from '../store.ts'
import {turns} from '../turns.ts'
import type {Guard} from './guard.ts'
import {type Event, GuestResource, type Rep} from './guest-resource.ts'
import type {HostResource} from './imports.ts'
import type {StackFunction} from './stacks.ts'
import {uncatchable} from './uncatchable.ts'

/** A component instance (CanonicalABI.md, Component Instances). */
export class ComponentInstance extends Instance {
  override readonly handles: HandleTable

  constructor(name: string, parent: Instance | undefined, quota: HandleQuota) {
    const handles = new HandleTable(quota)
    super(parent === undefined ? {name, handles} : {name, parent, handles})
    this.handles = handles
  }
}

export type RuntimeState = readonly (HandleTableState | undefined)[]

/** What emitted code calls beside the pure functions of engine/abi. */
export class Runtime {
  readonly store: Store
  readonly guard: Guard
  readonly instances: readonly ComponentInstance[]
  readonly #hostResources: ReadonlyMap<Resource, HostResource>
  #waiting = 0
  /** Set by the sandbox: a guest function that may wait is about to run; it has returned. */
  onEnter: () => void = () => {}
  onLeave: () => void = () => {}
  /** Set by the sandbox: the guest is about to wait; it is about to go on. */
  onSuspend: () => void = () => {}
  onResume: () => void = () => {}
  /** Set by emitted code: the memories that values cross through. */
  readonly memories: GuestMemory[] = []
  /** What the host holds of the guest's ends with it. */
  #event: Event = {over: false}
  readonly #suspended = new Set<(reason: unknown) => void>()
  /** Each adds itself. */
  readonly stackFunctions: StackFunction[] = []
  /** Set by emitted code: the destructor of a guest's resource, by the resource's index. */
  readonly destructors: ((rep: Rep) => void)[] = []

  constructor(options: {
    store: Store
    guard: Guard
    instances: number
    /** The instance that contains each; undefined for the outermost, and where it does not matter. */
    parents?: readonly (number | undefined)[]
    hostResources: ReadonlyMap<Resource, HostResource>
  }) {
    this.store = options.store
    this.guard = options.guard
    const quota = new HandleQuota()
    const instances: ComponentInstance[] = []
    for (let i = 0; i < options.instances; i++) {
      const parent = options.parents?.[i]
      instances.push(
        new ComponentInstance(`instance ${i}`, parent === undefined ? undefined : instances[parent], quota),
      )
    }
    this.instances = instances
    this.#hostResources = options.hostResources
  }

  /** 1 when a trampoline has left a promise for its caller to wait for (blocking.ts). */
  readonly pending = new WebAssembly.Global({value: 'i32', mutable: true}, 0)
  #pendingPromise: Promise<unknown> | undefined

  /** Has the guest suspended, as soon as it is back in core code, until `promise` settles. */
  suspend(promise: Promise<unknown>, finish: (value: unknown) => unknown): void {
    this.#pendingPromise = this.#resumable(promise, finish)
    this.pending.value = 1
  }

  /** For components with the asynchronous ABI; made when first used. */
  get scheduler(): Scheduler {
    return (this.#scheduler ??= this.#makeScheduler())
  }

  #makeScheduler(): Scheduler {
    const goOn = (): void => {
      if (!this.#resting) return
      this.#resting = false
      this.onResume()
    }
    const rest = (): void => {
      if (this.#resting || scheduler.isOver) return
      this.#resting = true
      this.onSuspend()
    }
    this.#rest = rest
    const scheduler = new Scheduler({
      turn: run => turns.add(run),
      enter: () => this.guard.enter(),
      uncatchable,
      begin: goOn,
      wait: () => {
        this.guard.leave()
        if (!this.#together) rest()
      },
      over: goOn,
      drop: (resource, value) => this.#dropAbandoned(resource, value),
    })
    return scheduler
  }

  #scheduler: Scheduler | undefined
  /** Something may still come of what the guest has asked for. */
  #resting = false
  #rest: () => void = () => {}
  /** It need not rest between what it does now. */
  #together = false

  /** Has what `begun` begins go on in this turn, as far as it can. */
  together(begun: Continuation): void {
    const {scheduler} = this
    this.#together = true
    scheduler.together(begun)
    this.#together = false
    if (scheduler.failure === undefined) this.#rest()
  }

  /** Whether no task is left that could go on. */
  get idle(): boolean {
    return this.#scheduler === undefined || this.#scheduler.isIdle
  }

  /** How many of the guest's stacks and tasks wait for the host now. */
  get waiting(): number {
    return this.#waiting + (this.#resting && !this.#scheduler!.isIdle ? 1 : 0)
  }

  /** Resolves when no task is left that could go on; rejects with what ended the guest. */
  async whenIdle(): Promise<void> {
    const scheduler = this.#scheduler
    if (scheduler === undefined) return
    await scheduler.whenIdle()
    if (scheduler.failure !== undefined) throw scheduler.failure.reason
  }

  /** What a task has failed with, which nobody need have waited for. */
  get failure(): {readonly reason: unknown} | undefined {
    return this.#scheduler?.failure
  }

  /** The thread that runs; of code that runs outside of any call, one that cannot wait. */
  thread(instance: Instance): Thread {
    const {scheduler} = this
    return scheduler.current ?? startThread(scheduler, instance)
  }

  /** What a built-in gives to core code; `any` where it must wait. */
  give(result: unknown, any: unknown): unknown {
    if (result instanceof Promise) {
      this.#pendingPromise = result
      this.pending.value = 1
      return any
    }
    this.guard.enter()
    return result
  }

  takePending(): Promise<unknown> {
    const promise = this.#pendingPromise!
    this.#pendingPromise = undefined
    return promise
  }

  /** A guest was stopped before it took it. */
  #forgetPending(): void {
    this.#pendingPromise = undefined
    this.pending.value = 0
  }

  /** `finish` lowers the result when the guest is about to go on. */
  #resumable(promise: Promise<unknown>, finish: (value: unknown) => unknown): Promise<unknown> {
    this.#waiting++
    this.onSuspend()
    return new Promise((resolve, reject) => {
      this.#suspended.add(reject)
      // The guest goes on in the first microtask after `resolve`. A turn of its own makes sure that no host code comes
      // between, so that `enter` tells the truth.
      const go = (run: () => void) =>
        turns.add(() => {
          if (!this.#suspended.delete(reject)) return
          this.#waiting--
          this.onResume()
          run()
        })
      promise.then(
        value =>
          go(() => {
            try {
              const result = finish(value)
              resolve(result)
              this.guard.enter()
            } catch (error) {
              reject(uncatchable(error))
            }
          }),
        error => go(() => reject(uncatchable(error))),
      )
    })
  }

  /** Ends every suspended call with `reason`; what the host answers later is ignored. */
  abort(reason: unknown): void {
    this.#waiting = 0
    this.#resting = false
    this.#together = false
    this.#scheduler?.fail(reason)
    if (this.#suspended.size === 0) return
    for (const reject of this.#suspended) reject(uncatchable(reason))
    this.#suspended.clear()
  }

  /** Drops a handle of a host's resource for the guest. */
  #dropHost(handle: Handle): void {
    if (handle.own) this.#hostResources.get(handle.resource)?.drop?.(this.store, handle.rep)
  }

  guestResource(resource: Resource, rep: unknown, owned: boolean): GuestResource {
    const destroy = owned ? this.destructors[resource.index] : undefined
    return new GuestResource(resource, rep as Rep, destroy, this.#event)
  }

  /** Nobody is left to be told that it cannot be dropped. */
  #dropAbandoned(resource: Resource, value: unknown): void {
    if (resource.instance === undefined)
      this.#dropQuietly({resource, rep: value, own: true, scope: undefined, lends: 0})
  }

  /**
   * Ends the event: calls that still wait are aborted, lest they go on in the next one, and every resource of the host
   * that the guest still owns is dropped. Never throws.
   */
  end(): void {
    this.#event.over = true
    // An error is dear to make.
    if (this.#waiting > 0 || this.#suspended.size > 0 || this.#scheduler?.isQuiet === false)
      this.abort(new MayflyError('TRAP_HOST', {reason: 'its event ended while it waited'}))
    for (const instance of this.instances)
      if (!instance.handles.isPristine) instance.handles.forEachOpen(this.#endHandle)
  }

  readonly #endHandle = (handle: Handle): void => {
    if (handle.own && handle.resource.instance === undefined) this.#dropQuietly(handle)
  }

  /** Nobody is left to be told that a host failed to drop something, and the others must be dropped too. */
  #dropQuietly(handle: Handle): void {
    try {
      this.#dropHost(handle)
    } catch {}
  }

  /** Nothing of it is called any more. */
  dispose(): void {
    for (const func of this.stackFunctions) func.dispose()
  }

  /** Why its state cannot be part of an image, if it cannot: tasks and what they wait for are no data. */
  get unrestorable(): string | undefined {
    if (this.#scheduler?.isIdle === false || this.instances.some(each => !each.isIdle))
      return 'tasks that go on after initialisation'
    if (this.instances.some(each => each.handles.holdsWaitables))
      return 'streams, futures or waitable sets made in initialisation'
    return undefined
  }

  capture(): RuntimeState {
    return this.instances.map(instance => instance.handles.capture())
  }

  restore(state: RuntimeState): void {
    for (let i = 0; i < this.instances.length; i++) {
      const instance = this.instances[i]!
      instance.handles.restore(state[i])
      instance.reset()
    }
    for (const memory of this.memories) memory.reset()
    if (this.#pendingPromise !== undefined) this.#forgetPending()
    this.#event = {over: false}
    this.#scheduler?.reset()
  }
}

export function cannotLeave(): never {
  trap(
    'TRAP_CANNOT_LEAVE',
    'it called an import while its memory was being allocated or cleaned up: cannot leave component instance',
  )
}

export function cannotEnter(): never {
  trap('TRAP_REENTERED', 'it is already running, or an earlier call trapped: cannot enter component instance')
}

/** A component must drop what it borrowed before it returns. */
export function checkBorrows(scope: BorrowScope): void {
  if (scope.borrows > 0)
    trap(
      'TRAP_BAD_HANDLE',
      `${scope.borrows} borrowed handles were not dropped: borrow handles still remain at the end of the call`,
    )
}

/** What the host passes for a guest's resource, as the component's own number. */
export function guestRep(resource: Resource, value: unknown, give: boolean): Rep {
  if (!(value instanceof GuestResource)) trap('TRAP_BAD_VALUE', `the host gave no ${resource.name}`)
  return give ? value.take(resource) : value.rep(resource)
}
