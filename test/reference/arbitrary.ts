// test/reference/arbitrary.ts: random types, and random values of them.
import fc from 'fast-check'
import type {Prim, Type} from './type.ts'

const PRIMS: readonly Prim[] = [
  ...([
    'bool',
    's8',
    'u8',
    's16',
    'u16',
    's32',
    'u32',
    's64',
    'u64',
    'f32',
    'f64',
    'char',
    'string',
  ] as const),
]
const KEYS: readonly Prim[] = ['bool', 's8', 'u8', 's16', 'u16', 's32', 'u32', 's64', 'u64', 'char', 'string']
/** Among them what every JavaScript object inherits. */
const LABELS = [
  'a',
  'b',
  'c-d',
  'to-string',
  'value-of',
  'constructor',
  'length',
  'then',
  'tag',
  'val',
  'x1-y2',
]

const labels = (min: number, max: number): fc.Arbitrary<string[]> =>
  fc.oneof(
    {weight: 8, arbitrary: fc.uniqueArray(fc.constantFrom(...LABELS), {minLength: min, maxLength: max})},
    {
      weight: 1,
      arbitrary: fc.integer({min, max: max * 4}).map(n => Array.from({length: n}, (_, i) => `l${i}`)),
    },
  )

const prim: fc.Arbitrary<Type> = fc.constantFrom(...PRIMS).map(kind => ({kind}))

/** Types to some depth; with `handle`, handles of that kind occur in them. */
export function types(handle: 'own' | 'borrow' | undefined, depth = 3): fc.Arbitrary<Type> {
  const leaf: fc.Arbitrary<Type> = fc.oneof(
    {weight: 6, arbitrary: prim},
    {weight: 1, arbitrary: labels(1, 8).map(each => ({kind: 'flags' as const, labels: each.slice(0, 32)}))},
    {weight: 1, arbitrary: labels(1, 8).map(each => ({kind: 'enum' as const, labels: each}))},
    {weight: 1, arbitrary: fc.constantFrom(255, 256, 257, 300).map(many)},
    ...(handle === undefined ? [] : [{weight: 3, arbitrary: fc.constant<Type>({kind: handle})}]),
  )
  if (depth === 0) return leaf
  const inner = types(handle, depth - 1)
  const maybe = fc.option(inner, {nil: undefined})
  return fc.oneof(
    {weight: 4, arbitrary: leaf},
    {weight: 2, arbitrary: inner.map(of => ({kind: 'list' as const, of, length: undefined}))},
    {weight: 1, arbitrary: fc.tuple(inner, fc.integer({min: 1, max: 5})).map(fixedList)},
    {weight: 2, arbitrary: labels(1, 5).chain(each => fc.tuple(...each.map(() => inner)).map(record(each)))},
    {weight: 1, arbitrary: fc.array(inner, {minLength: 1, maxLength: 5}).map(tuple)},
    {weight: 3, arbitrary: labels(1, 4).chain(each => fc.tuple(...each.map(() => maybe)).map(variant(each)))},
    {weight: 2, arbitrary: inner.map(of => ({kind: 'option' as const, of}))},
    {weight: 2, arbitrary: fc.tuple(maybe, maybe).map(([ok, err]) => ({kind: 'result' as const, ok, err}))},
    {weight: 1, arbitrary: fc.tuple(fc.constantFrom(...KEYS), inner).map(map)},
  )
}

const many = (count: number): Type => ({
  kind: 'enum',
  labels: Array.from({length: count}, (_, i) => `l${i}`),
})
const fixedList = ([of, length]: [Type, number]): Type => ({kind: 'list', of, length})
const tuple = (of: Type[]): Type => ({kind: 'tuple', of})
const record =
  (names: string[]) =>
  (each: Type[]): Type => ({kind: 'record', fields: names.map((name, i) => [name, each[i]!])})
const variant =
  (names: string[]) =>
  (each: (Type | undefined)[]): Type => ({kind: 'variant', cases: names.map((name, i) => [name, each[i]])})
const map = ([key, value]: [Prim, Type]): Type => ({kind: 'map', key: {kind: key}, value})

/** A resource of the host's, in values. */
export class Handle {
  static #count = 0
  readonly id = Handle.#count++
}

const latin1 = fc.integer({min: 0, max: 255}).map(code => String.fromCharCode(code))
const strings = fc.oneof(
  fc.string({unit: 'binary-ascii', maxLength: 40}),
  fc.string({unit: 'binary', maxLength: 20}),
  fc.string({unit: latin1, maxLength: 20}),
)
/** The name of a field or flag in JavaScript. */
export const camel = (label: string): string =>
  label.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

const int = (bits: number, signed: boolean) =>
  fc.integer({min: signed ? -(2 ** (bits - 1)) : 0, max: 2 ** (signed ? bits - 1 : bits) - 1})

const SCALARS: Readonly<Record<Exclude<Prim, 'string'>, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  s8: int(8, true),
  u8: int(8, false),
  s16: int(16, true),
  u16: int(16, false),
  s32: int(32, true),
  u32: int(32, false),
  s64: fc.bigInt({min: -(2n ** 63n), max: 2n ** 63n - 1n}),
  u64: fc.bigInt({min: 0n, max: 2n ** 64n - 1n}),
  f32: fc.float(),
  f64: fc.double(),
  char: fc.string({unit: 'binary', minLength: 1, maxLength: 1}),
}

/** What lists of numbers cross as. */
export const ARRAYS: Readonly<Record<string, {from(items: any): unknown}>> = {
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
}

/** Values as they cross the engine's border, src/engine/link/imports.ts. */
export function values(type: Type): fc.Arbitrary<any> {
  const payload = (each: Type | undefined) => (each === undefined ? fc.constant(undefined) : values(each))
  switch (type.kind) {
    case 'string':
      return strings
    case 'own':
    case 'borrow':
      return fc.constant(undefined).map(() => new Handle())
    case 'list': {
      const {of, length} = type
      const bounds = length === undefined ? {maxLength: 4} : {minLength: length, maxLength: length}
      return fc.array(values(of), bounds).map(items => ARRAYS[of.kind]?.from(items) ?? items)
    }
    case 'record':
      return fc
        .tuple(...type.fields.map(([, each]) => values(each)))
        .map(each => Object.fromEntries(type.fields.map(([label], i) => [camel(label), each[i]])))
    case 'tuple':
      return fc.tuple(...type.of.map(values))
    case 'enum':
      return fc.constantFrom(...type.labels)
    case 'flags':
      return fc
        .tuple(...type.labels.map(() => fc.boolean()))
        .map(each => Object.fromEntries(type.labels.map((label, i) => [camel(label), each[i]])))
    case 'variant':
      return fc.oneof(
        ...type.cases.map(([tag, each]) =>
          each === undefined ? fc.constant({tag}) : values(each).map(val => ({tag, val})),
        ),
      )
    case 'option':
      if (type.of.kind === 'option')
        return fc.oneof(
          fc.constant({tag: 'none'}),
          values(type.of).map(val => ({tag: 'some', val})),
        )
      return fc.oneof(fc.constant(undefined), values(type.of))
    case 'result':
      return fc.oneof(
        payload(type.ok).map(val => ({tag: 'ok', val})),
        payload(type.err).map(val => ({tag: 'err', val})),
      )
    case 'map':
      return fc.array(fc.tuple(values(type.key), values(type.value)), {maxLength: 3})
    default:
      return SCALARS[type.kind]
  }
}

/** The value with its handles replaced, in the order in which they are lowered. */
export function replaceHandles(value: any, replace: (handle: Handle) => unknown): any {
  if (value instanceof Handle) return replace(value)
  if (Array.isArray(value)) return value.map(each => replaceHandles(each, replace))
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, replaceHandles(each, replace)]))
}
