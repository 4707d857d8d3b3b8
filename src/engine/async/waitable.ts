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

/** A waitable in a set, and its place among those of the set that have an event. Most waitables are never in one. */
export class Member implements InLine<Member> {
  readonly waitable: Waitable
  readonly set: WaitableSet
  line: object | undefined
  ahead: Member | undefined
  behind: Member | undefined

  constructor(waitable: Waitable, set: WaitableSet) {
    this.waitable = waitable
    this.set = set
  }
}

/** V8 makes an object of a derived class in place only where no class above declares fields: so these are only set. */
export abstract class Waitable {
  declare readonly resource: undefined
  abstract readonly kind: string
  /** Set while it is in a set. */
  declare private member: Member | undefined
  /** A thread waits for this one alone. */
  declare hasSyncWaiter: boolean
  /** Whether it has an event. */
  declare hasPending: boolean

  constructor() {
    this.resource = undefined
    this.member = undefined
    this.hasSyncWaiter = false
    this.hasPending = false
  }

  /** Of its event: the code, and its own index. */
  protected abstract readonly code: number
  protected abstract readonly index: number
  /** Of its event, as it is delivered, so that it says how things are then. */
  protected abstract payload(): number

  get set(): WaitableSet | undefined {
    return this.member?.set
  }

  /** A later event takes the place of one that was not taken. */
  setPending(): void {
    if (this.hasPending) return
    this.hasPending = true
    const member = this.member
    member?.set.pending.add(member)
  }

  /** Delivers its event as its payload alone. */
  takePayload(): number {
    this.hasPending = false
    const member = this.member
    member?.set.pending.delete(member)
    return this.payload()
  }

  takePending(): Event {
    return [this.code, this.index, this.takePayload()]
  }

  /** What keeps it from having an event, for people. */
  abstract describe(): string

  join(set: WaitableSet | undefined): void {
    const left = this.member
    if (left !== undefined) {
      left.set.size--
      left.set.pending.delete(left)
      this.member = undefined
    }
    if (set === undefined) return
    set.size++
    const member = new Member(this, set)
    this.member = member
    if (this.hasPending) set.pending.add(member)
  }

  /** A built-in that must wait for this one alone goes on with its event's payload. */
  awaitPending<T>(thread: Thread, finish: (payload: number) => T): T | Promise<T> {
    this.hasSyncWaiter = true
    return thread.waitUntil(
      {ready: () => this.hasPending, cancellable: false, what: () => this.describe()},
      () => {
        this.hasSyncWaiter = false
        return finish(this.takePayload())
      },
    )
  }

  /** @throws TRAP_ASYNC */
  checkNotInSet(): void {
    if (this.member !== undefined)
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
