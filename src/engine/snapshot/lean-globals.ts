// engine/snapshot/lean-globals.ts: the mutable globals of a module that is made lean.
import type {CoreModule} from '../core/module.ts'
import {importedCount} from '../core/module-decode.ts'
import {Reader} from '../core/reader.ts'

/** A mutable global that the module defines. `initial` is set where a plain integer constant starts it. */
export type StateGlobal = Readonly<{index: number; type: string; initial: number | bigint | undefined}>

export function stateGlobals(module: CoreModule): StateGlobal[] {
  const globals: StateGlobal[] = []
  for (let index = importedCount(module, 'global'); index < module.globals.length; index++) {
    const {type, mutable, init} = module.globals[index]!
    if (mutable) globals.push({index, type, initial: integerConstant(type, init!)})
  }
  return globals
}

function integerConstant(type: string, init: Uint8Array): number | bigint | undefined {
  const reader = new Reader(init)
  const opcode = reader.byte()
  if (type === 'i32' && opcode === 0x41) {
    const value = Number(reader.signed(32))
    return reader.byte() === 0x0b ? value : undefined
  }
  if (type === 'i64' && opcode === 0x42) {
    const value = reader.signed(64)
    return reader.byte() === 0x0b ? value : undefined
  }
  return undefined
}

/**
 * JavaScript does not keep the payload of a NaN, so the value of a global of floating point crosses as an integer.
 * Opcodes of the integer's type, of the reinterpretation to it and of the one back.
 */
export const BITS: Readonly<Record<string, Readonly<{type: number; toBits: number; fromBits: number}>>> = {
  f32: {type: 0x7f, toBits: 0xbc, fromBits: 0xbe},
  f64: {type: 0x7e, toBits: 0xbd, fromBits: 0xbf},
}

/** JavaScript can neither read nor set globals of these types. */
export const isOpaqueToHost = (type: string): boolean => /v128|exn/.test(type)
