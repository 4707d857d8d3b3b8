// engine/async/thread.ts: threads of guest code (CanonicalABI.md, Threads), on V8's terms.
//
// A thread that waits has either left core code altogether (a task of the callback form between two calls, or one that
// has not started): then a plain object goes on with it. Or it waits on its own stack, which JSPI keeps: then a promise
// is what its core code goes on with, in a microtask after it is resolved. So whoever has a thread go on is told when
// control comes back, at once in the first case.
import {trap} from '../abi/trap.ts'
import type {Instance} from './instance.ts'
import type {InLine} from './line.ts'
import type {Scheduler} from './scheduler.ts'
import type {Task} from './task.ts'

export interface WaitFor {
  ready(): boolean
  readonly cancellable: boolean
  /** For people: what is waited for. */
  what(): string
}

/** Goes on with a thread that waited, or was not begun. */
export interface Resumable {
  resume(cancelled: boolean): void
}

/** Told when control comes back. An object, not a closure: one is there for every call and every turn of a thread. */
export interface Continuation {
  goOn(): void
}

export type ContextValue = number | bigint

const always = (): boolean => true
const itsTurn = (): string => 'its turn'

export class Thread implements Continuation, InLine<Thread> {
  readonly scheduler: Scheduler
  readonly task: Task
  /** Whether it may wait in the middle of core code. */
  readonly hasStack: boolean
  /** In its instance's table of threads; unset before it has started. */
  index: number | undefined
  /** context.get and context.set */
  readonly storage: [ContextValue, ContextValue] = [0, 0]
  /** Set while it does not run. */
  parked: Resumable | undefined
  /** Whether core code is on a stack of its own below what is parked. */
  isOnStack = false
  /** Set while it waits for something, rather than to be resumed by another thread. */
  waitingFor: WaitFor | undefined
  cancellable = false
  /** It is to go on as cancelled as soon as it can. */
  cancelled = false
  finished = false
  /** Set while somebody waits for it to stop running. */
  onStop: (() => void) | undefined
  /** Who runs next, when it has stopped. */
  switchTo: Thread | undefined
  /** Where it waits. */
  line: object | undefined
  ahead: Thread | undefined
  behind: Thread | undefined

  constructor(task: Task, hasStack: boolean, start: Resumable) {
    this.task = task
    this.scheduler = task.scheduler
    this.hasStack = hasStack
    this.parked = start
  }

  get instance(): Instance {
    return this.task.callee.instance
  }

  get isSuspended(): boolean {
    return this.parked !== undefined && this.waitingFor === undefined
  }

  /** Whether it is one that has its instance to itself while it runs. */
  get isExclusive(): boolean {
    const {task} = this
    return this === task.implicit && task.callee.asyncType && task.isExclusive
  }

  get isReady(): boolean {
    return this.waitingFor?.ready() ?? false
  }

  startWaiting(waitFor: WaitFor): void {
    this.waitingFor = waitFor
    this.scheduler.waiting.add(this)
  }

  stopWaiting(): void {
    this.waitingFor = undefined
    this.scheduler.waiting.delete(this)
  }

  /** thread.resume-later */
  resumeLater(): void {
    this.startWaiting({ready: always, cancellable: this.cancellable, what: itsTurn})
  }

  /** Goes on with a cancellation; where nobody could wait for it to stop, in a turn of its own. */
  cancelLater(): void {
    this.cancelled = true
    if (this.waitingFor !== undefined) this.stopWaiting()
    this.cancellable = false
    this.resumeLater()
  }

  /** Control is back from a turn of its own. */
  goOn(): void {
    this.instance.leaveTo(undefined)
    this.scheduler.goOn()
  }

  /**
   * Waits in the middle of core code: the promise is for JSPI. What is there already is not waited for. `finish` runs
   * right before core code goes on.
   */
  waitUntil<T>(waitFor: WaitFor, finish: (cancelled: boolean) => T): T | Promise<T> {
    if (this.task.deliverPendingCancel(waitFor.cancellable)) return finish(true)
    if (waitFor.ready()) return finish(false)
    this.#checkStack()
    this.startWaiting(waitFor)
    return this.#block(waitFor.cancellable, finish)
  }

  /** thread.yield: 1 if cancelled. */
  yield(cancellable: boolean): number | Promise<number> {
    if (this.task.deliverPendingCancel(cancellable)) return 1
    if (!this.hasStack || !this.scheduler.letsOthers(this)) return 0
    this.startWaiting({ready: always, cancellable, what: itsTurn})
    return this.#block(cancellable, Number)
  }

  /** thread.suspend: 1 if cancelled. */
  suspend(cancellable: boolean): number | Promise<number> {
    if (this.task.deliverPendingCancel(cancellable)) return 1
    this.#checkStack()
    return this.#block(cancellable, Number)
  }

  /** thread.suspend-then-resume and thread.yield-then-resume: `other` is suspended. 1 if cancelled. */
  switch(other: Thread, cancellable: boolean, yields: boolean): number | Promise<number> {
    if (this.task.deliverPendingCancel(cancellable)) return 1
    this.#checkStack()
    if (yields) this.startWaiting({ready: always, cancellable, what: itsTurn})
    this.switchTo = other
    return this.#block(cancellable, Number)
  }

  /** A synchronous function must not use what waits, unless others of its instance could go on. @throws TRAP_CANNOT_BLOCK */
  checkMayBlock(): void {
    if (!this.task.callee.asyncType && !this.scheduler.letsOthers(this)) this.#cannotBlock()
  }

  #checkStack(): void {
    if (!this.hasStack) this.#cannotBlock()
  }

  #cannotBlock(): never {
    trap(
      'TRAP_CANNOT_BLOCK',
      `${this.task.name} must go on without waiting: cannot block a synchronous task before returning`,
    )
  }

  #block<T>(cancellable: boolean, finish: (cancelled: boolean) => T): Promise<T> {
    this.cancellable = cancellable
    const {host, stacks} = this.scheduler
    return new Promise<T>((resolve, reject) => {
      stacks.add(reject)
      const resume = (cancelled: boolean): void => {
        stacks.delete(reject)
        let value: T
        try {
          value = finish(cancelled)
        } catch (error) {
          reject(host.uncatchable(error))
          return
        }
        resolve(value)
        host.enter()
      }
      this.parked = {resume}
      this.isOnStack = true
      // Core code is still below on the stack; it is gone in the next microtask.
      const {onStop} = this
      if (onStop !== undefined) {
        this.onStop = undefined
        queueMicrotask(onStop)
      }
    })
  }

  /** Leaves core code until `resumable` resumes. Nothing of it may be on the stack. */
  park(waitFor: WaitFor, resumable: Resumable): void {
    this.cancellable = waitFor.cancellable
    this.parked = resumable
    this.isOnStack = false
    this.startWaiting(waitFor)
    this.#stopped()
  }

  finish(): void {
    this.finished = true
    this.#stopped()
  }

  #stopped(): void {
    const {onStop} = this
    this.onStop = undefined
    onStop?.()
  }
}
