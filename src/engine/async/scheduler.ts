// engine/async/scheduler.ts: decides which thread of a sandbox runs (CanonicalABI.md, Store.tick), and notices when none
// ever will again.

import {Queue} from '../../base/queue.ts'
import {trap} from '../abi/trap.ts'
import type {Resource} from '../abi/types.ts'
import {Bag, type InBag} from './bag.ts'
import type {HostCall} from './host-call.ts'
import {cannotEnter, type Instance} from './instance.ts'
import {Line} from './line.ts'
import type {Cancellable, Task, Use} from './task.ts'
import type {Continuation, Thread} from './thread.ts'

/** A component-level function: calls it, and tells `done` when control comes back; gives what cancels the call. */
export type FuncInst = (
  scheduler: Scheduler,
  caller: Instance | undefined,
  use: Use,
  done: Continuation,
) => Cancellable

/** What the scheduler needs of whoever runs the sandbox. */
export type SchedulerHost = Readonly<{
  /** Runs `run` in a turn of the event loop of its own. */
  turn: (run: () => void) => void
  /** Core code goes on in the first microtask after this. */
  enter: () => void
  /** An error that core code cannot catch. */
  uncatchable: (error: unknown) => unknown
  /** Guest code may run from now on; nothing of it runs until something happens. */
  begin: () => void
  wait: () => void
  /** Nothing is to happen any more. */
  over: () => void
  /** A resource that a guest was to have, and that none will. */
  drop: (resource: Resource, value: unknown) => void
}>

/** Chooses one of `count` things that could happen next, from 0. */
export type Pick = (count: number) => number

/** What the host waits for, and what it is told should the sandbox fail. */
export interface Awaited extends InBag {
  fail(reason: unknown): void
}

/** What the host need not go on with. It removes itself, and never throws. */
export interface Closable {
  close(): void
}

/** Threads that need no stack may go on in one turn, one after the other, before others have their turn. */
const MAX_IN_A_TURN = 32

const first: Pick = () => 0

export class Scheduler implements Continuation {
  readonly host: SchedulerHost
  readonly pick: Pick
  /** The thread that runs; unset outside of guest code. */
  current: Thread | undefined
  /** In the order in which they began to wait. */
  readonly waiting = new Line<Thread>()
  /** How suspended stacks end should the sandbox fail. */
  readonly stacks = new Set<(reason: unknown) => void>()
  readonly awaited = new Bag<Awaited>()
  /** What the host does for the guest. */
  readonly open = new Set<Closable>()
  /** Set once something has trapped: nothing runs any more. */
  failure: {readonly reason: unknown} | undefined
  /** Promises and stream ends of the host that may still do something. */
  #hostWork = 0
  readonly #completions = new Queue<() => void>()
  /** Calls of the host that have not returned. */
  readonly calls = new Bag<HostCall>()
  readonly #idlers = new Set<() => void>()
  /** Activities begun from the event loop and not over. */
  #depth = 0
  #scheduled = false
  /** Set while what can go on does so without a turn of its own. */
  #together = false
  /** Counts events. */
  epoch = 0

  constructor(host: SchedulerHost, pick: Pick = first) {
    this.host = host
    this.pick = pick
  }

  // The host's side

  /** Calls a guest's function. @throws what made it trap, if that happens at once */
  call(func: FuncInst, call: HostCall): void {
    if (this.failure !== undefined) cannotEnter()
    this.calls.add(call)
    this.#begin()
    try {
      call.callee = func(this, undefined, call, this)
    } catch (error) {
      this.calls.delete(call)
      this.fail(error)
      throw error
    }
  }

  /** Asks the guest to stop what it was called for. */
  cancel(callee: Cancellable): void {
    this.#begin()
    try {
      callee.requestCancellation(undefined, this)
    } catch (error) {
      this.fail(error)
      throw error
    }
  }

  /** Something of the host begins that may let the guest go on: there is no deadlock until it is over. */
  hostBegins(): void {
    this.#hostWork++
  }

  /** Runs only while the event lasts in which it was made, and nothing has failed. */
  bound<Args extends unknown[]>(run: (...args: Args) => void): (...args: Args) => void {
    const {epoch} = this
    return (...args) => {
      if (this.epoch === epoch && this.failure === undefined) run(...args)
    }
  }

  hostEnds(): void {
    this.#hostWork--
    this.kick()
  }

  /** Over, with a change to the guest's state, which is made in a turn of its own. */
  hostCompletes(change: () => void): void {
    this.#completions.push(change)
    this.hostEnds()
  }

  /** Resolves when no task is left that could go on, or the sandbox has failed. */
  whenIdle(): Promise<void> {
    if (this.failure !== undefined) return Promise.resolve()
    return new Promise(resolve => {
      this.#idlers.add(resolve)
      this.kick()
    })
  }

  /** Ends everything: suspended stacks and calls of the host end with `reason`. */
  fail(reason: unknown): void {
    if (this.failure !== undefined) return
    this.failure = {reason}
    this.waiting.clear()
    this.#completions.clear()
    this.current = undefined
    const {stacks, awaited, calls} = this
    for (const reject of stacks) reject(this.host.uncatchable(reason))
    stacks.clear()
    for (const each of awaited.takeAll()) each.fail(reason)
    for (const each of calls.takeAll()) each.fail(reason)
    this.release()
    this.#becomeIdle()
  }

  /** The host need not go on with what it does for the guest. */
  release(): void {
    for (const each of this.open) each.close()
  }

  /** After `fail`: begins anew, for the next event. What the last one still waits for finds nobody. */
  reset(): void {
    this.failure = undefined
    this.epoch++
    this.#hostWork = 0
    this.#depth = 0
  }

  /** Whether anything may still change the guest's memory: even where no task is left, what it has asked for may come. */
  get isOver(): boolean {
    return this.isIdle && this.#hostWork === 0
  }

  /** Nothing and nobody is left for `fail` to end. */
  get isQuiet(): boolean {
    return this.isOver && this.stacks.size === 0 && this.awaited.size === 0
  }

  get isIdle(): boolean {
    return this.#depth === 0 && this.waiting.size === 0 && this.#completions.empty && this.calls.size === 0
  }

  // Running threads

  /** Has a thread go on; `done` is told when control comes back from it and those that it switches to. */
  run(thread: Thread, cancelled: boolean, done: Continuation): void {
    if (thread.waitingFor !== undefined) thread.stopWaiting()
    const parked = thread.parked!
    thread.parked = undefined
    const previous = this.current
    this.current = thread
    if (thread.isOnStack) {
      thread.isOnStack = false
      thread.onStop = this.#guarded(() => this.#stopped(thread, previous, done))
      // With core code below on the stack, this thread's must go on in a turn of its own.
      if (previous === undefined) parked.resume(cancelled)
      else this.host.turn(this.bound(() => parked.resume(cancelled)))
      return
    }
    parked.resume(cancelled)
    if (thread.parked !== undefined || thread.finished) this.#stopped(thread, previous, done)
    else thread.onStop = this.#guarded(() => this.#stopped(thread, previous, done))
  }

  #stopped(thread: Thread, previous: Thread | undefined, done: Continuation): void {
    if (this.failure !== undefined) return
    this.current = previous
    const next = thread.switchTo
    thread.switchTo = undefined
    if (next === undefined) done.goOn()
    else this.run(next, false, done)
  }

  /**
   * For a built-in: has others run as `start` says; `finish` gives its result when control comes back. A promise comes
   * back only where that is later.
   */
  nested<T>(start: (done: Continuation) => void, finish: () => T | Promise<T>): T | Promise<T> {
    let over = false
    let later: (() => void) | undefined
    const goOn = (): void => {
      over = true
      later?.()
    }
    start({goOn})
    if (over) return finish()
    return new Promise<T>((resolve, reject) => {
      this.stacks.add(reject)
      const resume = (): void => {
        if (!this.stacks.delete(reject)) return
        try {
          resolve(finish())
        } catch (error) {
          reject(this.host.uncatchable(error))
          return
        }
        this.host.enter()
      }
      later = () => this.host.turn(resume)
    })
  }

  /** A task of a synchronous function: whoever can run in its instance runs until it has returned; then it is left. */
  finishSync(task: Task): void {
    while (task.state !== 'resolved') {
      const {instance} = task
      const ready = [...instance.threads].filter(each => each.isReady && !each.isExclusive)
      if (ready.length === 0 && this.#othersReady())
        trap(
          'TRAP_DEADLOCK',
          `${task.name} is synchronous, and nobody who could run may run before it returns`,
        )
      if (ready.length === 0)
        trap(
          'TRAP_CANNOT_BLOCK',
          `${task.name} waits for ${task.implicit.waitingFor?.what() ?? 'another thread'}: cannot block a synchronous task before returning`,
        )
      let over = false
      let now = true
      const goOn = (): void => {
        over = true
        if (!now) this.finishSync(task)
      }
      this.run(ready[this.pick(ready.length)]!, false, {goOn})
      now = false
      if (!over) return
    }
    task.left()
  }

  #othersReady(): boolean {
    for (const thread of this.waiting) if (thread.isReady) return true
    return false
  }

  /** Whether anything could happen while `thread` lets others run. */
  letsOthers(thread: Thread): boolean {
    const {task} = thread
    if (task.callee.asyncType) return true
    return [...task.instance.threads].some(each => each !== thread && each.isReady && !each.isExclusive)
  }

  /** Whether a built-in that runs now may wait for others to stop. */
  get mayAwait(): boolean {
    return this.current === undefined || this.current.hasStack
  }

  // Turns

  /**
   * Has what `begun` begins go on in this turn as far as it can without a stack of its own. Nothing of the guest may be on
   * the stack.
   */
  together(begun: Continuation): void {
    this.#together = true
    begun.goOn()
    for (let i = 0; i < MAX_IN_A_TURN && this.#depth === 0 && this.failure === undefined; i++) {
      const next = this.#next()
      if (next === undefined || (typeof next !== 'function' && next.isOnStack)) break
      this.#advance(next)
    }
    this.#together = false
    if (!this.isIdle || this.#idlers.size > 0) this.kick()
  }

  /** Looks in a turn of its own whether anything can go on. */
  kick(): void {
    if (this.#scheduled || this.#together || this.failure !== undefined) return
    this.#scheduled = true
    this.host.turn(this.#tick)
  }

  readonly #tick = (): void => {
    this.#scheduled = false
    for (let i = 0; i < MAX_IN_A_TURN && this.#depth === 0 && this.failure === undefined; i++) {
      const next = this.#next()
      if (next === undefined) {
        this.#stalled()
        return
      }
      const onStack = typeof next !== 'function' && next.isOnStack
      this.#advance(next)
      if (onStack) return
    }
  }

  #next(): (() => void) | Thread | undefined {
    if (!this.#completions.empty) return this.#completions.take()
    if (this.pick === first) {
      for (let thread = this.waiting.first; thread !== undefined; thread = thread.behind)
        if (thread.isReady) return thread
      return undefined
    }
    const ready = [...this.waiting].filter(each => each.isReady)
    return ready.length === 0 ? undefined : ready[this.pick(ready.length)]
  }

  #advance(next: (() => void) | Thread): void {
    this.#begin()
    try {
      if (typeof next === 'function') {
        next()
        this.goOn()
        return
      }
      const {cancelled} = next
      next.cancelled = false
      next.instance.enterFrom(undefined)
      this.run(next, cancelled, next)
    } catch (error) {
      this.fail(error)
    }
  }

  /** An activity begins, from the event loop or from the host. */
  #begin(): void {
    if (this.#depth++ === 0) this.host.begin()
  }

  /** An activity is over. */
  goOn(): void {
    if (--this.#depth > 0) return
    if (!this.isIdle || this.#idlers.size > 0) this.kick()
    this.host.wait()
  }

  #stalled(): void {
    if (this.#hostWork > 0 && !this.isIdle) return
    if (this.calls.size > 0) this.caught(() => this.#deadlock())
    if (this.isOver) this.host.over()
    this.#becomeIdle()
  }

  #becomeIdle(): void {
    for (const resolve of this.#idlers) resolve()
    this.#idlers.clear()
  }

  #deadlock(): never {
    const calls = [...this.calls].map(({name}) => name).join(' and ')
    const waits: string[] = []
    for (const each of this.waiting) {
      if (waits.length === MAX_NAMED) break
      waits.push(`${each.task.name} waits for ${each.waitingFor!.what()}`)
    }
    const more = this.waiting.size > MAX_NAMED ? `, and ${this.waiting.size - MAX_NAMED} more wait` : ''
    trap(
      'TRAP_DEADLOCK',
      `${calls} cannot return, since ${waits.join(', ') || 'nobody is left to do it'}${more}`,
    )
  }

  /** What goes wrong where no core code is below ends the sandbox. */
  caught(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.fail(error)
    }
  }

  #guarded(run: () => void): () => void {
    return this.bound(() => this.caught(run))
  }
}

const MAX_NAMED = 8
