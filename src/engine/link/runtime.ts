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
import type {Thread} from '../async/thread.ts'
import type {Store} from '../store.ts'
import {turns} from '../turns.ts'
import type {Guard} from './guard.ts'
import {GuestResource} from './guest-resource.ts'
import type {HostResource} from './imports.ts'
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
  /** Guest calls that wait for a promise of the host now. */
  waiting = 0
  /** Set by the sandbox: a guest function that may wait is about to run; it has returned. */
  onEnter: () => void = () => {}
  onLeave: () => void = () => {}
  /** Set by the sandbox: the guest is about to wait; it is about to go on. */
  onSuspend: () => void = () => {}
  onResume: () => void = () => {}
  /** Set by emitted code: the memories that values cross through. */
  readonly memories: GuestMemory[] = []
  readonly #suspended = new Set<(reason: unknown) => void>()
  /** Set by emitted code: the destructor of a guest's resource, by the resource's index. */
  readonly destructors: ((rep: number) => void)[] = []

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
    this.#scheduler ??= new Scheduler({
      turn: run => turns.add(run),
      enter: () => this.guard.enter(),
      uncatchable,
      begin: () => {
        if (!this.#resting) return
        this.#resting = false
        this.waiting--
        this.onResume()
      },
      wait: () => {
        this.guard.leave()
        if (this.#resting || this.#scheduler!.isIdle) return
        this.#resting = true
        this.waiting++
        this.onSuspend()
      },
    })
    return this.#scheduler
  }

  #scheduler: Scheduler | undefined
  #resting = false

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

  /** `finish` lowers the result when the guest is about to go on. */
  #resumable(promise: Promise<unknown>, finish: (value: unknown) => unknown): Promise<unknown> {
    this.waiting++
    this.onSuspend()
    return new Promise((resolve, reject) => {
      this.#suspended.add(reject)
      // The guest goes on in the first microtask after `resolve`. A turn of its own makes sure that no host code comes
      // between, so that `enter` tells the truth.
      const go = (run: () => void) =>
        turns.add(() => {
          if (!this.#suspended.delete(reject)) return
          this.waiting--
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
    this.waiting = 0
    this.#resting = false
    this.#scheduler?.fail(reason)
    for (const reject of this.#suspended) reject(uncatchable(reason))
    this.#suspended.clear()
  }

  /** The guest dropped a handle of a host's resource that it owned. */
  dropHost(handle: Handle): void {
    if (handle.own) this.#hostResources.get(handle.resource)?.drop?.(this.store, handle.rep)
  }

  guestResource(resource: Resource, rep: unknown, owned: boolean): GuestResource {
    return new GuestResource(resource, rep as number, owned ? this.destructors[resource.index] : undefined)
  }

  /**
   * Ends the event: calls that still wait are aborted, lest they go on in the next one, and every resource of the host
   * that the guest still owns is dropped. Never throws.
   */
  end(): void {
    if (this.waiting > 0)
      this.abort(new MayflyError('TRAP_HOST', {reason: 'its event ended while it waited'}))
    for (const instance of this.instances) {
      if (instance.handles.isPristine) continue
      for (const handle of instance.handles.open())
        if (handle.own && handle.resource.instance === undefined) this.#dropQuietly(handle)
    }
  }

  /** Nobody is left to be told that a host failed to drop something, and the others must be dropped too. */
  #dropQuietly(handle: Handle): void {
    try {
      this.dropHost(handle)
    } catch {}
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
    this.pending.value = 0
    this.#scheduler?.reset(new MayflyError('TRAP_HOST', {reason: 'its event ended while it waited'}))
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
export function guestRep(resource: Resource, value: unknown, give: boolean): number {
  if (!(value instanceof GuestResource)) trap('TRAP_BAD_VALUE', `the host gave no ${resource.name}`)
  return give ? value.take(resource) : value.rep(resource)
}
