// engine/async/async.fixtures.ts: guests made of TypeScript: a generator is core code on a stack, which waits where it
// yields a promise; a plain function is core code of the callback form.
import type {Type} from '../abi/types.ts'
import {Call} from '../call.ts'
import {returning} from './builtins.ts'
import type {Chunk} from './chunk.ts'
import {type CopyType, copy, copyCancel, copyDrop, copyNew} from './copy-end.ts'
import {plainCall, type StackCall, stackCall} from './core-call.ts'
import type {ElementCodec} from './guest-copy.ts'
import {Instance} from './instance.ts'
import {lift} from './lift.ts'
import {type FuncInst, type Pick, Scheduler} from './scheduler.ts'
import {lower, subtaskCancel} from './subtask.ts'
import {type Callee, WAITS} from './task.ts'
import {TaskFunction} from './task-function.ts'
import type {Thread} from './thread.ts'
import {waitableJoin, waitableSetNew, waitableSetPoll, waitableSetWait} from './waitable-set.ts'

export type Stack = Generator<Promise<unknown>, unknown, unknown>
/** Core code with a stack. */
export type StackCode = (...args: any[]) => Stack
/** Core code without. */
export type PlainCode = (...args: any[]) => unknown

/** What a built-in gives, waited for if it must be. */
export function* wait<T>(result: T | Promise<T>): Generator<Promise<unknown>, T, unknown> {
  return result instanceof Promise ? ((yield result) as T) : result
}

/** JSPI, in small: runs until it waits; `done` tells at once when it has returned. */
export function jspi(code: StackCode): StackCall {
  const blocking: StackCall = {
    done: false,
    result: undefined,
    call: (...args) => {
      const stack = code(...args)
      return new Promise((resolve, reject) => {
        const step = (goOn: () => IteratorResult<Promise<unknown>, unknown>): void => {
          try {
            const {done, value} = goOn()
            if (done) {
              blocking.done = true
              blocking.result = value
              resolve(value)
            } else
              (value as Promise<unknown>).then(
                result => step(() => stack.next(result)),
                error => step(() => stack.throw(error)),
              )
          } catch (error) {
            reject(error)
          }
        }
        step(() => stack.next())
      })
    },
  }
  return blocking
}

const NO_GUARD = {enter: () => {}, leave: () => {}}

export const U8: Type = {kind: 'u8'}
export const CHAR: Type = {kind: 'char'}
export const U32: Type = {kind: 'u32'}
export const STREAM: CopyType = {kind: 'stream', element: U8}
export const FUTURE: CopyType = {kind: 'future', element: U8}

/** A scheduler with its event loop. */
export class World {
  readonly scheduler: Scheduler
  turns = 0
  /** Resources that never reached their guest. */
  readonly dropped: unknown[] = []

  constructor(pick?: Pick) {
    this.scheduler = new Scheduler(
      {
        turn: run => {
          this.turns++
          setImmediate(run)
        },
        enter: () => {},
        uncatchable: error => error,
        begin: () => {},
        wait: () => {},
        over: () => {},
        drop: (_, value) => void this.dropped.push(value),
      },
      pick,
    )
  }

  get thread(): Thread {
    return this.scheduler.current!
  }

  func(
    options: {instance: Instance; name?: string; result?: Type; sync?: true} & (
      | {form: 'callback'; code: PlainCode; callback: PlainCode}
      | {form: 'sync'; code: PlainCode}
      | {form: 'sync' | 'stackful'; stack: StackCode}
    ),
  ): FuncInst {
    const {scheduler} = this
    const stack = 'stack' in options ? options.stack : undefined
    const core =
      stack === undefined
        ? plainCall(NO_GUARD, (options as {code: PlainCode}).code)
        : stackCall(scheduler, jspi(stack))
    const callee: Callee = {
      name: options.name ?? 'f',
      instance: options.instance,
      asyncType: options.sync !== true,
      form: options.form,
      hasStack: stack !== undefined,
      result: options.result as Type | undefined,
      options: 'utf8',
      core: (args, _task, returning) => core(returning, ...args),
      callback: options.form === 'callback' ? plainCall(NO_GUARD, options.callback) : undefined,
      lift: result => result,
      postReturn: undefined,
    }
    return lift(callee)
  }

  /** A stackful function of real core code; its result is returned when it ends. */
  core(instance: Instance, blocking: StackCall): FuncInst {
    const {scheduler} = this
    const run = stackCall(scheduler, blocking)
    return lift({
      name: 'core',
      instance,
      asyncType: true,
      form: 'stackful',
      hasStack: true,
      result: U32,
      options: 'utf8',
      core: (args, task, returning) => {
        const result = run(
          {
            returned(later) {
              task.return(later)
              returning.returned(later)
            },
          },
          ...args,
        )
        if (result !== WAITS) task.return(result)
        return result
      },
      callback: undefined,
      lift: result => result,
      postReturn: undefined,
    })
  }

  /** Calls as the host. A promise comes back only where the guest has not returned at once. */
  begin(func: FuncInst, ...args: unknown[]): unknown {
    const call = new Call()
    new TaskFunction(this.scheduler, func, 'the call').call(call, args)
    return call.outcome()
  }

  async call(func: FuncInst, ...args: unknown[]): Promise<unknown> {
    return this.begin(func, ...args)
  }
}

/** One instance, its memory, and the built-ins that it imports. */
export class Guest {
  readonly instance: Instance
  readonly world: World
  readonly memory: unknown[]

  constructor(world: World, name: string, options: {parent?: Instance; size?: number} = {}) {
    this.world = world
    this.instance = new Instance(options.parent === undefined ? {name} : {name, parent: options.parent})
    this.memory = new Array(options.size ?? 1000).fill(0)
  }

  get #codec(): ElementCodec {
    const {memory} = this
    const load = (pointer: number, count: number): Chunk => memory.slice(pointer, pointer + count)
    const store = (pointer: number, chunk: Chunk): void =>
      Array.from(chunk as ArrayLike<unknown>).forEach((value, i) => {
        memory[pointer + i] = value
      })
    return {
      size: 1,
      check: (pointer, count) => {
        if (pointer + count > memory.length) throw new RangeError('out of bounds')
      },
      load,
      store,
      loadForHost: load,
      storeOfHost: store,
    }
  }

  get #thread(): Thread {
    return this.world.thread
  }

  lower(func: FuncInst, name = 'g', async = true) {
    return (...args: unknown[]): any =>
      lower(
        this.#thread,
        {name, func, async, asyncType: true},
        () => args,
        result => {
          if (async) this.memory[RESULT] = result
          return result
        },
      )
  }

  cancel(index: number, async = true) {
    return subtaskCancel(this.#thread, index, async)
  }

  set(): number {
    return waitableSetNew(this.instance)
  }

  join(index: number, set: number): void {
    waitableJoin(this.instance, index, set)
  }

  /** The event as three numbers. */
  wait(set: number, cancellable = false): any {
    const rest: number[] = []
    const code = waitableSetWait(this.#thread, set, cancellable, (...event) => void rest.push(...event))
    const whole = (first: number) => [first, ...rest]
    return code instanceof Promise ? code.then(whole) : whole(code)
  }

  poll(set: number, cancellable = false): number[] {
    const rest: number[] = []
    const code = waitableSetPoll(this.#thread, set, cancellable, (...event) => void rest.push(...event))
    return [code, ...rest]
  }

  pair(type = STREAM): [readable: number, writable: number] {
    const packed = copyNew(this.instance, type)
    return [Number(packed & 0xffff_ffffn), Number(packed >> 32n)]
  }

  copy(
    verb: 'read' | 'write',
    index: number,
    pointer: number,
    length: number,
    {async = true, type = STREAM} = {},
  ) {
    return copy(
      this.#thread,
      {type, verb, async, codec: type.element === undefined ? undefined : this.#codec, wide: false},
      index,
      pointer,
      length,
    )
  }

  cancelCopy(verb: 'read' | 'write', index: number, {async = true, type = STREAM} = {}) {
    return copyCancel(this.#thread, type, verb, async, index)
  }

  drop(verb: 'read' | 'write', index: number, type = STREAM): void {
    copyDrop(this.instance, type, verb, index)
  }
}

/** Where an asynchronous lower puts the result. */
export const RESULT = 999

/** A state or copy result with what is above its four bits. */
export const packed = (low: number, high: number): number => ((high << 4) | low) >>> 0
export const unpacked = (value: number): [low: number, high: number] => [value & 0xf, value >>> 4]

/** The built-in task.return, as emitted code puts it together. */
export function taskReturn(
  thread: Thread,
  options: string,
  result: Type | undefined,
  lift: () => unknown,
): void {
  const task = returning(thread, options, result)
  task.return(lift())
}
