// engine/abi/number-arrays.ts: what lists of numbers cross as.

export type NumberArray =
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

export type NumberArrayClass = new (
  buffer: ArrayBufferLike,
  byteOffset?: number,
  length?: number,
) => NumberArray

/** By the kind of the elements. */
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
