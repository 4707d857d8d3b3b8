// engine/core/module-decode.ts: a core module's sections, imports, exports and index spaces. Never walks code.
import {skipConstantExpression} from './code.ts'
import type {
  CoreExport,
  CoreExtern,
  CoreGlobal,
  CoreImport,
  CoreModule,
  CoreSection,
  FuncSignature,
} from './module.ts'
import {Reader} from './reader.ts'
import {type CompositeType, readTypes} from './types.ts'
import {readGlobalType, readMemoryType, readTableType} from './value-type.ts'

export const SECTION = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const

/** The order in which sections must come; their ids do not tell it. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11]

/** Validation, linking and makeLean read the same bytes, one after the other. */
const decoded = new WeakMap<Uint8Array, CoreModule>()

/** Decodes a core module; `byteOffset` is where `bytes` lies in the outermost binary, for errors. */
export function decodeCoreModule(bytes: Uint8Array, options: {byteOffset?: number} = {}): CoreModule {
  const known = decoded.get(bytes)
  if (known !== undefined) return known
  const module = readModule(bytes, options)
  decoded.set(bytes, module)
  return module
}

function readModule(bytes: Uint8Array, options: {byteOffset?: number}): CoreModule {
  const reader = new Reader(bytes, {byteOffset: options.byteOffset ?? 0})
  const header = reader.bytes
  if (header.length < 8 || header[0] !== 0 || header[1] !== 0x61 || header[2] !== 0x73 || header[3] !== 0x6d)
    reader.fail('magic header not detected')
  if (header[4] !== 1 || header[5] !== 0 || header[6] !== 0 || header[7] !== 0)
    reader.fail('unknown binary version', 4)
  reader.position = 8

  const space = new IndexSpaces()
  const sections: CoreSection[] = []
  let last = -1
  while (!reader.done) {
    const at = reader.position
    const id = reader.byte()
    const body = reader.sub(reader.u32())
    const start = body.position
    if (id === SECTION.custom) {
      const name = body.name()
      sections.push({id, start, end: body.end, name})
      continue
    }
    const order = ORDER.indexOf(id)
    if (order < 0) reader.fail('malformed section id', at)
    if (order <= last) reader.fail('unexpected content after last section', at)
    last = order
    sections.push({id, start, end: body.end, name: undefined})
    if (space.read(id, body) && !body.done) body.fail('section size mismatch')
  }
  return Object.freeze({bytes, sections, ...space.result()})
}

class IndexSpaces {
  types: CompositeType[] = []
  imports: CoreImport[] = []
  exports: CoreExport[] = []
  functions: number[] = []
  tables: Extract<CoreExtern, {kind: 'table'}>[] = []
  memories: Extract<CoreExtern, {kind: 'memory'}>[] = []
  globals: CoreGlobal[] = []
  tags: number[] = []
  start: number | undefined

  /** Reads a section's content into the spaces; false if its content is of no interest here. */
  read(id: number, body: Reader): boolean {
    if (id === SECTION.type) this.types = readTypes(body)
    else if (id === SECTION.import) this.imports = body.vec(() => this.import(body))
    else if (id === SECTION.function) body.u32s(this.functions)
    else if (id === SECTION.table) this.add(this.tables, body, () => readTable(body))
    else if (id === SECTION.memory) this.add(this.memories, body, () => readMemoryType(body))
    else if (id === SECTION.tag) this.add(this.tags, body, () => readTag(body))
    else if (id === SECTION.global) this.add(this.globals, body, () => readGlobal(body))
    else if (id === SECTION.export) this.exports = body.vec(() => this.export(body))
    else if (id === SECTION.start) this.start = body.u32()
    else return false
    return true
  }

  add<T>(space: T[], body: Reader, read: () => T): void {
    body.each(() => space.push(read()))
  }

  result() {
    const {types, imports, exports, functions, tables, memories, globals, tags, start} = this
    return {types, imports, exports, functions, tables, memories, globals, tags, start}
  }

  signature(typeIndex: number): FuncSignature | undefined {
    const type = this.types[typeIndex]
    return type?.kind === 'func' ? type.signature : undefined
  }

  import(body: Reader): CoreImport {
    const module = body.name()
    const name = body.name()
    const kind = body.byte()
    switch (kind) {
      case 0:
        this.functions.push(body.u32())
        break
      case 1:
        this.tables.push(readTableType(body))
        break
      case 2:
        this.memories.push(readMemoryType(body))
        break
      case 3:
        this.globals.push({...readGlobalType(body), init: undefined})
        break
      case 4:
        this.tags.push(readTag(body))
        break
      default:
        return body.fail('malformed import kind', body.position - 1)
    }
    return {module, name, type: this.last(kind)}
  }

  last(kind: number): CoreExtern {
    const spaces = [this.functions, this.tables, this.memories, this.globals, this.tags]
    return this.extern(kind, spaces[kind]!.length - 1)!
  }

  extern(kind: number, index: number): CoreExtern | undefined {
    if (kind === 1) return this.tables[index]
    if (kind === 2) return this.memories[index]
    if (kind === 3) {
      const global = this.globals[index]
      return global && {kind: 'global', type: global.type, mutable: global.mutable}
    }
    const typeIndex = (kind === 0 ? this.functions : this.tags)[index]
    if (typeIndex === undefined) return undefined
    return {kind: kind === 0 ? 'func' : 'tag', signature: this.signature(typeIndex), typeIndex}
  }

  export(body: Reader): CoreExport {
    const name = body.name()
    const at = body.position
    const kind = body.byte()
    if (kind > 4) body.fail('malformed export kind', at)
    const index = body.u32()
    const type = this.extern(kind, index)
    return type === undefined ? body.fail('export of an unknown index', at) : {name, index, type}
  }
}

function readTag(body: Reader): number {
  if (body.byte() !== 0) body.fail('malformed tag attribute', body.position - 1)
  return body.u32()
}

/** A table, maybe with an initial value: `0x40 0x00 type expression`. */
function readTable(body: Reader): Extract<CoreExtern, {kind: 'table'}> {
  if (body.peek() !== 0x40) return readTableType(body)
  body.position++
  if (body.byte() !== 0) body.fail('malformed table', body.position - 1)
  const type = readTableType(body)
  readConstantExpression(body)
  return type
}

/** A global with its constant expression. */
export function readGlobal(body: Reader): CoreGlobal {
  const type = readGlobalType(body)
  return {...type, init: readConstantExpression(body)}
}

/** Its bytes, the `end` instruction included. */
export function readConstantExpression(body: Reader): Uint8Array {
  const start = body.position
  const end = skipConstantExpression(body.bytes, start, body.end)
  if (Number.isNaN(end)) body.fail('malformed constant expression', start)
  return body.take(end - start)
}

/** The content of a section, if the module has it. */
export function sectionReader(module: CoreModule, id: number): Reader | undefined {
  const section = module.sections.find(one => one.id === id)
  return section && new Reader(module.bytes, {start: section.start, end: section.end})
}

/** How many of a kind are imported; they come first in their index space. */
export function importedCount(module: CoreModule, kind: CoreExtern['kind']): number {
  let count = 0
  for (const one of module.imports) if (one.type.kind === kind) count++
  return count
}
