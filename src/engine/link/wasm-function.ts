// engine/link/wasm-function.ts: a function of ours as one of WebAssembly, which tables take.
import {name} from '../core/writer.ts'
import {compiled, FUNC, funcType, keyOf, type Signature, section, vec} from './module-code.ts'

/** (module (import "" "f" (func (params) (result))) (export "f" (func 0))) */
export function wasmFunction(
  call: (...args: never[]) => unknown,
  signature: Signature,
): (...args: never[]) => unknown {
  const module = compiled(`wasm ${keyOf(signature)}`, () => [
    section(1, vec([funcType(signature.params, signature.result)])),
    section(2, vec([[name(''), name('f'), FUNC, 0]])),
    section(7, vec([[name('f'), FUNC, 0]])),
  ])
  return new WebAssembly.Instance(module, {'': {f: call}}).exports['f'] as (...args: never[]) => unknown
}
