// engine/abi/lists.ts: lists of numbers, which cross as typed arrays (CanonicalABI.md, load_list and store_list).
import type {GuestMemory} from './memory.ts'
import type {NumberArray, NumberArrayClass} from './number-arrays.ts'
import type {Allocate} from './strings.ts'
import {trap} from './trap.ts'
import {canonicalNan} from './values.ts'

export const MAX_LIST_BYTE_LENGTH = 2 ** 28 - 1
const MAX_REALLOC_BYTE_LENGTH = 2 ** 32 - 1
/** So many numbers are written one by one before a call of V8's runtime would be done. */
const SHORT = 16

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
  const at = ptr / size
  return memory.numbers(array).slice(at, at + count)
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
  writeNumbers(memory, array, size, ptr, numbers)
  return ptr
}

/** Into a range that is known to be valid. */
export function writeNumbers(
  memory: GuestMemory,
  array: NumberArrayClass,
  size: number,
  ptr: number,
  numbers: ArrayLike<number> & ArrayLike<bigint>,
): void {
  const into = memory.numbers(array)
  const at = ptr / size
  if (numbers.length > SHORT) into.set(numbers, at)
  else for (let i = 0; i < numbers.length; i++) into[at + i] = numbers[i]!
}

export function storeFloats(
  memory: GuestMemory,
  allocate: Allocate,
  array: NumberArrayClass,
  size: number,
  numbers: ArrayLike<number>,
): number {
  const ptr = allocate(size, storedBytes(numbers.length, size))
  const floats = memory.numbers(array)
  const at = ptr / size
  for (let i = 0; i < numbers.length; i++) floats[at + i] = canonicalNan(numbers[i]!)
  return ptr
}

/** A 64-bit pointer or length as an exact number; beyond 2^53 nothing can be in bounds. */
export const toIndex = (value: bigint): number => Number(value)
