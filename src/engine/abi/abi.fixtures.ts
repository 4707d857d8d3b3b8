// engine/abi/abi.fixtures.ts: types written as text, and a memory, for the tests of this room.
import {GuestMemory} from './memory.ts'
import type {Allocate} from './strings.ts'
import {type PrimKind, primType, type Resource, type Type} from './types.ts'

export const R: Resource = {index: 0, name: 'r', instance: undefined, rep: 'i32'}
export const Q: Resource = {index: 1, name: 'q', instance: 0, rep: 'i32'}

/**
 * `record(u8,string)`, `variant(_,u8)`, `list(u8)`, `list(u8,3)`, `enum(300)`, `flags(9)`, `option(u8)`, `result(_,u8)`,
 * `map(u8,string)`, `own`, `borrow`, and primitives.
 */
export function type(text: string): Type {
  const open = text.indexOf('(')
  if (open < 0)
    return text === 'own' || text === 'borrow' ? {kind: text, resource: R} : primType(text as PrimKind)
  const kind = text.slice(0, open)
  const parts = split(text.slice(open + 1, -1))
  const optional = (part: string | undefined) => (part === undefined || part === '_' ? undefined : type(part))
  const labels = () => Array.from({length: Number(parts[0])}, (_, i) => `l${i}`)
  switch (kind) {
    case 'record':
      return {kind, fields: parts.map((part, i) => ({label: `l${i}`, type: type(part)}))}
    case 'tuple':
      return {kind, elements: parts.map(type)}
    case 'variant':
      return {kind, cases: parts.map((part, i) => ({label: `l${i}`, type: optional(part)}))}
    case 'enum':
    case 'flags':
      return {kind, labels: labels()}
    case 'option':
      return {kind, element: type(parts[0]!)}
    case 'result':
      return {kind, ok: optional(parts[0]), err: optional(parts[1])}
    case 'list':
      return {kind, element: type(parts[0]!), length: parts[1] === undefined ? undefined : Number(parts[1])}
    case 'map': {
      const [key, value] = [type(parts[0]!), type(parts[1]!)]
      return {kind, key, value, entry: {kind: 'tuple', elements: [key, value]}}
    }
    default:
      throw new Error(`no type ${text}`)
  }
}

function split(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let start = 0
  for (let i = 0; i <= text.length; i++) {
    if (text[i] === '(') depth++
    if (text[i] === ')') depth--
    if (depth > 0 || (i < text.length && text[i] !== ',')) continue
    parts.push(text.slice(start, i))
    start = i + 1
  }
  return parts
}

export type TestMemory = Readonly<{
  memory: GuestMemory
  allocate: Allocate
  /** What was asked of `allocate`. */
  asked: [align: number, byteLength: number][]
  grow: () => void
}>

/** One page, of which `allocate` gives the bytes from 16 on; it grows the memory each time. */
export function testMemory(): TestMemory {
  const wasm = new WebAssembly.Memory({initial: 1})
  const pages = new WebAssembly.Global({value: 'i32', mutable: true}, 1)
  const memory = new GuestMemory(wasm, pages)
  const asked: [number, number][] = []
  let heap = 16
  const grow = () => {
    pages.value = Number(wasm.grow(1)) + 1
    memory.sync()
  }
  const allocate: Allocate = (align, byteLength) => {
    asked.push([align, byteLength])
    const ptr = Math.ceil(heap / align) * align
    heap = ptr + byteLength
    grow()
    memory.checkAligned(ptr, byteLength, align)
    return ptr
  }
  return {memory, allocate, asked, grow}
}
