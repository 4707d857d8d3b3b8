// engine/async/subtask.ts: a call as its caller sees it: canon lower, subtask.cancel and subtask.drop (CanonicalABI.md).
import {giveBack, type Handle} from '../abi/handles.ts'
import {trap} from '../abi/trap.ts'
import type {Instance} from './instance.ts'
import type {Cancel, FuncInst} from './scheduler.ts'
import type {Thread} from './thread.ts'
import {BLOCKED, EVENT, Waitable} from './waitable.ts'

export const SUBTASK = {
  starting: 0,
  started: 1,
  returned: 2,
  cancelledBeforeStarted: 3,
  cancelledBeforeReturned: 4,
} as const

export class Subtask extends Waitable {
  readonly kind = 'a subtask'
  readonly name: string
  state: number = SUBTASK.starting
  onCancel: Cancel | undefined
  /** Handles that the call borrows, until its end is delivered. */
  readonly lenders: Handle[] = []
  cancellationRequested = false
  resolveDelivered = false
  /** What a synchronous lower returns to core code. */
  flatResult: unknown

  constructor(name: string) {
    super()
    this.name = name
  }

  get resolved(): boolean {
    return this.state >= SUBTASK.returned
  }

  deliverResolve(): void {
    this.resolveDelivered = true
    giveBack(this.lenders)
    this.lenders.length = 0
  }

  describe(): string {
    return `${this.name} to return`
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
  const subtask = new Subtask(name)
  let progress = (): void => {}
  const start = (): readonly unknown[] => {
    progress()
    subtask.state = SUBTASK.started
    return liftArguments(subtask.lenders)
  }
  const resolve = (cancelled: boolean, result: unknown): void => {
    progress()
    if (!cancelled) {
      subtask.flatResult = lowerResult(result)
      subtask.state = SUBTASK.returned
    } else
      subtask.state =
        subtask.state === SUBTASK.starting ? SUBTASK.cancelledBeforeStarted : SUBTASK.cancelledBeforeReturned
  }
  const finishSync = (): unknown => {
    subtask.deliverResolve()
    return subtask.flatResult
  }
  const finishAsync = (): number => {
    if (subtask.resolved) {
      subtask.deliverResolve()
      return subtask.state
    }
    const index = instance.handles.put(subtask)
    progress = () =>
      subtask.setPending(() => {
        if (subtask.resolved) subtask.deliverResolve()
        return [EVENT.subtask, index, subtask.state]
      })
    return (subtask.state | (index << 4)) >>> 0
  }
  const waitFor = {ready: () => subtask.resolved, cancellable: false, what: () => subtask.describe()}
  return scheduler.nested<unknown>(
    done => {
      subtask.onCancel = func(scheduler, instance, {start, resolve}, done)
    },
    () => (async ? finishAsync() : thread.waitUntil(waitFor, finishSync)),
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
    subtask.takePending()
    return subtask.state
  }
  if (subtask.resolved) return taken()
  subtask.cancellationRequested = true
  return scheduler.nested<number>(
    done => subtask.onCancel!(instance, done),
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
