// engine/async/task.ts: one call of a component's function (CanonicalABI.md, Tasks).
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'
import type {Instance} from './instance.ts'
import type {Scheduler} from './scheduler.ts'
import {Thread} from './thread.ts'

/** Calls core code; `done` is told its result, at once unless it waits in the middle. What it throws is thrown on. */
export type CoreCall = (args: readonly unknown[], done: (result: unknown) => void) => void

/** A lifted function as emitted code describes it. */
export type Callee = Readonly<{
  /** For people. */
  name: string
  instance: Instance
  /** Whether its type is async. */
  asyncType: boolean
  /** `sync` and `callback` tasks of an instance do not interleave; `stackful` ones do. */
  form: 'sync' | 'stackful' | 'callback'
  /** Whether core code below may wait in the middle of a call. */
  hasStack: boolean
  result: Type | undefined
  /** Encoding and memory that task.return must name too. */
  options: string
  /** Lowers the arguments; the task counts the borrows among them. */
  lower: (args: readonly unknown[], task: Task) => readonly unknown[]
  core: CoreCall
  callback: CoreCall | undefined
  /** Lifts what core code of the form `sync` has returned. */
  lift: (result: unknown) => unknown
  postReturn: ((result: unknown) => void) | undefined
}>

/** How a call hands over values: `start` gives the arguments once it begins, `resolve` takes the result once. */
export type Use = Readonly<{
  start: () => readonly unknown[]
  resolve: (cancelled: boolean, result: unknown) => void
}>

export type TaskState = 'initial' | 'started' | 'pending-cancel' | 'cancel-delivered' | 'resolved'

export class Task {
  readonly callee: Callee
  readonly scheduler: Scheduler
  readonly implicit: Thread
  readonly threads = new Set<Thread>()
  readonly #use: Use
  state: TaskState = 'initial'
  /** Handles lent to it; a task is the BorrowScope of its arguments. */
  borrows = 0

  /** Whether the host takes the result. */
  readonly toHost: boolean

  constructor(scheduler: Scheduler, callee: Callee, use: Use, body: (task: Task) => void, toHost = false) {
    this.scheduler = scheduler
    this.callee = callee
    this.#use = use
    this.toHost = toHost
    this.implicit = new Thread(this, callee.hasStack, () => this.#enter(body))
  }

  get instance(): Instance {
    return this.callee.instance
  }

  get name(): string {
    return `${this.instance.name}#${this.callee.name}`
  }

  get isExclusive(): boolean {
    return this.callee.form !== 'stackful'
  }

  /** Waits until its instance lets it in, then runs `body`. */
  #enter(body: (task: Task) => void): void {
    const {instance, implicit} = this
    if (this.callee.asyncType) {
      const keptOut = (): boolean =>
        instance.backpressure > 0 || (this.isExclusive && instance.exclusive !== undefined)
      if (keptOut() || instance.waitingToEnter > 0) {
        instance.waitingToEnter++
        const what = (): string =>
          instance.backpressure > 0
            ? `${instance.name} to take calls again (backpressure)`
            : `${instance.exclusive?.task.name ?? 'its turn'} to leave ${instance.name}`
        implicit.park({ready: () => !keptOut(), cancellable: true, what}, cancelled => {
          instance.waitingToEnter--
          if (cancelled) {
            this.cancel()
            implicit.finish()
          } else this.#entered(body)
        })
        return
      }
    }
    this.#entered(body)
  }

  #entered(body: (task: Task) => void): void {
    if (this.callee.asyncType && this.isExclusive) this.instance.exclusive = this.implicit
    this.register(this.implicit)
    body(this)
  }

  register(thread: Thread): void {
    this.threads.add(thread)
    thread.index = this.instance.threads.put(thread)
  }

  /** A thread has come to its end. @throws TRAP_ASYNC */
  exit(thread: Thread): void {
    this.threads.delete(thread)
    if (this.threads.size === 0 && this.state !== 'resolved')
      trap(
        'TRAP_ASYNC',
        `${this.name} ended without task.return: async-lifted export failed to produce a result`,
      )
    this.instance.threads.take(thread.index!)
    if (thread === this.implicit && this.instance.exclusive === thread) this.instance.exclusive = undefined
    thread.finish()
  }

  start(): readonly unknown[] {
    this.state = 'started'
    return this.#use.start()
  }

  /** @throws TRAP_ASYNC, TRAP_BAD_HANDLE */
  return(result: unknown): void {
    if (this.state === 'resolved')
      trap(
        'TRAP_ASYNC',
        `${this.name} has returned already: \`task.return\` or \`task.cancel\` called more than once`,
      )
    this.#resolve(false, result)
  }

  /** @throws TRAP_ASYNC, TRAP_BAD_HANDLE */
  cancel(): void {
    if (this.state !== 'cancel-delivered')
      trap(
        'TRAP_ASYNC',
        `${this.name} has not been cancelled: \`task.cancel\` called by task which has not been cancelled`,
      )
    this.#resolve(true, undefined)
  }

  #resolve(cancelled: boolean, result: unknown): void {
    if (this.borrows > 0)
      trap(
        'TRAP_BAD_HANDLE',
        `${this.borrows} borrowed handles were not dropped: borrow handles still remain at the end of the call`,
      )
    this.#use.resolve(cancelled, result)
    this.state = 'resolved'
  }

  /** Asks it to stop. `done` is called once whatever it does about that at once is over. */
  requestCancellation(caller: Instance | undefined, done: () => void): void {
    const {scheduler, instance, implicit} = this
    if (this.state === 'initial') {
      this.state = 'cancel-delivered'
      scheduler.run(implicit, true, done)
      return
    }
    if (this.state !== 'started') {
      done()
      return
    }
    const taken = this.isExclusive && instance.exclusive !== undefined && instance.exclusive !== implicit
    const candidates = [...this.threads].filter(
      each => each.parked !== undefined && each.cancellable && !(taken && each === implicit),
    )
    if (candidates.length === 0 || !instance.mayEnterFrom(caller)) {
      this.state = 'pending-cancel'
      done()
      return
    }
    this.state = 'cancel-delivered'
    const thread = candidates[scheduler.pick(candidates.length)]!
    if (thread.parked!.stack && !scheduler.mayAwait) {
      thread.cancelLater()
      done()
      return
    }
    instance.enterFrom(caller)
    scheduler.run(thread, true, () => {
      instance.leaveTo(caller)
      done()
    })
  }

  deliverPendingCancel(cancellable: boolean): boolean {
    if (!cancellable || this.state !== 'pending-cancel') return false
    this.state = 'cancel-delivered'
    return true
  }
}
