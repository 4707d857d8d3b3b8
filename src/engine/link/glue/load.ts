// engine/link/glue/load.ts: emits code that lifts values out of a guest (CanonicalABI.md, Loading and Flat Lifting).
import {type FlatType, flattenType} from '../../abi/flatten.ts'
import {discriminantSize, flagsSize, layoutOf, recordLayout, variantLayout} from '../../abi/layout.ts'
import {elementsOf, type Resource, type Type} from '../../abi/types.ts'
import {type Border, toPointer} from './border.ts'
import {emittedCases} from './cases.ts'
import {memberNames, quote} from './names.ts'
import type {Source} from './source.ts'
import {typeId} from './type-id.ts'

/** Element types whose lists travel as typed arrays, with the array's class and its elements' bytes. */
export const TYPED_ARRAYS: Readonly<Partial<Record<Type['kind'], readonly [string, number]>>> = {
  u8: ['Uint8Array', 1],
  s8: ['Int8Array', 1],
  u16: ['Uint16Array', 2],
  s16: ['Int16Array', 2],
  u32: ['Uint32Array', 4],
  s32: ['Int32Array', 4],
  u64: ['BigUint64Array', 8],
  s64: ['BigInt64Array', 8],
  f32: ['Float32Array', 4],
  f64: ['Float64Array', 8],
}

/** About what an element takes in JavaScript's heap: its slot and its object, and slots for its parts. */
const elementCost = (size: number): number => 32 + 4 * size

const at = (ptr: string, offset: number): string => (offset === 0 ? ptr : `${ptr}+${offset}`)

/** An unsigned integer of 1, 2 or 4 bytes. */
function loadUint(border: Border, size: number, ptr: string): string {
  if (size === 1) return `${border.memory}.u8[${ptr}]`
  return size === 2
    ? `${border.memory}.view.getUint16(${ptr},true)`
    : `${border.memory}.view.getUint32(${ptr},true)`
}

/** A pointer or length in memory, as a number. */
function loadWord(border: Border, ptr: string): string {
  return border.ptr === 'i32'
    ? `${border.memory}.view.getUint32(${ptr},true)`
    : `toIndex(${border.memory}.view.getBigUint64(${ptr},true))`
}

/** The second word of a string in memory. */
const loadTagged = (border: Border, ptr: string): string =>
  border.ptr === 'i64' && border.encoding === 'latin1+utf16'
    ? `narrowTag(${border.memory}.view.getBigUint64(${ptr},true))`
    : loadWord(border, ptr)

/** An expression for the value at `ptr`, which is itself an expression without side effects. */
export function loadExpr(source: Source, border: Border, type: Type, ptr: string): string {
  source.part()
  const m = border.memory
  const word = border.ptr === 'i32' ? 4 : 8
  switch (type.kind) {
    case 'bool':
      return `(${m}.u8[${ptr}]!==0)`
    case 'u8':
      return `${m}.u8[${ptr}]`
    case 's8':
      return `${m}.view.getInt8(${ptr})`
    case 'u16':
      return `${m}.view.getUint16(${ptr},true)`
    case 's16':
      return `${m}.view.getInt16(${ptr},true)`
    case 'u32':
      return `${m}.view.getUint32(${ptr},true)`
    case 's32':
      return `${m}.view.getInt32(${ptr},true)`
    case 'u64':
      return `${m}.view.getBigUint64(${ptr},true)`
    case 's64':
      return `${m}.view.getBigInt64(${ptr},true)`
    case 'f32':
      return `canonicalNan(${m}.view.getFloat32(${ptr},true))`
    case 'f64':
      return `canonicalNan(${m}.view.getFloat64(${ptr},true))`
    case 'char':
      return `charFromCode(${m}.view.getUint32(${ptr},true))`
    case 'string':
      return stringExpr(border, loadWord(border, ptr), loadTagged(border, at(ptr, word)))
    case 'own':
    case 'borrow':
      return handleExpr(source, border, type, `${m}.view.getUint32(${ptr},true)`)
    case 'map':
      return listExpr(source, border, type.entry, loadWord(border, ptr), loadWord(border, at(ptr, word)))
    case 'list':
      if (type.length === undefined)
        return listExpr(source, border, type.element, loadWord(border, ptr), loadWord(border, at(ptr, word)))
      return fixedListExpr(source, border, type.element, ptr, type.length)
    case 'enum':
      return enumExpr(source, type, loadUint(border, discriminantSize(type.labels.length), ptr))
    case 'flags':
      return flagsExpr(type, loadUint(border, flagsSize(type.labels.length), ptr), source)
    case 'error-context':
    case 'stream':
    case 'future':
      return asyncExpr(source, border, type, `${m}.view.getUint32(${ptr},true)`)
    default:
      return `${loadHelper(source, border, type)}(${ptr})`
  }
}

function stringExpr(border: Border, ptr: string, length: string): string {
  return `${LOAD_STRING[border.encoding]}(${border.memory},${ptr},${length})`
}

const LOAD_STRING = {utf8: 'loadUtf8', utf16: 'loadUtf16', 'latin1+utf16': 'loadLatin1OrUtf16'} as const

function handleExpr(
  source: Source,
  border: Border,
  type: Readonly<{kind: 'own' | 'borrow'; resource: Resource}>,
  index: string,
): string {
  const resource = source.constant(type.resource, 'R')
  const take =
    type.kind === 'own'
      ? `${border.handles}.takeOwn(${resource},${index})`
      : border.lends
        ? `${border.handles}.lend(${resource},${index},lenders)`
        : `${border.handles}.borrow(${resource},${index})`
  return border.host && type.resource.instance !== undefined
    ? `runtime.guestResource(${resource},${take},${type.kind === 'own'})`
    : take
}

/** A stream, a future or an error context, which leaves the instance or is shared. */
function asyncExpr(source: Source, border: Border, type: Type, index: string): string {
  const instance = `I${border.instance}`
  if (type.kind !== 'stream' && type.kind !== 'future') return `errorContextAt(${instance},${index})`
  const side = `liftSide(${instance},${copyType(source, type)},${index})`
  return border.host ? `toHost(scheduler,${side})` : side
}

/** Names a stream or future type whose element is the same object for equal types. */
export function copyType(source: Source, type: Type & {kind: 'stream' | 'future'}): string {
  return source.constant(source.type(type), 'T')
}

function enumExpr(source: Source, type: Type & {kind: 'enum'}, index: string): string {
  const labels = source.constant(type.labels, 'labels')
  const helper = source.helper(
    `enum:${typeId(type)}`,
    'enum_',
    name => `const ${name}=i=>${labels}[i]??badDiscriminant(i,${type.labels.length});`,
  )
  return `${helper}(${index})`
}

function flagsExpr(type: Type & {kind: 'flags'}, bits: string, source: Source): string {
  const fields = memberNames(type.labels).map((name, i) => `${quote(name)}:(b>>>${i}&1)!==0`)
  const helper = source.helper(
    `flags:${typeId(type)}`,
    'flags_',
    name => `const ${name}=b=>({${fields.join(',')}});`,
  )
  return `${helper}(${bits})`
}

export function listExpr(source: Source, border: Border, element: Type, ptr: string, length: string): string {
  const typed = TYPED_ARRAYS[element.kind]
  if (typed !== undefined) {
    if (element.kind === 'u8') return `loadBytes(${border.memory},${ptr},${length})`
    const load = element.kind === 'f32' || element.kind === 'f64' ? 'loadFloats' : 'loadNumbers'
    return `${load}(${border.memory},${typed[0]},${typed[1]},${ptr},${length})`
  }
  const {size, align} = layoutOf(element, border.ptr)
  const elements = elementsHelper(source, border, element)
  const helper = source.helper(
    `list:${border.key}:${typeId(element)}`,
    'loadList_',
    name =>
      `const ${name}=(p,n)=>{checkList(${border.memory},p,n,${size},${align});${border.memory}.spend(n*${elementCost(size)});return ${elements}(p,n)};`,
  )
  return `${helper}(${ptr},${length})`
}

/** A list of fixed length lies in place, within a range that is known to be valid. */
function fixedListExpr(source: Source, border: Border, element: Type, ptr: string, length: number): string {
  const cost = length * elementCost(layoutOf(element, border.ptr).size)
  return TYPED_ARRAYS[element.kind] === undefined
    ? `(${border.memory}.spend(${cost}),${elementsHelper(source, border, element)}(${ptr},${length}))`
    : listExpr(source, border, element, ptr, String(length))
}

/** (ptr, count) → array, for a range that is known to be valid. */
function elementsHelper(source: Source, border: Border, element: Type): string {
  const {size} = layoutOf(element, border.ptr)
  return source.helper(`elements:${border.key}:${typeId(element)}`, 'loadElements_', name => {
    const value = loadExpr(source, border, element, 'q')
    return `const ${name}=(p,n)=>{const a=new Array(n);for(let i=0,q=p;i<n;i++,q+=${size})a[i]=${value};return a};`
  })
}

/** ptr → value, for compound types. */
function loadHelper(source: Source, border: Border, type: Type): string {
  return source.helper(`load:${border.key}:${typeId(type)}`, 'load_', name => {
    const elements = elementsOf(type)
    if (elements !== undefined) {
      const {offsets} = recordLayout(elements, border.ptr)
      const values = elements.map((element, i) => loadExpr(source, border, element, at('p', offsets[i]!)))
      return `const ${name}=p=>(${composite(type, values)});`
    }
    const cases = emittedCases(type)
    const {discriminant, payload} = variantLayout(
      cases.map(each => each.type),
      border.ptr,
    )
    const branches = cases.map((each, i) => {
      const value = each.type && loadExpr(source, border, each.type, at('p', payload))
      return `case ${i}:return ${each.make(value)};`
    })
    const index = loadUint(border, discriminant, 'p')
    return `const ${name}=p=>{switch(${index}){${branches.join('')}default:return badDiscriminant(${index},${cases.length})}};`
  })
}

function composite(type: Type, values: readonly string[]): string {
  if (type.kind !== 'record') return `[${values.join(',')}]`
  const names = memberNames(type.fields.map(field => field.label))
  return `{${names.map((name, i) => `${quote(name)}:${values[i]}`).join(',')}}`
}

// Flat lifting

/** An expression for the value that starts at `flat[0]`; takes what it uses from the front of `flat`. */
export function liftFlat(source: Source, border: Border, type: Type, flat: string[]): string {
  source.part()
  const next = () => flat.shift()!
  const word = () => toPointer(border.ptr, next())
  const tagged = () =>
    border.ptr === 'i64' && border.encoding === 'latin1+utf16' ? `narrowTag(${next()})` : word()
  switch (type.kind) {
    case 'bool':
      return `(${next()}!==0)`
    case 'u8':
      return `(${next()}&255)`
    case 's8':
      return `(${next()}<<24>>24)`
    case 'u16':
      return `(${next()}&65535)`
    case 's16':
      return `(${next()}<<16>>16)`
    case 'u32':
      return `(${next()}>>>0)`
    case 's32':
    case 's64':
      return next()
    case 'u64':
      return `BigInt.asUintN(64,${next()})`
    case 'f32':
    case 'f64':
      return `canonicalNan(${next()})`
    case 'char':
      return `charFromCode(${next()}>>>0)`
    case 'string':
      return stringExpr(border, word(), tagged())
    case 'own':
    case 'borrow':
      return handleExpr(source, border, type, `${next()}>>>0`)
    case 'map':
      return listExpr(source, border, type.entry, word(), word())
    case 'list': {
      if (type.length === undefined) return listExpr(source, border, type.element, word(), word())
      const items = Array.from({length: type.length}, () => liftFlat(source, border, type.element, flat))
      const typed = TYPED_ARRAYS[type.element.kind]
      return typed === undefined ? `[${items.join(',')}]` : `${typed[0]}.of(${items.join(',')})`
    }
    case 'enum':
      return enumExpr(source, type, `${next()}>>>0`)
    case 'flags':
      return flagsExpr(type, next(), source)
    case 'record':
    case 'tuple':
      return `(${composite(
        type,
        elementsOf(type)!.map(element => liftFlat(source, border, element, flat)),
      )})`
    case 'variant':
    case 'option':
    case 'result':
      return liftFlatVariant(source, border, type, flat)
    case 'error-context':
    case 'stream':
    case 'future':
      return asyncExpr(source, border, type, `${next()}>>>0`)
    default:
      throw new Error('every type has a flat form')
  }
}

function liftFlatVariant(source: Source, border: Border, type: Type, flat: string[]): string {
  const have = flattenType(type, border.ptr)
  const args = flat.splice(0, have.length)
  const helper = source.helper(`lift:${border.key}:${typeId(type)}`, 'lift_', name => {
    const params = have.map((_, i) => `f${i}`)
    const branches = emittedCases(type).map((each, i) => {
      if (each.type === undefined) return `case ${i}:return ${each.make(undefined)};`
      const coerced = flattenType(each.type, border.ptr).map((want, k) =>
        coerceFrom(have[k + 1]!, want, `f${k + 1}`),
      )
      return `case ${i}:return ${each.make(liftFlat(source, border, each.type, coerced))};`
    })
    return `const ${name}=(${params.join(',')})=>{switch(f0){${branches.join('')}default:return badDiscriminant(f0>>>0,${branches.length})}};`
  })
  return `${helper}(${args.join(',')})`
}

/** CanonicalABI.md, lift_flat_variant: what a joined core value means to one case. */
function coerceFrom(have: FlatType, want: FlatType, value: string): string {
  if (have === want) return value
  if (have === 'i32') return `f32FromBits(${value})`
  if (want === 'i32') return `Number(BigInt.asIntN(32,${value}))`
  if (want === 'f32') return `f32FromBits(Number(BigInt.asIntN(32,${value})))`
  return `f64FromBits(${value})`
}
