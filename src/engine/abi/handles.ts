// engine/abi/handles.ts: a component instance's table of handles (CanonicalABI.md, Table State and Resource State).
import {truncate} from '../../base/truncate.ts'
import type {Entry} from '../async/instance.ts'
import {trap} from './trap.ts'
import type {Resource} from './types.ts'

/** The specification allows 2^28 - 1, which would be more than a process has memory for. */
const MAX_HANDLES = 2 ** 20

/** How many more handles the tables of one sandbox may hold together. */
export class HandleQuota {
  left = MAX_HANDLES
}

/** Counts the borrows that a call handed to a component and that it must drop before it returns. */
export type BorrowScope = {borrows: number}

/** `rep` is the host's object, or the number a component gave to resource.new. */
export type Handle = {
  readonly resource: Resource
  readonly rep: unknown
  readonly own: boolean
  readonly scope: BorrowScope | undefined
  lends: number
}

/** Index 0 is never given. Freed indices are given again, the last one first. */
export class HandleTable {
  #entries: (Entry | undefined)[] = [undefined]
  #free: number[] = []
  readonly #quota: HandleQuota

  constructor(quota = new HandleQuota()) {
    this.#quota = quota
  }

  put(handle: Entry): number {
    if (--this.#quota.left < 0) trap('TRAP_TOO_MUCH', `more than ${MAX_HANDLES} handles`)
    const index = this.#free.pop()
    if (index !== undefined) {
      this.#entries[index] = handle
      return index
    }
    return this.#entries.push(handle) - 1
  }

  entry(index: number): Entry {
    const handle = this.#entries[index]
    if (handle === undefined)
      trap('TRAP_BAD_HANDLE', `there is none at ${index}: unknown handle index ${index}`)
    return handle
  }

  #typed(resource: Resource, index: number): Handle {
    const handle = this.entry(index)
    if (handle.resource !== resource)
      trap(
        'TRAP_BAD_HANDLE',
        `${index} is ${handle.resource === undefined ? handle.kind : `a ${handle.resource.name}`}, not a ${resource.name}: handle index ${index} used with the wrong type`,
      )
    return handle as Handle
  }

  /** Frees the index of what is no resource handle. */
  take(index: number): Entry {
    const entry = this.entry(index)
    this.#remove(index)
    return entry
  }

  #remove(index: number): void {
    this.#entries[index] = undefined
    this.#free.push(index)
    this.#quota.left++
  }

  /** lower_own */
  addOwn(resource: Resource, rep: unknown): number {
    return this.put({resource, rep, own: true, scope: undefined, lends: 0})
  }

  /** lower_borrow, for a resource that the receiving instance does not define. */
  addBorrow(resource: Resource, rep: unknown, scope: BorrowScope): number {
    scope.borrows++
    return this.put({resource, rep, own: false, scope, lends: 0})
  }

  /** lift_own: the handle leaves the table. */
  takeOwn(resource: Resource, index: number): unknown {
    const handle = this.#typed(resource, index)
    if (handle.lends !== 0)
      trap('TRAP_BAD_HANDLE', `${index} is lent out: cannot remove owned resource while borrowed`)
    if (!handle.own) trap('TRAP_BAD_HANDLE', `${index} is a borrow: cannot lift own resource from a borrow`)
    this.#remove(index)
    return handle.rep
  }

  /** lift_borrow without lending: for calls during which nobody can touch the table. */
  borrow(resource: Resource, index: number): unknown {
    return this.#typed(resource, index).rep
  }

  /** lift_borrow: the handle stays, and cannot be dropped until `lenders` are given back. */
  lend(resource: Resource, index: number, lenders: Handle[]): unknown {
    const handle = this.#typed(resource, index)
    handle.lends++
    lenders.push(handle)
    return handle.rep
  }

  /** resource.rep */
  rep(resource: Resource, index: number): unknown {
    return this.#typed(resource, index).rep
  }

  /** resource.drop: returns the handle, whose owner then runs the destructor. */
  drop(resource: Resource, index: number): Handle {
    const handle = this.#typed(resource, index)
    if (handle.lends !== 0)
      trap('TRAP_BAD_HANDLE', `${index} is lent out: cannot remove owned resource while borrowed`)
    this.#remove(index)
    if (handle.scope !== undefined) handle.scope.borrows--
    return handle
  }

  *[Symbol.iterator](): Generator<Entry> {
    for (const entry of this.#entries) if (entry !== undefined) yield entry
  }

  /** Calls `each` with every handle that is still open. */
  forEachOpen(each: (handle: Handle) => void): void {
    const entries = this.#entries
    for (let i = 1; i < entries.length; i++) {
      const entry = entries[i]
      if (entry?.resource !== undefined) each(entry as Handle)
    }
  }

  /** Whether it holds anything but resource handles. */
  get holdsWaitables(): boolean {
    return this.#entries.some(entry => entry !== undefined && entry.resource === undefined)
  }

  get isPristine(): boolean {
    return this.#entries.length === 1
  }

  /** What the table holds now, to be given to `restore` later; undefined for an empty table that never held any. */
  capture(): HandleTableState | undefined {
    if (this.isPristine) return undefined
    return {entries: this.#entries.map(copied), free: [...this.#free]}
  }

  /** Makes the table what it was. */
  restore(state: HandleTableState | undefined): void {
    this.#quota.left += this.#entries.length - 1 - this.#free.length
    if (state === undefined) {
      truncate(this.#entries, 1)
      truncate(this.#free, 0)
      return
    }
    this.#entries = state.entries.map(copied)
    this.#free = [...state.free]
    this.#quota.left -= this.#entries.length - 1 - this.#free.length
  }
}

export type HandleTableState = Readonly<{
  entries: readonly (Entry | undefined)[]
  free: readonly number[]
}>

/**
 * What an instance gets for a borrow of a resource of its own: the representation (CanonicalABI.md, lower_borrow), which
 * the flat type of a borrow makes an i32 even where resource.new takes an i64.
 * @throws TRAP_BAD_HANDLE
 */
export function borrowedRep(rep: bigint): number {
  const value = BigInt.asUintN(64, rep)
  if (value > 0xffff_ffffn)
    trap('TRAP_BAD_HANDLE', `the representation ${value} is too great for the i32 that a borrow is passed as`)
  return Number(value)
}

export function giveBack(lenders: readonly Handle[]): void {
  for (const handle of lenders) handle.lends--
}

/** No image is taken while there is anything else. */
const copied = (entry: Entry | undefined): Entry | undefined =>
  entry?.resource === undefined ? entry : {...(entry as Handle)}
