// engine/link/async-types.ts: whether the type of a function calls for the asynchronous ABI.
import {contains, type FuncType} from '../abi/types.ts'

const KINDS = ['stream', 'future', 'error-context'] as const

/** A component without a single asynchronous option may still call what waits, or pass on what others made. */
export const isAsync = ({async, params, result}: FuncType): boolean =>
  async || KINDS.some(kind => contains(result, kind) || params.some(({type}) => contains(type, kind)))
