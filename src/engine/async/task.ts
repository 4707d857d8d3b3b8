// engine/async/task.ts: one call of a component's function (CanonicalABI.md, Tasks).
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'
import type {Instance} from './instance.ts'
import type {Scheduler} from './scheduler.ts'
import {type Continuation, type Resumable, Thread} from './thread.ts'

/** Told what core code has returned that has waited in the middle. */
export interface Returning {
  returned(result: unknown): void
}

/** What a call of core code gives that waits in the middle. */
export const WAITS = Symbol('waits')

/**
 * Calls core code, with `args`: gives its result at once, or WAITS, and then `returning` is told it. What it throws is
 * thrown on.
 */
export type CoreCall = (returning: Returning, ...args: any[]) => unknown

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
  /** Lowers the arguments, with the task counting the borrows among them, and calls core code with them. */
  core: (args: readonly unknown[], task: Task, returning: Returning) => unknown
  callback: CoreCall | undefined
  /** Lifts what core code of the form `sync` has returned. */
  lift: (result: unknown) => unknown
  postReturn: ((result: unknown) => void) | undefined
}>

/** How a call hands over values: `start` gives the arguments once it begins, `resolve` takes the result once. */
export interface Use {
  start(): readonly unknown[]
  resolve(cancelled: boolean, result: unknown): void
}

/** A call under way, as whoever has made it sees it. */
export interface Cancellable {
  /** Asks it to stop. `over` is told once whatever it does about that at once is over. */
  requestCancellation(caller: Instance | undefined, over: Continuation): void
}

export type TaskState = 'initial' | 'started' | 'pending-cancel' | 'cancel-delivered' | 'resolved'

export class Task implements Resumable, Continuation, Cancellable {
  readonly callee: Callee
  readonly scheduler: Scheduler
  readonly implicit: Thread
  readonly #use: Use
  readonly #body: (task: Task) => void
  readonly #caller: Instance | undefined
  readonly #done: Continuation
  /** Whether the implicit thread has started and not come to its end; the others that have. */
  #isRunning = false
  #others: Set<Thread> | undefined
  state: TaskState = 'initial'
  /** Handles lent to it; a task is the BorrowScope of its arguments. */
  borrows = 0

  /** `done` is told when control comes back to the caller; undefined is the host. */
  constructor(
    scheduler: Scheduler,
    callee: Callee,
    use: Use,
    body: (task: Task) => void,
    caller: Instance | undefined,
    done: Continuation,
  ) {
    this.scheduler = scheduler
    this.callee = callee
    this.#use = use
    this.#body = body
    this.#caller = caller
    this.#done = done
    this.implicit = new Thread(this, callee.hasStack, this)
  }

  /** Whether the host takes the result. */
  get toHost(): boolean {
    return this.#caller === undefined
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

  /** The caller waits in its instance meanwhile. */
  begin(): void {
    this.scheduler.run(this.implicit, false, this)
  }

  /** Control is back from the implicit thread for the first time. */
  goOn(): void {
    if (this.callee.asyncType) this.left()
    else this.scheduler.finishSync(this)
  }

  /** Control goes back to the caller. */
  left(): void {
    this.instance.leaveTo(this.#caller)
    this.#done.goOn()
  }

  /** The implicit thread begins: it waits until its instance lets it in, then runs the body. */
  resume(): void {
    if (!this.callee.asyncType || (!this.#isKeptOut && this.instance.waitingToEnter === 0)) this.#entered()
    else this.#waitToEnter()
  }

  get #isKeptOut(): boolean {
    const {backpressure, exclusive} = this.instance
    return backpressure > 0 || (this.isExclusive && exclusive !== undefined)
  }

  #waitToEnter(): void {
    const {instance, implicit} = this
    instance.waitingToEnter++
    const what = (): string =>
      instance.backpressure > 0
        ? `${instance.name} to take calls again (backpressure)`
        : `${instance.exclusive?.task.name ?? 'its turn'} to leave ${instance.name}`
    const resume = (cancelled: boolean): void => {
      instance.waitingToEnter--
      if (cancelled) {
        this.cancel()
        implicit.finish()
      } else this.#entered()
    }
    implicit.park({ready: () => !this.#isKeptOut, cancellable: true, what}, {resume})
  }

  #entered(): void {
    if (this.callee.asyncType && this.isExclusive) this.instance.exclusive = this.implicit
    this.register(this.implicit)
    this.#body(this)
  }

  register(thread: Thread): void {
    if (thread === this.implicit) this.#isRunning = true
    else (this.#others ??= new Set()).add(thread)
    thread.index = this.instance.threads.put(thread)
  }

  /** A thread has come to its end. @throws TRAP_ASYNC */
  exit(thread: Thread): void {
    if (thread === this.implicit) this.#isRunning = false
    else this.#others?.delete(thread)
    if (this.state !== 'resolved' && !this.#isRunning && (this.#others?.size ?? 0) === 0)
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

  /** Its threads, in the order in which they started. */
  get #threads(): Thread[] {
    return [...(this.#isRunning ? [this.implicit] : []), ...(this.#others ?? [])]
  }

  requestCancellation(caller: Instance | undefined, over: Continuation): void {
    const {scheduler, instance, implicit} = this
    if (this.state === 'initial') {
      this.state = 'cancel-delivered'
      scheduler.run(implicit, true, over)
      return
    }
    if (this.state !== 'started') {
      over.goOn()
      return
    }
    const taken = this.isExclusive && instance.exclusive !== undefined && instance.exclusive !== implicit
    const candidates = this.#threads.filter(
      each => each.parked !== undefined && each.cancellable && !(taken && each === implicit),
    )
    if (candidates.length === 0 || !instance.mayEnterFrom(caller)) {
      this.state = 'pending-cancel'
      over.goOn()
      return
    }
    this.state = 'cancel-delivered'
    const thread = candidates[scheduler.pick(candidates.length)]!
    if (thread.isOnStack && !scheduler.mayAwait) {
      thread.cancelLater()
      over.goOn()
      return
    }
    instance.enterFrom(caller)
    const goOn = (): void => {
      instance.leaveTo(caller)
      over.goOn()
    }
    scheduler.run(thread, true, {goOn})
  }

  deliverPendingCancel(cancellable: boolean): boolean {
    if (!cancellable || this.state !== 'pending-cancel') return false
    this.state = 'cancel-delivered'
    return true
  }
}
