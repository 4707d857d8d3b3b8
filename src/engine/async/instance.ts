// engine/async/instance.ts: a component instance as the scheduler sees it (CanonicalABI.md, Component Instances).
import type {Handle} from '../abi/handles.ts'
import {trap} from '../abi/trap.ts'
import type {ErrorContext} from './error-context.ts'
import {type EntryTable, Table} from './table.ts'
import type {Thread} from './thread.ts'
import type {Waitable} from './waitable.ts'
import type {WaitableSet} from './waitable-set.ts'

/** What an instance's handle table holds beside resource handles. */
export type AsyncEntry = Waitable | WaitableSet | ErrorContext
export type Entry = AsyncEntry | Handle

const MAX_BACKPRESSURE = 2 ** 16

export class Instance {
  readonly name: string
  readonly parent: Instance | undefined
  readonly handles: EntryTable<Entry>
  readonly threads = new Table<Thread>('thread')
  mayEnter = true
  mayLeave = true
  backpressure = 0
  /** Tasks that have been called and may not start yet. */
  waitingToEnter = 0
  /** The implicit thread of the one task that may run core code, of those that must not interleave. */
  exclusive: Thread | undefined
  /** Itself and what contains it, innermost first. */
  readonly chain: readonly Instance[]

  constructor(options: {name: string; parent?: Instance; handles?: EntryTable<Entry>}) {
    this.name = options.name
    this.parent = options.parent
    this.handles = options.handles ?? new Table<Entry>('handle')
    this.chain = [this, ...(options.parent?.chain ?? [])]
  }

  /** The instances that a call from `caller` enters, innermost first; `undefined` is the host. */
  entering(caller: Instance | undefined): readonly Instance[] {
    return caller === undefined ? this.chain : this.chain.filter(each => !caller.chain.includes(each))
  }

  mayEnterFrom(caller: Instance | undefined): boolean {
    for (const each of this.entering(caller)) if (!each.mayEnter) return false
    return true
  }

  enterFrom(caller: Instance | undefined): void {
    for (const each of this.entering(caller)) each.mayEnter = false
  }

  leaveTo(caller: Instance | undefined): void {
    for (const each of this.entering(caller)) each.mayEnter = true
  }

  /** @throws TRAP_CANNOT_LEAVE */
  checkLeave(): void {
    if (!this.mayLeave)
      trap(
        'TRAP_CANNOT_LEAVE',
        'it called an import while its memory was being allocated or cleaned up: cannot leave component instance',
      )
  }

  /** backpressure.inc and backpressure.dec */
  addBackpressure(by: 1 | -1): void {
    this.backpressure += by
    if (this.backpressure < 0) trap('TRAP_ASYNC', 'backpressure.dec without backpressure.inc')
    if (this.backpressure >= MAX_BACKPRESSURE)
      trap('TRAP_ASYNC', `backpressure.inc ${MAX_BACKPRESSURE} times`)
  }

  /** Nothing is under way, so that its image can be taken, or another event begun. */
  get isIdle(): boolean {
    return this.threads.size === 0 && this.waitingToEnter === 0 && this.backpressure === 0
  }

  /** Makes it as it was before anything ran; its handle table is its owner's to restore. */
  reset(): void {
    this.threads.clear()
    this.mayEnter = true
    this.mayLeave = true
    this.backpressure = 0
    this.waitingToEnter = 0
    this.exclusive = undefined
  }
}

export function cannotEnter(): never {
  trap('TRAP_REENTERED', 'it is already running, or an earlier call trapped: cannot enter component instance')
}
