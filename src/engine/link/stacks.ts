// engine/link/stacks.ts: guest functions that may wait, called one after the other on one stack.
//
// JSPI gives every promising call a stack and a promise, and what they leave behind is only freed by a full collection:
// with one such call for each event, collections are most of the slowest events' time. So a small loop of ours takes a
// stack, and runs on it whatever is ready to be called. A guest that waits keeps that stack, and the rest goes on on
// another. Only frames of WebAssembly may lie between the promising call and the guest, so the loop is WebAssembly, and
// what is done in JavaScript before and after each call are its imports.
import type {FlatType} from '../abi/flatten.ts'
import type {CallOwner, CallReceiver} from '../call.ts'
import {type Code, call, END, get as localGet, set as localSet} from '../core/assembly.ts'
import {name, unsigned} from '../core/writer.ts'
import {
  body,
  compiled,
  FUNC,
  funcType,
  keyOf,
  MEMORY,
  resultTypes,
  type Signature,
  section,
  TABLE,
  vec,
} from './module-code.ts'
import type {Runtime} from './runtime.ts'

export interface StackOwner extends CallOwner {
  /** Control is back, and the result has been lifted. */
  left(func: StackFunction): void
}

const WORD = 8
/** One for each flat parameter: at most 16, or one pointer (CanonicalABI.md, MAX_FLAT_PARAMS). */
const WORDS = 17

/** Where `lower` puts core arguments: number k is in word k. */
export type CallWords = Readonly<{
  i32: Int32Array
  i64: BigInt64Array
  f32: Float32Array
  f64: Float64Array
  memory: WebAssembly.Memory
}>

let words: CallWords | undefined

/** One set per thread: what is written there is read before any other code runs. */
export function callWords(): CallWords {
  if (words !== undefined) return words
  const memory = new WebAssembly.Memory({initial: 1, maximum: 1})
  const {buffer} = memory
  words = {
    memory,
    i32: new Int32Array(buffer, 0, WORDS * 2),
    i64: new BigInt64Array(buffer, 0, WORDS),
    f32: new Float32Array(buffer, 0, WORDS * 2),
    f64: new Float64Array(buffer, 0, WORDS),
  }
  return words
}

/** The statement that puts the core value `value` into word `index` of the words named `target`. */
export const storeWord = (target: string, index: number, type: FlatType, value: string): string =>
  `${target}.${type}[${type === 'i32' || type === 'f32' ? index * 2 : index}]=${value};`

const LOADS = {i32: [0x28, 2], i64: [0x29, 3], f32: [0x2a, 2], f64: [0x2b, 3]} as const

const loadWord = (type: FlatType, index: number): Code => [0x41, 0, LOADS[type], unsigned(index * WORD)]

/**
 * (func): asks import n for the slot of a function in table t, calls it with the words of memory m, tells import l its
 * slot and result; again, until n gives a negative slot or l gives 0.
 */
function loopModule(signature: Signature): WebAssembly.Module {
  const {params, result} = signature
  return compiled(`stack ${keyOf(signature)}`, () => [
    section(
      1,
      vec([
        funcType(params, result),
        funcType([], 'i32'),
        funcType(['i32', ...resultTypes(result)], 'i32'),
        funcType([], undefined),
      ]),
    ),
    section(
      2,
      vec([
        [name(''), name('n'), FUNC, 1],
        [name(''), name('l'), FUNC, 2],
        [name(''), name('t'), TABLE, 0x70, 0, 0],
        [name(''), name('m'), MEMORY, 1, 1, 1],
      ]),
    ),
    section(3, vec([[3]])),
    section(7, vec([[name('g'), FUNC, 2]])),
    section(
      10,
      vec([
        body('i32', [
          [0x03, 0x40],
          [call(0), localSet(0)],
          [localGet(0), 0x41, 0, 0x4e, 0x04, 0x40],
          localGet(0),
          params.map(loadWord),
          [localGet(0), 0x11, 0, 0],
          [call(1), 0x0d, 1],
          [END, END],
        ]),
      ]),
    ),
  ])
}

/** All functions of one core type. */
class Loop {
  readonly run: () => Promise<unknown>
  readonly functions: (StackFunction | undefined)[] = []
  readonly #table = new WebAssembly.Table({element: 'anyfunc', initial: 0})
  readonly #free: number[] = []

  constructor(signature: Signature, stacks: Stacks) {
    const instance = new WebAssembly.Instance(loopModule(signature), {
      '': {
        n: () => stacks.take(this),
        l: (slot: number, result: unknown) => stacks.left(this.functions[slot]!, result),
        t: this.#table,
        m: callWords().memory,
      },
    })
    this.run = WebAssembly.promising(instance.exports['g'])
  }

  add(func: StackFunction, core: (...args: never[]) => unknown): number {
    const slot = this.#free.pop() ?? this.#table.grow(1)
    this.#table.set(slot, core)
    this.functions[slot] = func
    return slot
  }

  remove(slot: number): void {
    this.#table.set(slot, null)
    this.functions[slot] = undefined
    this.#free.push(slot)
  }
}

/** A guest function of one sandbox, which calls it once at a time. */
export class StackFunction {
  /** Set by the sandbox. */
  owner: StackOwner | undefined
  readonly loop: Loop
  readonly slot: number
  readonly runtime: Runtime
  waiting = false
  readonly #lower: (...args: unknown[]) => void
  readonly #lift: (result: unknown) => unknown
  #receiver: CallReceiver | undefined

  constructor(
    runtime: Runtime,
    core: (...args: never[]) => unknown,
    signature: Signature,
    lower: (...args: unknown[]) => void,
    lift: (result: unknown) => unknown,
  ) {
    this.runtime = runtime
    this.#lower = lower
    this.#lift = lift
    this.loop = stacks.loop(signature)
    this.slot = this.loop.add(this, core)
    runtime.stackFunctions.push(this)
  }

  /** Lowers the arguments; the function must be what runs next. Throws what lowering throws. */
  prepare(receiver: CallReceiver, args: unknown[]): void {
    this.#lower(...args)
    this.#receiver = receiver
  }

  returned(result: unknown): void {
    const receiver = this.#receiver
    if (receiver === undefined) return
    this.#receiver = undefined
    let value: unknown
    try {
      value = this.#lift(result)
    } catch (error) {
      receiver.failed(this.owner?.failure(error) ?? error)
      return
    }
    this.owner?.left(this)
    receiver.returned(value)
  }

  failed(error: unknown): void {
    const receiver = this.#receiver
    this.#receiver = undefined
    this.waiting = false
    receiver?.failed(this.owner?.failure(error) ?? error)
  }

  /** No call is made any more. */
  dispose(): void {
    this.loop.remove(this.slot)
  }
}

/** Gives what is to be called next, its arguments lowered; undefined when nothing is left. Must not throw. */
export type NextCall = () => StackFunction | undefined

const NOTHING: NextCall = () => undefined

export class Stacks {
  readonly #loops = new Map<string, Loop>()
  #next = NOTHING
  /** Asked for, but not begun. */
  #ready: StackFunction | undefined
  #running: StackFunction | undefined

  loop(signature: Signature): Loop {
    const key = keyOf(signature)
    let loop = this.#loops.get(key)
    if (loop === undefined) this.#loops.set(key, (loop = new Loop(signature, this)))
    return loop
  }

  /** Calls what `next` gives, one after the other, until nothing is left that has not returned, trapped or begun to wait. */
  run(next: NextCall): void {
    const outer = this.#next
    this.#next = next
    this.#ready = next()
    while (this.#ready !== undefined) {
      this.#running = undefined
      const promise = this.#ready.loop.run()
      const func = this.#running as StackFunction | undefined
      if (func === undefined) continue
      this.#running = undefined
      func.runtime.guard.leave()
      func.waiting = true
      promise.then(undefined, error => {
        func.runtime.guard.leave()
        func.failed(error)
      })
      this.#ready = next()
    }
    this.#next = outer
  }

  runOne(func: StackFunction | undefined): void {
    if (func === undefined) return
    let ready: StackFunction | undefined = func
    this.run(() => {
      const one = ready
      ready = undefined
      return one
    })
  }

  /** The slot of what a loop is to call next. */
  take(loop: Loop): number {
    const func = this.#ready ?? this.#next()
    this.#ready = func
    if (func === undefined || func.loop !== loop) return -1
    this.#ready = undefined
    this.#running = func
    func.runtime.onEnter()
    func.runtime.guard.enter()
    return func.slot
  }

  /** 1 where the loop is to go on; a call that has waited was the last one of its stack. */
  left(func: StackFunction, result: unknown): number {
    const {runtime, waiting} = func
    runtime.guard.leave()
    runtime.onLeave()
    func.waiting = false
    if (!waiting) this.#running = undefined
    func.returned(result)
    return waiting ? 0 : 1
  }
}

/** One per thread. */
export const stacks = new Stacks()

/** For emitted code. */
export const stackFunction = (
  runtime: Runtime,
  core: (...args: never[]) => unknown,
  params: readonly FlatType[],
  result: FlatType | undefined,
  lower: (...args: unknown[]) => void,
  lift: (result: unknown) => unknown,
): StackFunction => new StackFunction(runtime, core, {params, result}, lower, lift)
