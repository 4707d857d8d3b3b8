// engine/async/builtins.ts: task.return, task.cancel, context.* and thread.* (CanonicalABI.md).
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'
import {type CoreCall, type Task, WAITS} from './task.ts'
import {type ContextValue, Thread} from './thread.ts'

/**
 * task.return: the task that may return now, for the caller to do. `options` and `result` are those of the built-in, which
 * must be the called function's.
 */
export function returning({task}: Thread, options: string, result: Type | undefined): Task {
  task.instance.checkLeave()
  const {callee} = task
  if (callee.form === 'sync' || callee.result !== result || !sameOptions(callee.options, options))
    trap('TRAP_ASYNC', `${task.name}: invalid \`task.return\` signature and/or options for current task`)
  return task
}

/** Where the built-in needs no memory it need not name the function's. */
const sameOptions = (called: string, named: string): boolean =>
  called === named || (named.endsWith(' ') && called.startsWith(named))

export function taskCancel({task}: Thread): void {
  task.instance.checkLeave()
  if (task.callee.form === 'sync')
    trap(
      'TRAP_ASYNC',
      `${task.name} is lifted synchronously: \`task.cancel\` called by task which is not async`,
    )
  task.cancel()
}

/** An i32 slot gives 32 bits of what was put in. */
export function contextGet(thread: Thread, slot: number, type: 'i32' | 'i64'): ContextValue {
  const value = thread.storage[slot]!
  return type === 'i32' ? Number(value) : BigInt.asUintN(64, BigInt(value))
}

export function contextSet(thread: Thread, slot: number, value: ContextValue): void {
  thread.storage[slot] = typeof value === 'number' ? value >>> 0 : value
}

/** A thread that the guest, which may leave, starts needs a stack: JSPI gives it one when it runs first. */
export function threadNew(thread: Thread, start: CoreCall, argument: ContextValue): number {
  const {task} = thread
  const returned = (): void => task.exit(made)
  const resume = (): void => {
    if (start({returned}, argument) !== WAITS) returned()
  }
  const made = new Thread(task, true, {resume})
  task.register(made)
  return made.index!
}

export function threadIndex(thread: Thread): number {
  thread.instance.checkLeave()
  return thread.index!
}

function suspendedAt(thread: Thread, index: number): Thread {
  const other = thread.instance.threads.entry(index)
  if (!other.isSuspended)
    trap('TRAP_ASYNC', `thread ${index} is not suspended: cannot resume thread which is not suspended`)
  return other
}

export function threadResumeLater(thread: Thread, index: number): void {
  thread.instance.checkLeave()
  suspendedAt(thread, index).resumeLater()
}

export function threadSuspend(thread: Thread, cancellable: boolean): number | Promise<number> {
  thread.instance.checkLeave()
  return thread.suspend(cancellable)
}

export function threadYield(thread: Thread, cancellable: boolean): number | Promise<number> {
  thread.instance.checkLeave()
  return thread.yield(cancellable)
}

/** thread.suspend-then-resume, and with `yields` thread.yield-then-resume */
export function threadSwitch(
  thread: Thread,
  index: number,
  cancellable: boolean,
  yields: boolean,
): number | Promise<number> {
  thread.instance.checkLeave()
  return thread.switch(suspendedAt(thread, index), cancellable, yields)
}

/** thread.suspend-then-promote, and with `yields` thread.yield-then-promote */
export function threadPromote(
  thread: Thread,
  index: number,
  cancellable: boolean,
  yields: boolean,
): number | Promise<number> {
  thread.instance.checkLeave()
  const other = thread.instance.threads.entry(index)
  if (thread.task.deliverPendingCancel(cancellable)) return 1
  if (!other.isReady) return yields ? thread.yield(cancellable) : thread.suspend(cancellable)
  other.stopWaiting()
  return thread.switch(other, cancellable, yields)
}
