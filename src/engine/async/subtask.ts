// engine/async/subtask.ts: a call as its caller sees it: canon lower, subtask.cancel and subtask.drop (CanonicalABI.md).
import {giveBack, type Handle} from '../abi/handles.ts'
import {trap} from '../abi/trap.ts'
import type {Instance} from './instance.ts'
import type {FuncInst} from './scheduler.ts'
import type {Cancellable, Use} from './task.ts'
import type {Thread, WaitFor} from './thread.ts'
import {BLOCKED, EVENT, Waitable} from './waitable.ts'

export const SUBTASK = {
  starting: 0,
  started: 1,
  returned: 2,
  cancelledBeforeStarted: 3,
  cancelledBeforeReturned: 4,
} as const

export class Subtask extends Waitable implements Use, WaitFor {
  readonly kind = 'a subtask'
  readonly name: string
  state: number = SUBTASK.starting
  /** Set once the callee has been called. */
  callee: Cancellable | undefined
  /** Handles that the call borrows, until its end is delivered. */
  readonly lenders: Handle[] = []
  readonly cancellable = false
  cancellationRequested = false
  resolveDelivered = false
  /** What a synchronous lower returns to core code. */
  flatResult: unknown
  readonly #liftArguments: (lenders: Handle[]) => readonly unknown[]
  readonly #lowerResult: (result: unknown) => unknown
  /** In the caller's table; 0 as long as it is in none, and its steps make no events. */
  protected index = 0

  constructor(
    name: string,
    liftArguments: (lenders: Handle[]) => readonly unknown[],
    lowerResult: (result: unknown) => unknown,
  ) {
    super()
    this.name = name
    this.#liftArguments = liftArguments
    this.#lowerResult = lowerResult
  }

  start(): readonly unknown[] {
    this.#progress()
    this.state = SUBTASK.started
    return this.#liftArguments(this.lenders)
  }

  resolve(cancelled: boolean, result: unknown): void {
    this.#progress()
    if (!cancelled) {
      this.flatResult = this.#lowerResult(result)
      this.state = SUBTASK.returned
    } else
      this.state =
        this.state === SUBTASK.starting ? SUBTASK.cancelledBeforeStarted : SUBTASK.cancelledBeforeReturned
  }

  #progress(): void {
    if (this.index !== 0) this.setPending()
  }

  protected get code(): number {
    return EVENT.subtask
  }

  protected payload(): number {
    if (this.resolved) this.deliverResolve()
    return this.state
  }

  /** What a synchronous call gives once it has returned. */
  finishSync(): unknown {
    this.deliverResolve()
    return this.flatResult
  }

  /** What an asynchronous call gives: it goes into the table, unless it has returned. */
  finishAsync(instance: Instance): number {
    if (this.resolved) {
      this.deliverResolve()
      return this.state
    }
    this.index = instance.handles.put(this)
    return (this.state | (this.index << 4)) >>> 0
  }

  get resolved(): boolean {
    return this.state >= SUBTASK.returned
  }

  ready(): boolean {
    return this.resolved
  }

  deliverResolve(): void {
    this.resolveDelivered = true
    giveBack(this.lenders)
    this.lenders.length = 0
  }

  describe(): string {
    return `${this.name} to return`
  }

  what(): string {
    return this.describe()
  }
}

/** A use of canon lower as emitted code describes it. */
export type Lowered = Readonly<{
  /** For people. */
  name: string
  func: FuncInst
  async: boolean
  /** Whether the function's type is async. */
  asyncType: boolean
}>

/**
 * Calls. `lift` gives the arguments when the callee starts; it lends handles to `lenders`. `lower` takes the result, and
 * gives what a synchronous call returns to core code. An asynchronous call returns the subtask's state, and above four
 * bits its index.
 */
export function lower(
  thread: Thread,
  {name, func, async, asyncType}: Lowered,
  liftArguments: (lenders: Handle[]) => readonly unknown[],
  lowerResult: (result: unknown) => unknown,
): unknown {
  const {instance, scheduler} = thread
  instance.checkLeave()
  if (asyncType && !async) thread.checkMayBlock()
  const subtask = new Subtask(name, liftArguments, lowerResult)
  return scheduler.nested<unknown>(
    done => {
      subtask.callee = func(scheduler, instance, subtask, done)
    },
    () => (async ? subtask.finishAsync(instance) : thread.waitUntil(subtask, () => subtask.finishSync())),
  )
}

function subtaskAt(instance: Instance, index: number): Subtask {
  const entry = instance.handles.entry(index)
  if (entry instanceof Subtask) return entry
  return trap('TRAP_BAD_HANDLE', `${index} is no subtask: handle index ${index} used with the wrong type`)
}

/** Gives the state in which the subtask ended, or BLOCKED. */
export function subtaskCancel(thread: Thread, index: number, async: boolean): number | Promise<number> {
  const {instance, scheduler} = thread
  instance.checkLeave()
  if (!async) thread.checkMayBlock()
  const subtask = subtaskAt(instance, index)
  if (subtask.resolveDelivered) trap('TRAP_ASYNC', '`subtask.cancel` called after terminal status delivered')
  if (subtask.cancellationRequested) trap('TRAP_ASYNC', '`subtask.cancel` called twice')
  if (!async) subtask.checkNotInSet()
  const state = (): number => subtask.state
  const taken = (): number => {
    subtask.takePayload()
    return subtask.state
  }
  if (subtask.resolved) return taken()
  subtask.cancellationRequested = true
  return scheduler.nested<number>(
    done => subtask.callee!.requestCancellation(instance, done),
    () => (subtask.resolved ? taken() : async ? BLOCKED : subtask.awaitPending(thread, state)),
  )
}

export function subtaskDrop(instance: Instance, index: number): void {
  instance.checkLeave()
  const subtask = subtaskAt(instance, index)
  if (!subtask.resolveDelivered) trap('TRAP_ASYNC', 'cannot drop a subtask which has not yet resolved')
  instance.handles.take(index)
  subtask.join(undefined)
}
