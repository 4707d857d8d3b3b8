// test/reference/far-end.ts: the component at the far end of closed compositions, in the place of a host that answers: it
// gives back what it was given, and a value of its own. Core code and data are written by the reference's rules.
import {
  align,
  alignTo,
  type Core,
  discriminant,
  flagsBytes,
  flatten,
  load,
  lowerFlat,
  type Pointer,
  payloadOffset,
  plain,
  SCALARS,
  type Side,
  size,
  store,
} from './canonical.ts'
import {edge} from './edge.ts'
import {type Abi, HEAP_START, libcText, PAGES, REFERENCE_START} from './pair.ts'
import type {Type} from './type.ts'

/** What comes back: nothing, the one value, or a tuple of all. */
export function together(types: readonly Type[]): Type | undefined {
  return types.length > 1 ? {kind: 'tuple', of: types} : types[0]
}

/** A byte in memory that is not what it should be. */
export type Noise = Readonly<{place: number; byte: number}>

export type Far = Readonly<{
  params: readonly Type[]
  own: Type | undefined
  value: unknown
  /** In what the answer consists of, if that lies in memory. */
  noise: readonly Noise[]
}>

export const answerOf = ({params, own}: Far): Type | undefined =>
  together(own === undefined ? params : [...params, own])

const MAX_PARAMS = 16

export type Answer = Readonly<{
  /** Where it lies, if it does. */
  at: number
  /** Puts what was given beside what is already there. */
  fill: string
  /** Of the one core value, if it is not in memory. */
  flat: string | undefined
  /** For the memory, with what else was allocated by `side`. */
  data: () => string
  side: Side
}>

export function prepareAnswer(far: Far, {encoding, pointer}: Abi): Answer {
  const bytes = Buffer.alloc(PAGES * 65_536)
  let heap = REFERENCE_START
  const side: Side = {
    encoding,
    pointer,
    bytes: () => bytes,
    allocate(to, length) {
      const at = alignTo(heap, to)
      heap = at + length
      if (heap > HEAP_START) throw new Error('the values are too large for the test')
      return at
    },
  }
  const data = () => {
    const escaped = bytes.subarray(REFERENCE_START, heap).toString('hex').replace(/../g, '\\$&')
    return ` (data (${pointer}.const ${REFERENCE_START}) "${escaped}")`
  }
  const {params, own, value, noise} = far
  const type = answerOf(far)
  const results = type === undefined ? [] : flatten(type, pointer)
  if (results.length < 2) {
    const flat =
      params.length > 0 ? '(local.get 0)' : own && constant(results[0]!, lowerFlat(side, own, value)[0]!)
    return {at: 0, fill: '', flat, data, side}
  }
  const at = side.allocate(align(type!, pointer), size(type!, pointer))
  const {offsets, end} = lay(params, pointer)
  if (own !== undefined) store(side, at + alignTo(end, align(own, pointer)), own, value)
  const flats = params.flatMap(each => flatten(each, pointer)).map((core, index) => ({core, index}))
  let fill = ''
  if (flats.length > MAX_PARAMS)
    fill = `(memory.copy (${pointer}.const ${at}) (local.get 0) (${pointer}.const ${end}))`
  else
    params.forEach((each, i) => {
      fill += storeFlat(each, at + offsets[i]!, flats, pointer)
      flats.splice(0, flatten(each, pointer).length)
    })
  for (const {place, byte} of noise) bytes[REFERENCE_START + (place % (heap - REFERENCE_START))] = byte
  return {at, fill, flat: undefined, data, side}
}

/** What the reference makes of the memory, where nothing was given, as it faces the host. */
export function liftAnswer(far: Far, abi: Abi): unknown {
  const {at, side} = prepareAnswer(far, abi)
  return load(side, at, edge(answerOf(far)!))
}

/** Offsets of fields, and where the last one ends. */
function lay(types: readonly Type[], pointer: Pointer): {offsets: number[]; end: number} {
  let end = 0
  const offsets = types.map(each => {
    const at = alignTo(end, align(each, pointer))
    end = at + size(each, pointer)
    return at
  })
  return {offsets, end}
}

function constant(core: Core, bits: bigint): string {
  const int = core === 'i32' || core === 'f32' ? 'i32' : 'i64'
  const text = `(${int}.const ${bits})`
  return core === int ? text : `(${core}.reinterpret_${int} ${text})`
}

/** A local, whose core type may be wider than the value in it: cases of variants share theirs. */
type Flat = Readonly<{core: Core; index: number}>

/** Code that stores a flat value, which begins with the first of `flats`. */
function storeFlat(type: Type, at: number, flats: readonly Flat[], pointer: Pointer): string {
  const bytes = (count: number, {core, index}: Flat, to: number): string => {
    const narrow = count === Number(core.slice(1)) / 8 ? '' : count * 8
    return `(${core}.store${narrow} (${pointer}.const ${to}) (local.get ${index}))`
  }
  const fields = (types: readonly Type[]): string => {
    let used = 0
    const {offsets} = lay(types, pointer)
    return types
      .map((each, i) => {
        const text = storeFlat(each, at + offsets[i]!, flats.slice(used), pointer)
        used += flatten(each, pointer).length
        return text
      })
      .join('')
  }
  const shape = plain(type)
  if (shape?.kind === 'record') return fields(shape.types)
  if (shape?.kind === 'variant') {
    const {types} = shape
    const [{core, index}] = flats as [Flat]
    const cases = types.map((each, i) => {
      if (each === undefined) return ''
      const inner = storeFlat(each, at + payloadOffset(types, pointer), flats.slice(1), pointer)
      return `(if (${core}.eq (local.get ${index}) (${core}.const ${i})) (then ${inner}))`
    })
    return bytes(discriminant(types.length), flats[0]!, at) + cases.join('')
  }
  if (type.kind === 'list' && type.length !== undefined)
    return fields(Array.from({length: type.length}, () => type.of))
  if (type.kind === 'flags') return bytes(flagsBytes(type.labels.length), flats[0]!, at)
  const count = SCALARS[type.kind]
  if (count !== undefined) return bytes(count, flats[0]!, at)
  const word = pointer === 'i32' ? 4 : 8
  return bytes(word, flats[0]!, at) + bytes(word, flats[1]!, at + word)
}

/** The component behind its imports, which exports `next`. */
export function farEnd(far: Far, abi: Abi, func: string): string {
  const {encoding, pointer: p} = abi
  const {at, fill, flat, data} = prepareAnswer(far, abi)
  const flats = far.params.flatMap(type => flatten(type, p))
  const type = answerOf(far)
  const result = type && (flat === undefined ? p : flatten(type, p)[0])
  return `
    ${libcText(p, data())}
    (core module $Main
      (import "libc" "m" (memory ${p === 'i64' ? 'i64' : ''} 4))
      (func (export "next") ${(flats.length > MAX_PARAMS ? [p] : flats).map(core => `(param ${core})`).join(' ')}
        ${result === undefined ? '' : `(result ${result})`}
        ${fill}
        ${result === undefined ? '' : (flat ?? `(${p}.const ${at})`)}))
    (core instance $main (instantiate $Main (with "libc" (instance $libc))))
    (func (export "next") ${func} (canon lift (core func $main "next")
      (memory (core memory $libc "m")) (realloc (core func $libc "realloc")) string-encoding=${encoding}))`
}
