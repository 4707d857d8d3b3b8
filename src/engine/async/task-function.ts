// engine/async/task-function.ts: an exported function of a component with the asynchronous ABI, as the host calls it.
import type {CallOwner, CallReceiver} from '../call.ts'
import {HostCall} from './host-call.ts'
import type {FuncInst, Scheduler} from './scheduler.ts'

export class TaskFunction {
  /** Set by the sandbox. */
  owner: CallOwner | undefined
  readonly scheduler: Scheduler
  readonly name: string
  readonly #func: FuncInst

  constructor(scheduler: Scheduler, func: FuncInst, name: string) {
    this.scheduler = scheduler
    this.name = name
    this.#func = func
  }

  /**
   * Calls it. Where the guest traps at once, even after it has returned, that is thrown; the receiver is told what happens
   * before and later.
   */
  call(receiver: CallReceiver, args: readonly unknown[]): HostCall {
    const call = new HostCall(this, args, receiver)
    this.scheduler.call(this.#func, call)
    return call
  }
}

/** For emitted code. */
export const taskFunction = (scheduler: Scheduler, func: FuncInst, name: string): TaskFunction =>
  new TaskFunction(scheduler, func, name)
