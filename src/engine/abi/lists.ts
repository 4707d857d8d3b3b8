// engine/abi/lists.ts: lists of numbers, which cross as typed arrays (CanonicalABI.md, load_list and store_list).
import type {GuestMemory} from './memory.ts'
import type {Allocate} from './strings.ts'
import {trap} from './trap.ts'
import {canonicalNan} from './values.ts'

export const MAX_LIST_BYTE_LENGTH = 2 ** 28 - 1
const MAX_REALLOC_BYTE_LENGTH = 2 ** 32 - 1

type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array

/** What a list of numbers crosses as, by the kind of its elements. */
export const NUMBER_ARRAYS = {
  u8: Uint8Array,
  s8: Int8Array,
  u16: Uint16Array,
  s16: Int16Array,
  u32: Uint32Array,
  s32: Int32Array,
  u64: BigUint64Array,
  s64: BigInt64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const

type NumberArrayClass = new (buffer: ArrayBufferLike, byteOffset?: number, length?: number) => NumberArray

/** The bytes of `count` elements. @throws TRAP_OUT_OF_BOUNDS */
export function listBytes(count: number, size: number): number {
  const bytes = count * size
  if (bytes > MAX_LIST_BYTE_LENGTH)
    trap('TRAP_OUT_OF_BOUNDS', `a list of ${bytes} bytes: list byte length exceeds maximum`)
  return bytes
}

/** The bytes to allocate for `count` elements; the ABI limits what is lifted only. @throws TRAP_OUT_OF_BOUNDS */
export function storedBytes(count: number, size: number): number {
  const bytes = count * size
  if (bytes > MAX_REALLOC_BYTE_LENGTH) trap('TRAP_TOO_MUCH', `a list of ${bytes} bytes`)
  return bytes
}

/** @throws TRAP_OUT_OF_BOUNDS, TRAP_MISALIGNED */
export function checkList(
  memory: GuestMemory,
  ptr: number,
  count: number,
  size: number,
  align: number,
): void {
  memory.checkAligned(ptr, listBytes(count, size), align)
}

/** A list of fixed length that the host gives must have it. @throws TRAP_BAD_VALUE */
export function checkLength(list: ArrayLike<unknown>, length: number): void {
  if (list.length !== length)
    trap('TRAP_BAD_VALUE', `the host gave ${list.length} elements for a list of exactly ${length}`)
}

export function loadBytes(memory: GuestMemory, ptr: number, length: number): Uint8Array {
  memory.check(ptr, listBytes(length, 1))
  memory.spend(length)
  return memory.u8.slice(ptr, ptr + length)
}

export function loadNumbers(
  memory: GuestMemory,
  array: NumberArrayClass,
  size: number,
  ptr: number,
  count: number,
): NumberArray {
  checkList(memory, ptr, count, size, size)
  memory.spend(count * size)
  return new array(memory.u8.buffer, ptr, count).slice()
}

export function loadFloats(
  memory: GuestMemory,
  array: NumberArrayClass,
  size: number,
  ptr: number,
  count: number,
): NumberArray {
  const floats = loadNumbers(memory, array, size, ptr, count) as Float64Array
  for (let i = 0; i < count; i++) floats[i] = canonicalNan(floats[i]!)
  return floats
}

export function storeBytes(memory: GuestMemory, allocate: Allocate, bytes: Uint8Array): number {
  const ptr = allocate(1, storedBytes(bytes.length, 1))
  memory.u8.set(bytes, ptr)
  return ptr
}

export function storeNumbers(
  memory: GuestMemory,
  allocate: Allocate,
  array: NumberArrayClass,
  size: number,
  numbers: ArrayLike<number> & ArrayLike<bigint>,
): number {
  const ptr = allocate(size, storedBytes(numbers.length, size))
  new array(memory.u8.buffer, ptr, numbers.length).set(numbers)
  return ptr
}

export function storeFloats(
  memory: GuestMemory,
  allocate: Allocate,
  array: NumberArrayClass,
  size: number,
  numbers: ArrayLike<number>,
): number {
  const ptr = allocate(size, storedBytes(numbers.length, size))
  const floats = new array(memory.u8.buffer, ptr, numbers.length)
  for (let i = 0; i < numbers.length; i++) floats[i] = canonicalNan(numbers[i]!)
  return ptr
}

/** A 64-bit pointer or length as an exact number; beyond 2^53 nothing can be in bounds. */
export const toIndex = (value: bigint): number => Number(value)
