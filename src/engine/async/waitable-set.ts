// engine/async/waitable-set.ts: waitable-set.new, .wait, .poll, .drop and waitable.join (CanonicalABI.md).
import {trap} from '../abi/trap.ts'
import type {Instance} from './instance.ts'
import {Line} from './line.ts'
import type {Thread, WaitFor} from './thread.ts'
import {CANCELLED_EVENT, type Event, type Member, NO_EVENT, Waitable, waitableAt} from './waitable.ts'

/** So many members are named. */
const MAX_NAMED = 8

export class WaitableSet {
  readonly resource = undefined
  readonly kind = 'a waitable set'
  readonly #instance: Instance
  /** Of its members those that have an event, in the order in which they came by it: a set may have very many others. */
  readonly pending = new Line<Member>()
  /** How many members it has. */
  size = 0
  waiters = 0

  constructor(instance: Instance) {
    this.#instance = instance
  }

  get hasPending(): boolean {
    return this.pending.size > 0
  }

  /** The event of the member that `pick` chooses. */
  takePending(pick: (count: number) => number): Event {
    const {pending} = this
    const index = pick(pending.size)
    const member = index === 0 ? pending.first! : [...pending][index]!
    return member.waitable.takePending()
  }

  describe(): string {
    if (this.size === 0) return 'a waitable set with nothing in it'
    const named: string[] = []
    for (const entry of this.#instance.handles) {
      if (named.length === MAX_NAMED) break
      if (entry instanceof Waitable && entry.set === this) named.push(entry.describe())
    }
    if (this.size > named.length) named.push(`${this.size - named.length} more`)
    return named.join(' or ')
  }

  /** What a thread waits for that waits for an event here. */
  waitFor(and: () => boolean, cancellable: boolean): WaitFor {
    return {ready: () => and() && this.hasPending, cancellable, what: () => this.describe()}
  }
}

export function waitableSetAt(instance: Instance, index: number): WaitableSet {
  const entry = instance.handles.entry(index)
  if (entry instanceof WaitableSet) return entry
  return trap(
    'TRAP_BAD_HANDLE',
    `${index} is no waitable set: handle index ${index} used with the wrong type`,
  )
}

const always = (): boolean => true

export function waitableSetNew(instance: Instance): number {
  instance.checkLeave()
  return instance.handles.put(new WaitableSet(instance))
}

/** `store` puts the event's two numbers into memory. Gives the event's code. */
export function waitableSetWait(
  thread: Thread,
  index: number,
  cancellable: boolean,
  store: (index: number, payload: number) => void,
): number | Promise<number> {
  thread.instance.checkLeave()
  const set = waitableSetAt(thread.instance, index)
  set.waiters++
  return thread.waitUntil(set.waitFor(always, cancellable), cancelled => {
    set.waiters--
    const event = cancelled ? CANCELLED_EVENT : set.takePending(thread.scheduler.pick)
    store(event[1], event[2])
    return event[0]
  })
}

export function waitableSetPoll(
  thread: Thread,
  index: number,
  cancellable: boolean,
  store: (index: number, payload: number) => void,
): number {
  thread.instance.checkLeave()
  const set = waitableSetAt(thread.instance, index)
  const event = thread.task.deliverPendingCancel(cancellable)
    ? CANCELLED_EVENT
    : set.hasPending
      ? set.takePending(thread.scheduler.pick)
      : NO_EVENT
  store(event[1], event[2])
  return event[0]
}

export function waitableSetDrop(instance: Instance, index: number): void {
  instance.checkLeave()
  const set = waitableSetAt(instance, index)
  if (set.size > 0) trap('TRAP_ASYNC', 'cannot drop waitable set with waitables in it')
  if (set.waiters > 0) trap('TRAP_ASYNC', 'cannot drop waitable set with waiters')
  instance.handles.take(index)
}

/** `setIndex` 0 takes the waitable out of its set. */
export function waitableJoin(instance: Instance, index: number, setIndex: number): void {
  instance.checkLeave()
  const waitable = waitableAt(instance, index)
  if (waitable.hasSyncWaiter)
    trap('TRAP_ASYNC', 'waitable cannot be used synchronously while added to a waitable set')
  waitable.join(setIndex === 0 ? undefined : waitableSetAt(instance, setIndex))
}
