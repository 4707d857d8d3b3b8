// engine/link/direct-call.ts: calls from one component to another that never leave WebAssembly.
//
// Where a call passes nothing but numbers, all that the canonical ABI asks for is a check or two of each (CanonicalABI.md,
// Flat Lifting and Flat Lowering). A small module of ours does that between the two components' functions. With only
// frames of WebAssembly on the stack the callee may wait as if it were the caller's own code.
import {trap} from '../abi/trap.ts'
import {badDiscriminant, charFromCode} from '../abi/values.ts'
import {type Code, call, END, get as localGet, set as localSet} from '../core/assembly.ts'
import {name, signed, unsigned} from '../core/writer.ts'
import {
  body,
  compiled,
  FUNC,
  funcType,
  GLOBAL,
  keyOf,
  type Signature,
  section,
  VALUE_TYPES,
  vec,
} from './module-code.ts'
import type {FlatNumber} from './numbers.ts'
import {cannotLeave} from './runtime.ts'
import {uncatchable} from './uncatchable.ts'

/** How a function's numbers cross. */
export type DirectSignature = Readonly<{params: readonly FlatNumber[]; result: FlatNumber | undefined}>

type CoreFunction = (...args: never[]) => unknown

const trapping =
  (fail: (...args: number[]) => unknown) =>
  (...args: number[]): never => {
    try {
      fail(...args)
    } catch (error) {
      throw uncatchable(error)
    }
    throw new Error('a value that core code refused is no mistake')
  }

/** What the adapters call instead of going on, in the order of their imports. */
const FAILURES = {
  leave: trapping(cannotLeave),
  char: trapping(code => charFromCode(code >>> 0)),
  case: trapping((index, count) => badDiscriminant(index! >>> 0, count!)),
  escaped: trapping(() => trap('TRAP_CORE', 'it threw an exception that nothing catches')),
}
const [LEAVE, CHAR, CASE, ESCAPED, CALLEE] = [0, 1, 2, 3, 4]
const FAILURE_TYPES = {leave: 0, char: 1, case: 2, escaped: 0}

const UNREACHABLE = 0x00
const i32 = (value: number): Code => [0x41, signed(BigInt(value | 0))]
const ifZero = (otherwise: Code): Code => [0x45, 0x04, 0x40, otherwise, UNREACHABLE, END]

/** Leaves the number in local `at` as its receiver must find it. */
function checked(number: FlatNumber, at: number): Code {
  const value = localGet(at)
  switch (number.kind) {
    case 'whole':
      return value
    case 'bool':
      return [value, i32(0), 0x47]
    case 'bits':
      return [value, i32(2 ** number.count - 1), 0x71]
    case 's8':
      return [value, 0xc0]
    case 's16':
      return [value, 0xc1]
    case 'f32':
      return [value, 0x43, 0, 0, 0xc0, 0x7f, value, value, 0x5b, 0x1b]
    case 'f64':
      return [value, 0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f, value, value, 0x61, 0x1b]
    case 'char': {
      const isBelowSurrogates: Code = [value, i32(0xd800), 0x49]
      const isAbove: Code = [value, i32(0xe000), 0x6b, i32(0x110000 - 0xe000), 0x49]
      return [isBelowSurrogates, isAbove, 0x72, ifZero([value, call(CHAR)]), value]
    }
    case 'case':
      return [value, i32(number.count), 0x49, ifZero([value, i32(number.count), call(CASE)]), value]
  }
}

const flat = ({params, result}: DirectSignature): Signature => ({
  params: params.map(each => each.flat),
  result: result?.flat,
})
const isWhole = (number: FlatNumber | undefined): boolean => number === undefined || number.kind === 'whole'

/** (func (params) (result)): checks g, if there is one, and the parameters, calls f, and checks the result. */
function adapter(signature: DirectSignature, checksLeaving: boolean, mayThrow: boolean): WebAssembly.Module {
  const numbers = [...signature.params, signature.result].map(number => JSON.stringify(number)).join()
  return compiled(`direct ${numbers} ${checksLeaving} ${mayThrow}`, () => {
    const {params, result} = flat(signature)
    const given: Code = [checksLeaving ? [0x23, 0, ifZero(call(LEAVE))] : [], signature.params.map(checked)]
    // Of two calls on the stack one is spared where nothing is left to do after it.
    const isLast = isWhole(signature.result) && !mayThrow
    const called: Code = [given, isLast ? [0x12, CALLEE] : call(CALLEE)]
    const returned: Code =
      signature.result === undefined || isLast
        ? []
        : [localSet(params.length), checked(signature.result, params.length)]
    const type = result === undefined ? 0x40 : VALUE_TYPES[result]
    const whole: Code = mayThrow
      ? [[0x02, 0x40, 0x1f, type, 1, 0x02, 0, called, END, returned, 0x0f, END], call(ESCAPED), UNREACHABLE]
      : [called, returned]
    return [
      section(
        1,
        vec([
          funcType([], undefined),
          funcType(['i32'], undefined),
          funcType(['i32', 'i32'], undefined),
          funcType(params, result),
        ]),
      ),
      section(
        2,
        vec([
          ...Object.entries(FAILURE_TYPES).map(([key, each]) => [name(''), name(key), FUNC, each]),
          [name(''), name('f'), FUNC, 3],
          ...(checksLeaving ? [[name(''), name('g'), GLOBAL, VALUE_TYPES.i32, 1]] : []),
        ]),
      ),
      section(3, vec([[3]])),
      section(7, vec([[name('d'), FUNC, unsigned(CALLEE! + 1)]])),
      section(10, vec([body(result, whole)])),
    ]
  })
}

/**
 * The function that the caller is given for the callee's `core`. `mayLeave` is unset where nothing ever forbids the caller
 * to leave; `mayThrow` tells whether there are exceptions, which must not get from one component into another.
 */
export function directCall(
  core: CoreFunction,
  signature: DirectSignature,
  mayLeave: WebAssembly.Global | undefined,
  mayThrow: boolean,
): CoreFunction {
  const asIs = [...signature.params, signature.result].every(isWhole)
  if (asIs && mayLeave === undefined && !mayThrow) return core
  const module = adapter(signature, mayLeave !== undefined, mayThrow)
  const own: Record<string, WebAssembly.ImportValue> = {...FAILURES, f: core}
  if (mayLeave !== undefined) own['g'] = mayLeave
  return new WebAssembly.Instance(module, {'': own}).exports['d']
}

/** `mayLeave` of an instance, as adapters see it; WebAssembly.Global is slow to set from JavaScript. */
export const mayLeaveGlobal = (): WebAssembly.Global =>
  new WebAssembly.Global({value: 'i32', mutable: true}, 1)

/** The same function, with the global at 0 while it runs: a trap leaves it so, since nothing runs after one. */
export function closedCall(
  core: CoreFunction,
  signature: Signature,
  mayLeave: WebAssembly.Global,
): CoreFunction {
  const {params, result} = signature
  const module = compiled(`closed ${keyOf(signature)}`, () => [
    section(1, vec([funcType(params, result)])),
    section(
      2,
      vec([
        [name(''), name('f'), FUNC, 0],
        [name(''), name('g'), GLOBAL, VALUE_TYPES.i32, 1],
      ]),
    ),
    section(3, vec([[0]])),
    section(7, vec([[name('d'), FUNC, 1]])),
    section(
      10,
      vec([
        body(undefined, [
          [i32(0), 0x24, 0],
          [params.map((_, i) => localGet(i)), call(0)],
          [i32(1), 0x24, 0],
        ]),
      ]),
    ),
  ])
  return new WebAssembly.Instance(module, {'': {f: core, g: mayLeave}}).exports['d']
}
