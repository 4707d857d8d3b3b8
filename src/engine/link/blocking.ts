// engine/link/blocking.ts: calls that may wait, made cheap for the usual case in which they do not.
//
// JSPI suspends a guest at every call of a suspending import, even of one that answers at once, and gives a promise for
// every promising call, even for a guest that never waited; both cost a turn of the microtask queue. Two small modules of
// ours stand between: one asks the host first and suspends only if it must, one tells at once that the guest has returned.
import type {FlatType} from '../abi/flatten.ts'
import {call, END, get as localGet, set as localSet} from '../core/assembly.ts'
import {name, unsigned} from '../core/writer.ts'
import {
  body,
  compiled,
  FUNC,
  funcType,
  GLOBAL,
  keyOf,
  resultTypes,
  type Signature,
  section,
  VALUE_TYPES,
  vec,
} from './module-code.ts'
import type {Runtime} from './runtime.ts'

const RESULTS = [undefined, 'i32', 'i64', 'f32', 'f64'] as const

// Calls into a guest

/** One guest function. After `call`: `done` means that it has returned, with `result`; else the promise tells. */
export type BlockingCall = {
  readonly call: (...args: unknown[]) => Promise<unknown>
  done: boolean
  result: unknown
}

/** (func (params) (result)): calls import e, then import f, then tells import l the result, then returns it. */
function promisingModule(signature: Signature): WebAssembly.Module {
  const {params, result} = signature
  return compiled(`promising ${keyOf(signature)}`, () => [
    section(
      1,
      vec([funcType(params, result), funcType(resultTypes(result), undefined), funcType([], undefined)]),
    ),
    section(
      2,
      vec([
        [name(''), name('f'), FUNC, 0],
        [name(''), name('l'), FUNC, 1],
        [name(''), name('e'), FUNC, 2],
      ]),
    ),
    section(3, vec([[0]])),
    section(7, vec([[name('g'), FUNC, 3]])),
    section(
      10,
      vec([
        body(result, [
          call(2),
          params.map((_, i) => localGet(i)),
          call(0),
          result === undefined ? call(1) : [0x22, unsigned(params.length), call(1), localGet(params.length)],
        ]),
      ]),
    ),
  ])
}

/**
 * Guest time begins and ends in the wrapper: what JSPI does around it, such as allocating a stack, is neither the guest's
 * to be stopped in nor counted among the pages it touches.
 */
export function blockingCall(
  runtime: Runtime,
  func: (...args: never[]) => unknown,
  params: readonly FlatType[],
  result: FlatType | undefined,
): BlockingCall {
  const {guard} = runtime
  const entered = (): void => {
    runtime.onEnter()
    guard.enter()
  }
  const left = (value: unknown): void => {
    guard.leave()
    runtime.onLeave()
    blocking.done = true
    blocking.result = value
  }
  const instance = new WebAssembly.Instance(promisingModule({params, result}), {
    '': {f: func, l: left, e: entered},
  })
  const blocking: BlockingCall = {
    call: WebAssembly.promising(instance.exports['g']),
    done: false,
    result: undefined,
  }
  return blocking
}

// Calls out of a guest

/** A trampoline that leaves a promise with `runtime.pend` where it must wait, and returns anything then. */
export type SuspendingImport = Signature & Readonly<{call: (...args: never[]) => unknown}>

/**
 * Function k asks import t<k>; if that leaves the global p at 0 its result is the answer, else the promise that import
 * w<result> hands over is waited for.
 */
function suspendingModule(signatures: readonly Signature[]): WebAssembly.Module {
  return compiled(`suspending ${signatures.map(keyOf).join(' ')}`, () => {
    const waits = RESULTS.length
    return [
      section(
        1,
        vec([
          ...RESULTS.map(result => funcType([], result)),
          ...signatures.map(({params, result}) => funcType(params, result)),
        ]),
      ),
      section(
        2,
        vec([
          [name(''), name('p'), GLOBAL, VALUE_TYPES.i32, 1],
          ...RESULTS.map((result, i) => [name(''), name(`w${result}`), FUNC, unsigned(i)]),
          ...signatures.map((_, i) => [name(''), name(`t${i}`), FUNC, unsigned(waits + i)]),
        ]),
      ),
      section(3, vec(signatures.map((_, i) => unsigned(waits + i)))),
      section(
        7,
        vec(signatures.map((_, i) => [name(`s${i}`), FUNC, unsigned(waits + signatures.length + i)])),
      ),
      section(
        10,
        vec(
          signatures.map(({params, result}, i) =>
            body(result, [
              params.map((_, k) => localGet(k)),
              call(waits + i),
              result === undefined ? [] : localSet(params.length),
              [0x23, 0],
              [0x04, result === undefined ? 0x40 : VALUE_TYPES[result]],
              [0x41, 0, 0x24, 0],
              call(RESULTS.indexOf(result)),
              0x05,
              result === undefined ? [] : localGet(params.length),
              END,
            ]),
          ),
        ),
      ),
    ]
  })
}

/** The functions to give to core code for `imports`, in their order. */
export function suspendingImports(
  runtime: Runtime,
  imports: readonly SuspendingImport[],
): readonly ((...args: never[]) => unknown)[] {
  if (imports.length === 0) return []
  const wait = new WebAssembly.Suspending(() => runtime.takePending())
  const own: Record<string, WebAssembly.ImportValue> = {p: runtime.pending}
  for (const result of RESULTS) own[`w${result}`] = wait
  imports.forEach((each, i) => {
    own[`t${i}`] = each.call
  })
  const {exports} = new WebAssembly.Instance(suspendingModule(imports), {'': own})
  return imports.map((_, i) => exports[`s${i}`])
}
