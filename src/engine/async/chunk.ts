// engine/async/chunk.ts: elements on their way through a stream.
import {NUMBER_ARRAYS} from '../abi/number-arrays.ts'
import {trap} from '../abi/trap.ts'
import type {Type} from '../abi/types.ts'

/**
 * An array or typed array as in link/imports.ts, or, of a stream without an element type, their number alone. It may be
 * a view of memory: whoever keeps it makes a copy.
 */
export type Chunk = Readonly<{length: number}>

const ARRAYS: Readonly<Partial<Record<Type['kind'], NumberArrayClass>>> = NUMBER_ARRAYS

type NumberArrayClass = abstract new (...args: never[]) => Chunk

/** What the host gives as a chunk must be one; its elements are checked as they are stored. @throws TRAP_BAD_VALUE */
export function checkChunk(element: Type | undefined, value: unknown): Chunk {
  const due = element === undefined ? undefined : (ARRAYS[element.kind] ?? Array)
  if (due === undefined ? isCount(value) : due === Array ? Array.isArray(value) : value instanceof due)
    return value as Chunk
  return trap(
    'TRAP_BAD_VALUE',
    `the host gave ${named(value)} where a chunk of a stream is due: ${due === undefined ? '{length}' : `${due.name}`}`,
  )
}

function isCount(value: unknown): boolean {
  const length = typeof value === 'object' && value !== null ? (value as Chunk).length : undefined
  return Number.isSafeInteger(length) && length! >= 0
}

const named = (value: unknown): string =>
  typeof value === 'object' && value !== null
    ? `an object of class ${value.constructor?.name ?? 'Object'}`
    : `${typeof value}`

/** Elements `from` to `to`: a view of a typed array, a copy of an array. */
export function partOf(chunk: Chunk, from: number, to: number): Chunk {
  if (from === 0 && to === chunk.length) return chunk
  if (ArrayBuffer.isView(chunk)) return (chunk as unknown as Uint8Array).subarray(from, to)
  return Array.isArray(chunk) ? chunk.slice(from, to) : {length: to - from}
}

/** What stays as it is when guests run on; what is not the host's is a copy already. */
export function keptChunk(chunk: Chunk, ofHost: boolean): Chunk {
  if (ArrayBuffer.isView(chunk)) return ofHost ? Uint8Array.prototype.slice.call(chunk) : chunk
  return Array.isArray(chunk) ? chunk : Array.from({length: chunk.length}, () => undefined)
}
