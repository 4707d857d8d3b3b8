// engine/link/glue/border.ts: where values cross between a guest's memory and JavaScript.
import type {PtrType} from '../../abi/layout.ts'
import type {StringEncoding} from '../../component/component.ts'

/** One side of a call as emitted code sees it: names of variables in the emitted source. */
export type Border = Readonly<{
  /** Tells borders apart, so that helpers are emitted once for each. */
  key: string
  /** The GuestMemory; unset when no value needs it. */
  memory: string | undefined
  ptr: PtrType
  encoding: StringEncoding
  /** The function (align, byteLength) → pointer; unset when nothing is stored. */
  allocate: string | undefined
  /** The instance's HandleTable. */
  handles: string
  instance: number
  /** Whether the other side is the host: then a guest's resources travel as GuestResource, else as their rep. */
  host: boolean
  /** Whether lifted borrows are counted: only a call that also moves handles away could drop a lender. */
  lends: boolean
}>

/** An expression for the pointer or length that core code gave as `value`: an exact number where it can be in bounds. */
export const toPointer = (ptr: PtrType, value: string): string =>
  ptr === 'i32' ? `${value}>>>0` : `toIndex(BigInt.asUintN(64,${value}))`
