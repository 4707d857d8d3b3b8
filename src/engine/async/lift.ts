// engine/async/lift.ts: canon lift: a component's function as something that can be called (CanonicalABI.md, canon lift).
import {runCallback} from './callback.ts'
import {cannotEnter, type Instance} from './instance.ts'
import type {FuncInst, Scheduler} from './scheduler.ts'
import {type Callee, type Cancellable, Task, type Use, WAITS} from './task.ts'
import type {Continuation, Thread} from './thread.ts'

export function lift(callee: Callee): FuncInst {
  const body = BODIES[callee.form]
  return (scheduler, caller, use, done) => startTask(scheduler, callee, body, caller, use, done)
}

function startTask(
  scheduler: Scheduler,
  callee: Callee,
  body: (task: Task) => void,
  caller: Instance | undefined,
  use: Use,
  done: Continuation,
): Cancellable {
  const {instance} = callee
  if (!instance.mayEnterFrom(caller)) cannotEnter()
  instance.enterFrom(caller)
  const task = new Task(scheduler, callee, use, body, caller, done)
  const holder = caller === undefined ? undefined : whoStandsInTheWay(task)
  if (holder === undefined) task.begin()
  else scheduler.run(holder, false, {goOn: () => task.begin()})
  return task
}

/**
 * The thread that keeps a task out of its instance though nothing keeps the thread itself: it has been woken, and goes on
 * first. CanonicalABI.md's `tick` would have the new task wait for a turn; its suite (async/sync-streams.wast) does not.
 */
function whoStandsInTheWay({callee, instance, isExclusive, scheduler}: Task): Thread | undefined {
  const {exclusive, backpressure, waitingToEnter} = instance
  if (!callee.asyncType || !isExclusive || backpressure > 0 || waitingToEnter > 0) return undefined
  return exclusive?.isReady && scheduler.mayAwait ? exclusive : undefined
}

function runSync(task: Task): void {
  const {callee, instance} = task
  const returned = (result: unknown): void => {
    task.return(callee.lift(result))
    if (callee.postReturn !== undefined) {
      instance.mayLeave = false
      callee.postReturn(result)
      instance.mayLeave = true
    }
    task.exit(task.implicit)
  }
  const result = callee.core(task.start(), task, {returned})
  if (result !== WAITS) returned(result)
}

function runStackful(task: Task): void {
  const returned = (): void => task.exit(task.implicit)
  if (task.callee.core(task.start(), task, {returned}) !== WAITS) returned()
}

const BODIES = {sync: runSync, stackful: runStackful, callback: runCallback} as const

/** Stands for code that runs outside of any call: a start function, or realloc. It cannot wait. */
export function startThread(scheduler: Scheduler, instance: Instance, name = 'the start function'): Thread {
  const callee: Callee = {
    name,
    instance,
    asyncType: false,
    form: 'sync',
    hasStack: false,
    result: undefined,
    options: '',
    core: () => {},
    callback: undefined,
    lift: () => undefined,
    postReturn: undefined,
  }
  const use: Use = {start: () => [], resolve: () => {}}
  return new Task(scheduler, callee, use, () => {}, instance, {goOn: () => {}}).implicit
}
