// engine/link/glue/store.ts: emits code that lowers values into a guest (CanonicalABI.md, Storing and Flat Lowering).
import {type FlatType, flattenType} from '../../abi/flatten.ts'
import {discriminantSize, flagsSize, layoutOf, recordLayout, variantLayout} from '../../abi/layout.ts'
import {casesOf, elementsOf, type Resource, type Type} from '../../abi/types.ts'
import type {Border} from './border.ts'
import {type EmittedCase, emittedCases} from './cases.ts'
import {copyType, TYPED_ARRAYS} from './load.ts'
import {memberExpr, memberNames} from './names.ts'
import type {Source} from './source.ts'
import {typeId} from './type-id.ts'

const at = (ptr: string, offset: number): string => (offset === 0 ? ptr : `${ptr}+${offset}`)

function storeUint(border: Border, size: number, ptr: string, value: string): string {
  if (size === 1) return `${border.memory}.u8[${ptr}]=${value};`
  return size === 2
    ? `${border.memory}.view.setUint16(${ptr},${value},true);`
    : `${border.memory}.view.setUint32(${ptr},${value},true);`
}

function storeWord(border: Border, ptr: string, value: string): string {
  return border.ptr === 'i32'
    ? `${border.memory}.view.setUint32(${ptr},${value},true);`
    : `${border.memory}.view.setBigUint64(${ptr},BigInt(${value}),true);`
}

const isTagged64 = (border: Border): boolean => border.ptr === 'i64' && border.encoding === 'latin1+utf16'

/** The second word of a string. */
const storeTagged = (border: Border, ptr: string, value: string): string =>
  isTagged64(border)
    ? `${border.memory}.view.setBigUint64(${ptr},widenTag(${value}),true);`
    : storeWord(border, ptr, value)

const STORE_STRING = {utf8: 'storeUtf8', utf16: 'storeUtf16', 'latin1+utf16': 'storeLatin1OrUtf16'} as const

/** Statements that store `value` (a name, or an expression that may be evaluated once) at `ptr` (a name or a sum). */
export function storeStatement(
  source: Source,
  border: Border,
  type: Type,
  ptr: string,
  value: string,
): string {
  source.part()
  const m = border.memory
  const word = border.ptr === 'i32' ? 4 : 8
  switch (type.kind) {
    case 'bool':
      return `${m}.u8[${ptr}]=${value}?1:0;`
    case 'u8':
    case 's8':
      return `${m}.u8[${ptr}]=${value};`
    case 'u16':
    case 's16':
      return `${m}.view.setUint16(${ptr},${value},true);`
    case 'u32':
    case 's32':
      return `${m}.view.setUint32(${ptr},${value},true);`
    case 'u64':
    case 's64':
      return `${m}.view.setBigUint64(${ptr},${value},true);`
    case 'f32':
      return `${m}.view.setFloat32(${ptr},canonicalNan(${value}),true);`
    case 'f64':
      return `${m}.view.setFloat64(${ptr},canonicalNan(${value}),true);`
    case 'char':
      return `${m}.view.setUint32(${ptr},codeFromChar(${value}),true);`
    case 'string': {
      const start = source.name('s')
      return (
        `const ${start}=${STORE_STRING[border.encoding]}(${m},${border.allocate},${value});` +
        storeWord(border, ptr, start) +
        storeTagged(border, at(ptr, word), `${m}.storedLength`)
      )
    }
    case 'own':
    case 'borrow':
      return `${m}.view.setUint32(${ptr},${handleExpr(source, border, type, value)},true);`
    case 'map':
      return storeListStatement(source, border, type.entry, ptr, `[...${value}]`)
    case 'list': {
      if (type.length === undefined) return storeListStatement(source, border, type.element, ptr, value)
      const list = source.name('v')
      return `const ${list}=${value};checkLength(${list},${type.length});${elementsHelper(source, border, type.element)}(${ptr},${list});`
    }
    case 'enum':
      return storeUint(border, discriminantSize(type.labels.length), ptr, enumExpr(source, type, value))
    case 'flags':
      return storeUint(border, flagsSize(type.labels.length), ptr, flagsExpr(source, type, value))
    case 'error-context':
    case 'stream':
    case 'future':
      return `${m}.view.setUint32(${ptr},${asyncExpr(source, border, type, value)},true);`
    default:
      return `${storeHelper(source, border, type)}(${ptr},${value});`
  }
}

function storeListStatement(
  source: Source,
  border: Border,
  element: Type,
  ptr: string,
  value: string,
): string {
  const list = source.name('v')
  const start = source.name('s')
  const word = border.ptr === 'i32' ? 4 : 8
  return (
    `const ${list}=${value};const ${start}=${listExpr(source, border, element, list)};` +
    storeWord(border, ptr, start) +
    storeWord(border, at(ptr, word), `${list}.length`)
  )
}

/** An expression that stores the list (a name) and gives its pointer. */
function listExpr(source: Source, border: Border, element: Type, list: string): string {
  const typed = TYPED_ARRAYS[element.kind]
  if (typed !== undefined) {
    if (element.kind === 'u8') return `storeBytes(${border.memory},${border.allocate},${list})`
    const store = element.kind === 'f32' || element.kind === 'f64' ? 'storeFloats' : 'storeNumbers'
    return `${store}(${border.memory},${border.allocate},${typed[0]},${typed[1]},${list})`
  }
  const {size, align} = layoutOf(element, border.ptr)
  const elements = elementsHelper(source, border, element)
  const helper = source.helper(
    `storeList:${border.key}:${typeId(element)}`,
    'storeList_',
    name =>
      `const ${name}=v=>{const n=storedBytes(v.length,${size});const p=${border.allocate}(${align},n);${elements}(p,v);return p};`,
  )
  return `${helper}(${list})`
}

/** (ptr, array): stores the elements into a range that is known to be valid. */
export function elementsHelper(source: Source, border: Border, element: Type): string {
  const {size} = layoutOf(element, border.ptr)
  const typed = TYPED_ARRAYS[element.kind]
  if (typed !== undefined && element.kind !== 'f32' && element.kind !== 'f64')
    return source.helper(
      `storeNumbers:${border.memory}:${element.kind}`,
      'storeNumbers_',
      name => `const ${name}=(p,v)=>writeNumbers(${border.memory},${typed[0]},${typed[1]},p,v);`,
    )
  return source.helper(`storeElements:${border.key}:${typeId(element)}`, 'storeElements_', name => {
    const store = storeStatement(source, border, element, 'q', 'v[i]')
    return `const ${name}=(p,v)=>{for(let i=0,q=p;i<v.length;i++,q+=${size}){${store}}};`
  })
}

/** (ptr, value), for compound types. */
function storeHelper(source: Source, border: Border, type: Type): string {
  return source.helper(`store:${border.key}:${typeId(type)}`, 'store_', name => {
    const elements = elementsOf(type)
    if (elements !== undefined) {
      const {offsets} = recordLayout(elements, border.ptr)
      const values = members(type, 'v')
      const stores = elements.map((element, i) =>
        storeStatement(source, border, element, at('p', offsets[i]!), values[i]!),
      )
      return `const ${name}=(p,v)=>{${stores.join('')}};`
    }
    const cases = emittedCases(type)
    const {discriminant, payload} = variantLayout(
      cases.map(each => each.type),
      border.ptr,
    )
    const branches = cases.map((each, i) => {
      const store =
        each.type === undefined
          ? ''
          : storeStatement(source, border, each.type, at('p', payload), each.payload('v'))
      return `${storeUint(border, discriminant, 'p', String(i))}${store}return`
    })
    return `const ${name}=(p,v)=>{${dispatch(source, type, cases, branches)}};`
  })
}

/** More cases than these are found by a map: a test for each would make long work of hostile types. */
const MAX_TESTS = 8

/** Runs the branch of the case that `v` has. */
function dispatch(
  source: Source,
  type: Type,
  cases: readonly EmittedCase[],
  branches: readonly string[],
): string {
  if (cases.length <= MAX_TESTS) {
    const tests = branches.map((branch, i) => `if(${cases[i]!.test('v')}){${branch}}`)
    return tests.join('') + wrongCase(source, type)
  }
  const index = source.constant(new Map(casesOf(type)!.map((each, i) => [each.label, i])), 'index')
  const switched = branches.map((branch, i) => `case ${i}:{${branch}}`)
  return `switch(${index}.get(v?.tag)){${switched.join('')}default:${wrongCase(source, type)}}`
}

const wrongCase = (source: Source, type: Type): string =>
  `badLabel(v?.tag,${source.constant(
    casesOf(type)!.map(each => each.label),
    'labels',
  )});`

/** Expressions for the elements of a record or tuple. */
const members = (type: Type, value: string): string[] =>
  type.kind === 'record'
    ? memberNames(type.fields.map(field => field.label)).map(name => memberExpr(value, name))
    : elementsOf(type)!.map((_, i) => `${value}[${i}]`)

function handleExpr(
  source: Source,
  border: Border,
  type: Readonly<{kind: 'own' | 'borrow'; resource: Resource}>,
  value: string,
): string {
  const resource = source.constant(type.resource, 'R')
  const rep =
    border.host && type.resource.instance !== undefined
      ? `guestRep(${resource},${value},${type.kind === 'own'})`
      : value
  if (type.kind === 'own') return `${border.handles}.addOwn(${resource},${rep})`
  // lower_borrow: the defining instance gets its own representation.
  if (type.resource.instance === border.instance)
    return type.resource.rep === 'i64' ? `borrowedRep(${rep})` : rep
  return `${border.handles}.addBorrow(${resource},${rep},scope)`
}

function asyncExpr(source: Source, border: Border, type: Type, value: string): string {
  const instance = `I${border.instance}`
  if (type.kind !== 'stream' && type.kind !== 'future')
    return `H${border.instance}.put(${border.host ? `errorContextFromHost(${value})` : value})`
  const side = border.host ? `fromHost(scheduler,${copyType(source, type)},${value})` : value
  return `lowerSide(${instance},${side})`
}

function enumExpr(source: Source, type: Type & {kind: 'enum'}, value: string): string {
  const labels = source.constant(type.labels, 'labels')
  const index = source.constant(new Map(type.labels.map((label, i) => [label, i])), 'index')
  const helper = source.helper(
    `enumIndex:${typeId(type)}`,
    'index_',
    name => `const ${name}=v=>${index}.get(v)??badLabel(v,${labels});`,
  )
  return `${helper}(${value})`
}

function flagsExpr(source: Source, type: Type & {kind: 'flags'}, value: string): string {
  const helper = source.helper(`bits:${typeId(type)}`, 'bits_', name => {
    const bits = memberNames(type.labels).map(
      (member, i) => `(${memberExpr('v', member)}?${i === 31 ? '0x80000000' : 1 << i}:0)`,
    )
    return `const ${name}=v=>${bits.join('|')};`
  })
  return `${helper}(${value})`
}

// Flat lowering

/** What lowers one value: statements to run first, then an expression for each flat value. */
export type FlatLowering = {statements: string; values: string[]}

/** `value` is a name, or a member expression that may be evaluated more than once. */
export function lowerFlat(source: Source, border: Border, type: Type, value: string): FlatLowering {
  source.part()
  const simple = (expression: string): FlatLowering => ({statements: '', values: [expression]})
  switch (type.kind) {
    case 'bool':
      return simple(`(${value}?1:0)`)
    case 'u8':
      return simple(`(${value}&255)`)
    case 's8':
      return simple(`(${value}<<24>>24)`)
    case 'u16':
      return simple(`(${value}&65535)`)
    case 's16':
      return simple(`(${value}<<16>>16)`)
    case 'u32':
    case 's32':
      return simple(`(${value}|0)`)
    case 'u64':
    case 's64':
      return simple(value)
    case 'f32':
    case 'f64':
      return simple(`canonicalNan(${value})`)
    case 'char':
      return simple(`codeFromChar(${value})`)
    case 'own':
    case 'borrow':
      return named(source, handleExpr(source, border, type, value))
    case 'enum':
      return simple(enumExpr(source, type, value))
    case 'flags':
      return simple(`(${flagsExpr(source, type, value)})`)
    case 'string': {
      const start = source.name('s')
      const length = source.name('n')
      return {
        statements: `const ${start}=${STORE_STRING[border.encoding]}(${border.memory},${border.allocate},${value}),${length}=${border.memory}.storedLength;`,
        values: isTagged64(border)
          ? [`BigInt(${start})`, `widenTag(${length})`]
          : words(border, [start, length]),
      }
    }
    case 'map':
      return lowerFlatList(source, border, type.entry, `[...${value}]`)
    case 'list': {
      if (type.length === undefined) return lowerFlatList(source, border, type.element, value)
      const items = Array.from({length: type.length}, (_, i) =>
        lowerFlat(source, border, type.element, `${value}[${i}]`),
      )
      return joined(items, `checkLength(${value},${type.length});`)
    }
    case 'record':
    case 'tuple': {
      const values = members(type, value)
      return joined(elementsOf(type)!.map((element, i) => lowerFlat(source, border, element, values[i]!)))
    }
    case 'variant':
    case 'option':
    case 'result':
      return lowerFlatVariant(source, border, type, value)
    case 'error-context':
    case 'stream':
    case 'future':
      return named(source, asyncExpr(source, border, type, value))
    default:
      throw new Error('every type has a flat form')
  }
}

const words = (border: Border, names: string[]): string[] =>
  border.ptr === 'i32' ? names : names.map(name => `BigInt(${name})`)

function named(source: Source, expression: string): FlatLowering {
  const name = source.name('h')
  return {statements: `const ${name}=${expression};`, values: [name]}
}

function joined(parts: readonly FlatLowering[], first = ''): FlatLowering {
  return {
    statements: first + parts.map(part => part.statements).join(''),
    values: parts.flatMap(part => part.values),
  }
}

function lowerFlatList(source: Source, border: Border, element: Type, value: string): FlatLowering {
  const list = source.name('v')
  const start = source.name('s')
  return {
    statements: `const ${list}=${value};const ${start}=${listExpr(source, border, element, list)};`,
    values: words(border, [start, `${list}.length`]),
  }
}

/** A variant is lowered by a helper that leaves its flat values in flat0, flat1 …, from where they are taken at once. */
function lowerFlatVariant(source: Source, border: Border, type: Type, value: string): FlatLowering {
  const want = flattenType(type, border.ptr)
  const helper = source.helper(`lower:${border.key}:${typeId(type)}`, 'lower_', name => {
    const cases = emittedCases(type)
    const branches = cases.map((each, index) => {
      const lowered =
        each.type === undefined
          ? {statements: '', values: []}
          : lowerFlat(source, border, each.type, each.payload('v'))
      const have = each.type === undefined ? [] : flattenType(each.type, border.ptr)
      const payload = want.slice(1).map((wanted, i) => {
        if (i >= have.length) return `flat${i + 1}=${wanted === 'i64' ? '0n' : '0'};`
        return `flat${i + 1}=${coerceTo(have[i]!, wanted, lowered.values[i]!)};`
      })
      return `${lowered.statements}flat0=${index};${payload.join('')}return`
    })
    return `const ${name}=v=>{${dispatch(source, type, cases, branches)}};`
  })
  const names = want.map(() => source.name('x'))
  return {
    statements: `${helper}(${value});const ${names.map((name, i) => `${name}=flat${i}`).join(',')};`,
    values: names,
  }
}

/** CanonicalABI.md, lower_flat_variant: one case's core value as the joined type. */
function coerceTo(have: FlatType, want: FlatType, value: string): string {
  if (have === want) return value
  if (want === 'i32') return `bitsFromF32(${value})`
  if (have === 'i32') return `BigInt((${value})>>>0)`
  if (have === 'f32') return `BigInt(bitsFromF32(${value})>>>0)`
  return `bitsFromF64(${value})`
}
