// engine/link/module-code.ts: the small modules of ours that stand between guests and JavaScript, put together as bytes.
import type {FlatType} from '../abi/flatten.ts'
import {bytesOf, type Code, END} from '../core/assembly.ts'
import {unsigned} from '../core/writer.ts'

export const VALUE_TYPES = {i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c} as const
/** What is imported or exported. */
export const FUNC = 0x00
export const TABLE = 0x01
export const MEMORY = 0x02
export const GLOBAL = 0x03

export type Signature = Readonly<{params: readonly FlatType[]; result: FlatType | undefined}>

export const sized = (code: Code): Code => {
  const bytes = bytesOf(code)
  return [unsigned(bytes.length), bytes]
}
export const section = (id: number, code: Code): Code => [id, sized(code)]
export const vec = (items: readonly Code[]): Code => [unsigned(items.length), items]

const valueTypes = (types: readonly FlatType[]): Code => vec(types.map(type => [VALUE_TYPES[type]]))
export const resultTypes = (result: FlatType | undefined): FlatType[] =>
  result === undefined ? [] : [result]
export const funcType = (params: readonly FlatType[], result: FlatType | undefined): Code => [
  0x60,
  valueTypes(params),
  valueTypes(resultTypes(result)),
]

/** A function's body with at most one local. */
export const body = (local: FlatType | undefined, code: Code): Code =>
  sized([local === undefined ? [0] : [1, 1, VALUE_TYPES[local]], code, END])

export const keyOf = ({params, result}: Signature): string => `${params.join()}:${result ?? ''}`

const MAGIC = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]
const MOST_MODULES = 1000
const modules = new Map<string, WebAssembly.Module>()

/** The module of that key, made when first asked for. */
export function compiled(key: string, make: () => Code): WebAssembly.Module {
  let module = modules.get(key)
  if (module !== undefined) return module
  module = new WebAssembly.Module(bytesOf([MAGIC, make()]))
  modules.set(key, module)
  // Guests choose the keys: the oldest goes, and is made again where it is still asked for.
  if (modules.size > MOST_MODULES) modules.delete(modules.keys().next().value!)
  return module
}
