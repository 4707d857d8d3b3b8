// engine/async/callback.ts: tasks of the callback form (CanonicalABI.md, canon lift): between two calls no core code is on any
// stack, so each is a plain call from here.
import {trap} from '../abi/trap.ts'
import {type Returning, type Task, WAITS} from './task.ts'
import type {Resumable, WaitFor} from './thread.ts'
import {CANCELLED_EVENT, type Event, NO_EVENT} from './waitable.ts'
import {type WaitableSet, waitableSetAt} from './waitable-set.ts'

/** What a callback function returns in its lowest four bits; above them is the index of a waitable set. */
export const CALLBACK = {exit: 0, yield: 1, wait: 2} as const

export function runCallback(task: Task): void {
  const run = new CallbackRun(task)
  run.go(task.callee.core(task.start(), task, run))
}

/** One task; what it waits for while it does. */
class CallbackRun implements Returning, Resumable, WaitFor {
  readonly cancellable = true
  readonly #task: Task
  /** Unset while it only gives way to others. */
  #set: WaitableSet | undefined

  constructor(task: Task) {
    this.#task = task
  }

  ready(): boolean {
    const set = this.#set
    return this.#task.instance.exclusive === undefined && (set === undefined || set.hasPending)
  }

  what(): string {
    return this.#set?.describe() ?? 'its turn'
  }

  /** A call has returned that waited in the middle. */
  returned(result: unknown): void {
    this.go(result)
  }

  resume(cancelled: boolean): void {
    const set = this.#set
    this.#set = undefined
    if (set !== undefined) set.waiters--
    if (cancelled) this.go(this.#deliver(CANCELLED_EVENT))
    else this.go(this.#deliver(set === undefined ? NO_EVENT : this.#eventOf(set)))
  }

  #eventOf(set: WaitableSet): Event {
    return set.takePending(this.#task.scheduler.pick)
  }

  #deliver([code, index, payload]: Event): unknown {
    const {callee, instance, implicit} = this.#task
    instance.exclusive = implicit
    return callee.callback!(this, code, index, payload)
  }

  /** What a call gave: does as it says, until that is to exit or to wait. */
  go(result: unknown): void {
    const task = this.#task
    const {instance, implicit} = task
    for (let given = result; given !== WAITS; ) {
      const packed = (given as number) >>> 0
      const code = packed & 0xf
      if (code === CALLBACK.exit) {
        task.exit(implicit)
        return
      }
      if (code > CALLBACK.wait)
        trap('TRAP_ASYNC', `a callback returned ${code}: unsupported callback code ${code}`)
      instance.exclusive = undefined
      const set = code === CALLBACK.wait ? waitableSetAt(instance, packed >>> 4) : undefined
      if (task.deliverPendingCancel(true)) given = this.#deliver(CANCELLED_EVENT)
      else if (set?.hasPending) given = this.#deliver(this.#eventOf(set))
      else {
        if (set !== undefined) set.waiters++
        this.#set = set
        implicit.park(this, this)
        return
      }
    }
  }
}
