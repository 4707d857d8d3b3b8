// engine/link/program-code.ts: an emitted program as code that runs, with what V8 compiled of it before.
//
// V8 compiles a function when it is first called, so that a first event pays for all that it calls.
import {Script} from 'node:vm'
import {checksum} from '../../base/checksum.ts'

/** What V8 has compiled of a program. `sum`: of the code, which V8 runs as it is; one other bit in it ends the process. */
export type CompiledProgram = Readonly<{source: string; code: Uint8Array; sum: number}>

/** Where V8's compiled code says with which flags it was compiled. Were it laid out another way, the code would be refused. */
const FLAG_HASH = {start: 12, end: 16} as const

export class ProgramCode {
  readonly #source: string
  readonly #script: Script
  /** Of the flags of now. Those that are set later change nothing of this code, but V8 compares. */
  readonly #flagHash: Uint8Array

  /** `known` is left alone where it is of another source, or of another V8, or not as it was. */
  constructor(source: string, known?: CompiledProgram) {
    this.#source = source
    this.#flagHash = flagHashOf(new Script('').createCachedData()).slice()
    const isGood = known?.source === source && known.sum === checksum(known.code)
    this.#script = new Script(source, isGood ? {cachedData: known.code} : {})
  }

  /** Whether what was known is of use. */
  get wasKnown(): boolean {
    return this.#script.cachedDataRejected === false
  }

  /** The value of the source, an expression. */
  run(): unknown {
    return this.#script.runInThisContext()
  }

  /** With all functions that have been called by now. */
  compiled(): CompiledProgram {
    const code = this.#script.createCachedData()
    flagHashOf(code).set(this.#flagHash)
    return {source: this.#source, code, sum: checksum(code)}
  }
}

const flagHashOf = (code: Uint8Array): Uint8Array => code.subarray(FLAG_HASH.start, FLAG_HASH.end)
