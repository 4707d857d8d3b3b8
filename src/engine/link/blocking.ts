// engine/link/blocking.ts: calls into guests that may wait. A promise is all that JSPI gives for such a call, even when the
// guest never waited; a small wasm function around the guest's tells at once, so that the usual call costs no turn.
import type {FlatType} from '../abi/flatten.ts'
import type {Guard} from './guard.ts'

/** One guest function. After `call`: `done` means that it has returned, with `result`; else the promise tells. */
export type BlockingCall = {
  readonly call: (...args: unknown[]) => Promise<unknown>
  done: boolean
  result: unknown
}

const VALUE_TYPES = {i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c} as const
const modules = new Map<string, WebAssembly.Module>()

const section = (id: number, ...content: number[]): number[] => [id, content.length, ...content]

/** (func (params) (result)): calls import f, then tells import `left` the result, then returns it. */
function wrapperModule(params: readonly FlatType[], result: FlatType | undefined): WebAssembly.Module {
  const key = `${params.join()}:${result ?? ''}`
  let module = modules.get(key)
  if (module === undefined) {
    const results = result === undefined ? [] : [VALUE_TYPES[result]]
    const body = [
      ...(result === undefined ? [0] : [1, 1, VALUE_TYPES[result]]),
      ...params.flatMap((_, i) => [0x20, i]),
      ...[0x10, 0],
      ...(result === undefined ? [0x10, 1] : [0x22, params.length, 0x10, 1, 0x20, params.length]),
      0x0b,
    ]
    const bytes = [
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(
        1,
        2,
        ...[0x60, params.length, ...params.map(type => VALUE_TYPES[type]), results.length, ...results],
        ...[0x60, results.length, ...results, 0],
      ),
      ...section(2, 2, ...[0, 1, 0x66, 0, 0], ...[0, 1, 0x6c, 0, 1]),
      ...section(3, 1, 0),
      ...section(7, 1, 1, 0x67, 0, 2),
      ...section(10, 1, body.length, ...body),
    ]
    module = new WebAssembly.Module(Uint8Array.from(bytes))
    modules.set(key, module)
  }
  return module
}

export function blockingCall(
  guard: Guard,
  func: (...args: never[]) => unknown,
  params: readonly FlatType[],
  result: FlatType | undefined,
): BlockingCall {
  const left = (value: unknown): void => {
    guard.leave()
    call.done = true
    call.result = value
  }
  const instance = new WebAssembly.Instance(wrapperModule(params, result), {'': {f: func, l: left}})
  const call: BlockingCall = {
    call: WebAssembly.promising(instance.exports['g']),
    done: false,
    result: undefined,
  }
  return call
}
