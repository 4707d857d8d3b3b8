// engine/link/async-types.ts: whether the types of functions call for the asynchronous ABI.
import {contains, type FuncType, type Type} from '../abi/types.ts'

const KINDS = ['stream', 'future', 'error-context'] as const

/** Of one component: its types share parts, and each is looked at once. */
export class AsyncTypes {
  readonly #without = KINDS.map(kind => ({kind, seen: new Set<Type>()}))

  /** A component without a single asynchronous option may still call what waits, or pass on what others made. */
  has({async, params, result}: FuncType): boolean {
    const types = [...params.map(param => param.type), result]
    return async || this.#without.some(({kind, seen}) => types.some(type => contains(type, kind, seen)))
  }
}
