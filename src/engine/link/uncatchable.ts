// engine/link/uncatchable.ts: errors of the host that guests cannot catch.
//
// Core code may catch whatever JavaScript throws with catch_all; only V8's own traps pass it by. A guest that caught a
// trap of the canonical ABI, or the end of its event, would run on where nobody expects it to. So whatever crosses into
// core code is put on an error object that a real trap made: V8 marks the object, not its class.

/** (module (func (export "") unreachable)) */
const TRAPPING = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
  ...[1, 4, 1, 0x60, 0, 0],
  ...[3, 2, 1, 0],
  ...[7, 4, 1, 0, 0, 0],
  ...[10, 5, 1, 3, 0, 0, 0x0b],
])
let unreachable: (() => never) | undefined

function trapped(): Error {
  unreachable ??= new WebAssembly.Instance(new WebAssembly.Module(TRAPPING)).exports[''] as () => never
  try {
    return unreachable()
  } catch (error) {
    return error as Error
  }
}

/** An error that looks like `thrown` (a copy, so not the same object), its class and properties included, and that ends all core code it passes. */
export function uncatchable(thrown: unknown): Error {
  const error = typeof thrown === 'object' && thrown !== null ? thrown : new Error(String(thrown))
  const carrier = trapped()
  Reflect.deleteProperty(carrier, 'message')
  Object.setPrototypeOf(carrier, Object.getPrototypeOf(error))
  Object.defineProperties(carrier, Object.getOwnPropertyDescriptors(error))
  // V8's `stack` is an accessor that shows where its own object was made.
  if (error instanceof Error)
    Object.defineProperty(carrier, 'stack', {value: error.stack, writable: true, configurable: true})
  return carrier
}
