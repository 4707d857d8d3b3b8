// engine/abi/values.ts: single values that need a check or a conversion on their way.
import {trap} from './trap.ts'

/** CanonicalABI.md, convert_i32_to_char. */
export function charFromCode(code: number): string {
  if (code >= 0x110000 || (code >= 0xd800 && code <= 0xdfff))
    trap('TRAP_BAD_VALUE', `${code} is not a Unicode scalar value: invalid char`)
  return String.fromCodePoint(code)
}

export function codeFromChar(char: string): number {
  const code = char.codePointAt(0)
  if (code === undefined || char.length !== (code > 0xffff ? 2 : 1) || (code >= 0xd800 && code <= 0xdfff))
    trap('TRAP_BAD_VALUE', 'the host gave a char that is not one Unicode scalar value')
  return code
}

/** CanonicalABI.md, canonicalize_nan: JavaScript's NaN, written to memory or passed on, is the canonical one. */
export const canonicalNan = (value: number): number => (Number.isNaN(value) ? Number.NaN : value)

const bits = new DataView(new ArrayBuffer(8))

export function f32FromBits(value: number): number {
  bits.setInt32(0, value)
  return canonicalNan(bits.getFloat32(0))
}

export function bitsFromF32(value: number): number {
  bits.setFloat32(0, value)
  return bits.getInt32(0)
}

export function f64FromBits(value: bigint): number {
  bits.setBigInt64(0, value)
  return canonicalNan(bits.getFloat64(0))
}

export function bitsFromF64(value: number): bigint {
  bits.setFloat64(0, value)
  return bits.getBigInt64(0)
}

export function badDiscriminant(index: number, count: number): never {
  trap('TRAP_BAD_VALUE', `case ${index} of a variant that has ${count}: invalid variant discriminant`)
}

/** The host gave a label that the type does not have. */
export function badLabel(label: unknown, labels: readonly string[]): never {
  trap(
    'TRAP_BAD_VALUE',
    `the host gave ${JSON.stringify(label) ?? 'undefined'} where one of ${labels.join(', ')} is due`,
  )
}
