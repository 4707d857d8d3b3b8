// engine/async/lift.ts: canon lift: a component's function as something that can be called (CanonicalABI.md, canon lift).
import {trap} from '../abi/trap.ts'
import {cannotEnter, type Instance} from './instance.ts'
import type {FuncInst, Scheduler} from './scheduler.ts'
import {type Callee, Task, type Use} from './task.ts'
import type {Thread, WaitFor} from './thread.ts'
import {CANCELLED_EVENT, type Event, NO_EVENT} from './waitable.ts'
import {waitableSetAt} from './waitable-set.ts'

/** What a callback function returns in its lowest four bits; above them is the index of a waitable set. */
export const CALLBACK = {exit: 0, yield: 1, wait: 2} as const

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
  done: () => void,
): (caller: Instance | undefined, done: () => void) => void {
  const {instance} = callee
  if (!instance.mayEnterFrom(caller)) cannotEnter()
  instance.enterFrom(caller)
  const leave = (): void => {
    instance.leaveTo(caller)
    done()
  }
  const task = new Task(scheduler, callee, use, body, caller === undefined)
  const start = (): void =>
    scheduler.run(task.implicit, false, () => {
      if (callee.asyncType) leave()
      else scheduler.finishSync(task, leave)
    })
  const holder = caller === undefined ? undefined : whoStandsInTheWay(task)
  if (holder === undefined) start()
  else scheduler.run(holder, false, start)
  return (from, over) => task.requestCancellation(from, over)
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
  callee.core(callee.lower(task.start(), task), result => {
    task.return(callee.lift(result))
    if (callee.postReturn !== undefined) {
      instance.mayLeave = false
      callee.postReturn(result)
      instance.mayLeave = true
    }
    task.exit(task.implicit)
  })
}

function runStackful(task: Task): void {
  const {callee} = task
  callee.core(callee.lower(task.start(), task), () => task.exit(task.implicit))
}

/** Between two calls no core code is on any stack: each is a plain call from here. */
function runCallback(task: Task): void {
  const {callee, instance, implicit: thread} = task

  /** What comes of a call, or undefined if that is known later only: `go` then takes over. */
  const call = (core: Callee['core'], args: readonly unknown[]): number | undefined => {
    let packed: number | undefined
    let now = true
    core(args, result => {
      if (now) packed = (result as number) >>> 0
      else go((result as number) >>> 0)
    })
    now = false
    return packed
  }
  const deliver = (event: Event): number | undefined => {
    instance.exclusive = thread
    return call(callee.callback!, event)
  }
  const go = (first: number | undefined): void => {
    for (let packed = first; packed !== undefined; ) {
      const code = packed & 0xf
      if (code === CALLBACK.exit) {
        task.exit(thread)
        return
      }
      if (code > CALLBACK.wait)
        trap('TRAP_ASYNC', `a callback returned ${code}: unsupported callback code ${code}`)
      instance.exclusive = undefined
      if (code === CALLBACK.yield) {
        if (!task.deliverPendingCancel(true)) {
          thread.park(itsTurn, cancelled => go(deliver(cancelled ? CANCELLED_EVENT : NO_EVENT)))
          return
        }
        packed = deliver(CANCELLED_EVENT)
      } else {
        const set = waitableSetAt(instance, packed >>> 4)
        if (task.deliverPendingCancel(true)) packed = deliver(CANCELLED_EVENT)
        else if (set.hasPending) packed = deliver(set.takePending(thread.scheduler.pick))
        else {
          set.waiters++
          thread.park(set.waitFor(isFree, true), cancelled => {
            set.waiters--
            go(deliver(cancelled ? CANCELLED_EVENT : set.takePending(thread.scheduler.pick)))
          })
          return
        }
      }
    }
  }
  const isFree = (): boolean => instance.exclusive === undefined
  const itsTurn: WaitFor = {ready: isFree, cancellable: true, what: () => 'its turn'}

  go(call(callee.core, callee.lower(task.start(), task)))
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
    lower: args => args,
    core: () => {},
    callback: undefined,
    lift: () => undefined,
    postReturn: undefined,
  }
  return new Task(scheduler, callee, {start: () => [], resolve: () => {}}, () => {}).implicit
}
