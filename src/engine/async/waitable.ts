// engine/async/waitable.ts: what a component can wait for (CanonicalABI.md, Waitable State).
import {trap} from '../abi/trap.ts'
import type {Instance} from './instance.ts'
import type {InLine} from './line.ts'
import type {Thread} from './thread.ts'
import type {WaitableSet} from './waitable-set.ts'

export const EVENT = {
  none: 0,
  subtask: 1,
  streamRead: 2,
  streamWrite: 3,
  futureRead: 4,
  futureWrite: 5,
  taskCancelled: 6,
} as const

/** Code, and what it is about: mostly the waitable's index and a payload. */
export type Event = readonly [code: number, index: number, payload: number]

export const NO_EVENT: Event = [EVENT.none, 0, 0]
export const CANCELLED_EVENT: Event = [EVENT.taskCancelled, 0, 0]

/** Returned by a built-in instead of a payload when it will be delivered as an event. */
export const BLOCKED = 0xffff_ffff

export abstract class Waitable implements InLine<Waitable> {
  readonly resource = undefined
  abstract readonly kind: string
  set: WaitableSet | undefined
  /** A thread waits for this one alone. */
  hasSyncWaiter = false
  /** Whether it has an event. */
  hasPending = false
  /** Where it stands among those of its set that have one. */
  line: object | undefined
  ahead: Waitable | undefined
  behind: Waitable | undefined

  /** Its event, made when it is delivered, so that it says how things are then. */
  protected abstract event(): Event

  /** A later event takes the place of one that was not taken. */
  protected setPending(): void {
    if (this.hasPending) return
    this.hasPending = true
    this.set?.pending.add(this)
  }

  takePending(): Event {
    this.hasPending = false
    this.set?.pending.delete(this)
    return this.event()
  }

  /** What keeps it from having an event, for people. */
  abstract describe(): string

  join(set: WaitableSet | undefined): void {
    const left = this.set
    if (left !== undefined) {
      left.size--
      left.pending.delete(this)
    }
    this.set = set
    if (set === undefined) return
    set.size++
    if (this.hasPending) set.pending.add(this)
  }

  /** A built-in that must wait for this one alone goes on with its event. */
  awaitPending<T>(thread: Thread, finish: (event: Event) => T): T | Promise<T> {
    this.hasSyncWaiter = true
    return thread.waitUntil(
      {ready: () => this.hasPending, cancellable: false, what: () => this.describe()},
      () => {
        this.hasSyncWaiter = false
        return finish(this.takePending())
      },
    )
  }

  /** @throws TRAP_ASYNC */
  checkNotInSet(): void {
    if (this.set !== undefined)
      trap('TRAP_ASYNC', 'waitable cannot be used synchronously while added to a waitable set')
  }
}

export function waitableAt(instance: Instance, index: number): Waitable {
  const entry = instance.handles.entry(index)
  if (entry instanceof Waitable) return entry
  return trap(
    'TRAP_BAD_HANDLE',
    `${index} is nothing to wait for: handle index ${index} used with the wrong type`,
  )
}
