// engine/snapshot/lean.ts: a core module without its state: what is left is code, shared by hash.
import {createHash} from 'node:crypto'
import {MayflyError} from '../../base/errors.ts'
import type {CoreModule} from '../core/module.ts'
import {decodeCoreModule, importedCount, readGlobal, SECTION, sectionReader} from '../core/module-decode.ts'
import {concat, name, type Pieces, section, unsigned} from '../core/writer.ts'
import {type CodeFacts, RewrittenBodies, scanCode} from './lean-code.ts'
import {readDataSegments, type Segments} from './lean-data.ts'
import {type ElementSegment, elementSection, readElementSegments} from './lean-elements.ts'
import {fixedTables} from './lean-fixed-tables.ts'
import {isOpaqueToHost, type StateGlobal, stateGlobals} from './lean-globals.ts'
import {type Helpers, planHelpers} from './lean-helpers.ts'
import {tableSection} from './lean-tables.ts'

export type LeanModule = Readonly<{
  /** The rewritten module. Two apps built by one toolchain from one interpreter have the same bytes here. */
  bytes: Uint8Array
  /** Active data segments in order; `applyData` writes them at the first instantiation. */
  data: readonly DataSegment[]
  /** The export under which the start function can be called; none if there is none. */
  start: string | undefined
  /** Mutable globals that this module defines, our own included. */
  globals: readonly LeanGlobal[]
  /** All memories, imported first. */
  memories: readonly LeanMemory[]
  /** Tables that this module defines, but for fixed ones (lean-fixed-tables.ts). */
  tables: readonly Readonly<{exportName: string; element: string}>[]
  /** Whether any instruction can write a table (its own or an imported one). */
  writesTables: boolean
  /** Why a state of this module cannot be restored, only made anew: 'garbage-collected objects', ... */
  unrestorable: string | undefined
  /** Makes garbage-collected objects, which lie in the process's own heap. */
  makesObjects: boolean
  /** Exports through which the memory budget is set: pages left to grow by (i64), and whom to ask for more. */
  budget: Readonly<{left: string; hook: string}> | undefined
}>

export type LeanGlobal = Readonly<{
  exportName: string
  type: string
  /** The initial value, where it was taken out of the module; set at adoption. */
  initial: number | bigint | undefined
  /** Of floating point: exports that give and take its bits, as an integer of the same length. */
  bits: Readonly<{get: string; set: string}> | undefined
}>

export type DataSegment = Readonly<{
  /** Index in `LeanModule.memories`. */
  memory: number
  /** A constant, as a 32-bit memory takes it; or the constant expression, in reverse polish order. */
  offset: number | readonly OffsetTerm[]
  bytes: Uint8Array
}>

/** A constant, a global by the export name under which it can be read, or an operator on the two terms before. */
export type OffsetTerm = bigint | Readonly<{global: string}> | '+' | '-' | '*'

export type LeanMemory = Readonly<{
  /** Export name of the memory itself; an imported memory is exported too. */
  exportName: string
  imported: boolean
  address: 'i32' | 'i64'
  /** The declared limits. The lean module itself declares no minimum: adoption grows the memory to it. */
  minPages: number
  maxPages: number | undefined
  /** Export name of the mutable global that holds a defined memory's virtual size in pages. */
  sizeGlobal: string | undefined
  /**
   * Of a defined memory: export names of the functions that stand for memory.size and memory.grow.
   * Of an imported one: of the tables of one function that must be given its owner's.
   */
  sizeFunction: string
  growFunction: string
}>

/**
 * Takes the state out of a valid core module. Throws DECODE_MALFORMED where the module is not well-formed and
 * LINK_UNSUPPORTED for what cannot be made lean (shared memories, other page sizes).
 */
export function makeLean(bytes: Uint8Array): LeanModule {
  const module = decodeCoreModule(bytes)
  checkWhatIsTakenOut(module)
  const prefix = reservedPrefix(module)
  const reserve = (what: string) => `${prefix}${what}`
  const segments = readDataSegments(module, reserve)
  const elements = readElementSegments(module)
  const facts = scanCode(module, {
    passive: segments.passive.map(one => one !== undefined),
    tables: fixedTables(module, elements),
  })
  const globals = stateGlobals(module)
  const helpers = planHelpers(module, facts, globals)
  const {exports, description} = describe(module, {reserve, segments, helpers, globals})
  const lean = concat(assemble(module, {facts, helpers, segments, elements, globals, exports}))
  return Object.freeze({
    bytes: lean,
    data: segments.active,
    ...description,
    writesTables: facts.writesTables,
    unrestorable: unrestorable(facts, globals),
    makesObjects: facts.makesObjects,
  })
}

/** SHA-256 of its bytes, hex. */
export const leanHash = ({bytes}: LeanModule): string => createHash('sha256').update(bytes).digest('hex')

/** V8 no longer sees what is taken out, so it must be valid here. */
function checkWhatIsTakenOut(module: CoreModule): void {
  for (const {limits} of module.tables)
    if (limits.max !== undefined && limits.max < limits.min)
      malformed('table size minimum must not be greater than maximum')
  for (const {limits, pageSizeLog2} of module.memories) {
    if (limits.shared) unsupported('a shared memory', 'build the guest without threads')
    if (pageSizeLog2 !== 16) unsupported('a custom page size', 'build the guest with pages of 64 KiB')
    if (limits.max !== undefined && limits.max < limits.min)
      malformed('size minimum must not be greater than maximum')
    if (limits.address === 'i32' && limits.min > 65_536n)
      malformed('memory size must be at most 65536 pages (4GiB)')
  }
  if (module.start === undefined) return
  const type = module.types[module.functions[module.start] ?? -1]
  const isStart = type?.kind === 'func' && type.signature.params.length + type.signature.results.length === 0
  if (!isStart) malformed('the start function must exist, and take and return nothing')
}

function malformed(reason: string): never {
  throw new MayflyError('DECODE_MALFORMED', {reason})
}

function unsupported(feature: string, remedy: string): never {
  throw new MayflyError('LINK_UNSUPPORTED', {who: 'a core module', feature, remedy})
}

/** A prefix that no export of the module has. */
function reservedPrefix(module: CoreModule): string {
  let prefix = 'mayfly '
  while (module.exports.some(({name}) => name.startsWith(prefix))) prefix = `${prefix.trimEnd()}+ `
  return prefix
}

function unrestorable(facts: CodeFacts, globals: readonly StateGlobal[]): string | undefined {
  if (facts.writesObjects) return 'garbage-collected objects'
  if (facts.dropsElements) return 'dropped element segments'
  if (facts.dropsArrayData) return 'dropped data segments that make arrays'
  const opaque = globals.find(({type}) => isOpaqueToHost(type))
  return opaque === undefined ? undefined : `a mutable global of type ${opaque.type}`
}

type Plan = Readonly<{
  reserve: (what: string) => string
  segments: Segments
  helpers: Helpers
  globals: readonly StateGlobal[]
}>

const KIND = {func: 0, table: 1, memory: 2, global: 3} as const

/** The reserved exports as they are written, and what the linker is told of them. */
function describe(module: CoreModule, {reserve, segments, helpers, globals}: Plan) {
  const exports: number[][] = []
  const add = (what: string, kind: keyof typeof KIND, index: number): string => {
    exports.push([...name(reserve(what)), KIND[kind], ...unsigned(index)])
    return reserve(what)
  }
  for (const index of segments.offsetGlobals.keys()) add(`offset ${index}`, 'global', index)
  const own: LeanGlobal[] = globals.map(({index, type, initial}) => {
    const bits = helpers.bits.get(index)
    return {
      exportName: add(`global ${index}`, 'global', index),
      type,
      initial,
      bits: bits && {
        get: add(`get ${index}`, 'func', bits.get),
        set: add(`set ${index}`, 'func', bits.set),
      },
    }
  })
  const state = (what: string, index: number, type: string): string => {
    own.push({exportName: add(what, 'global', index), type, initial: undefined, bits: undefined})
    return reserve(what)
  }
  const importedMemories = importedCount(module, 'memory')
  const memories = module.memories.map(({limits}, i): LeanMemory => {
    const {sizeGlobal, size, grow} = helpers.memories[i]!
    const imported = i < importedMemories
    const kind = imported ? 'table' : 'func'
    return {
      exportName: add(`memory ${i}`, 'memory', i),
      imported,
      address: limits.address,
      minPages: Number(limits.min),
      maxPages: limits.max === undefined ? undefined : Number(limits.max),
      sizeGlobal: sizeGlobal === undefined ? undefined : state(`pages ${i}`, sizeGlobal, limits.address),
      sizeFunction: add(`size ${i}`, kind, size),
      growFunction: add(`grow ${i}`, kind, grow),
    }
  })
  for (const [segment, flag] of helpers.dropFlags) state(`dropped ${segment}`, flag, 'i32')
  const importedTables = importedCount(module, 'table')
  const tables = module.tables.flatMap(({element}, index) =>
    index < importedTables || helpers.dispatches.has(index)
      ? []
      : [{exportName: add(`table ${index - importedTables}`, 'table', index), element}],
  )
  const budget = helpers.budget && {
    left: add('left', 'global', helpers.budget.left),
    hook: add('hook', 'table', helpers.budget.hook),
  }
  const start = module.start === undefined ? undefined : add('start', 'func', module.start)
  return {exports, description: {start, globals: own, memories, tables, budget}}
}

type Parts = Readonly<{
  facts: CodeFacts
  helpers: Helpers
  segments: Segments
  elements: readonly ElementSegment[]
  globals: readonly StateGlobal[]
  exports: readonly (readonly number[])[]
}>

/** The module's sections in order, with what is added at the end of each. */
function assemble(
  module: CoreModule,
  {facts, helpers, segments, elements, globals, exports}: Parts,
): Parameters<typeof concat>[0] {
  /** A section's items as they are, and more behind them. */
  const append = (id: number, more: readonly (readonly number[])[]): Pieces => {
    const reader = sectionReader(module, id)
    const count = (reader?.u32() ?? 0) + more.length
    if (count === 0) return []
    const items = reader === undefined ? [] : [reader.take(reader.end - reader.position)]
    return section(id, [unsigned(count), ...items, ...more])
  }
  const asItIs = (id: number): Pieces => {
    const reader = sectionReader(module, id)
    return reader === undefined ? [] : section(id, [reader.take(reader.end - reader.position)])
  }
  const bodies = helpers.functions.flatMap(({body}) => [unsigned(body.length), body])
  const code = facts.count + helpers.functions.length
  // Segments that no instruction names are gone, so that modules that differ in them only are equal.
  const kept = segments.passive.slice(0, facts.lastSegment + 1)
  return [
    module.bytes.subarray(0, 8),
    ...append(SECTION.type, helpers.types),
    ...asItIs(SECTION.import),
    ...append(
      SECTION.function,
      helpers.functions.map(({type}) => unsigned(type)),
    ),
    ...tableSection(module, {shortened: helpers.dispatches, added: helpers.tables}),
    ...memorySection(module),
    ...asItIs(SECTION.tag),
    ...globalSection(module, globals, helpers.globals),
    ...append(SECTION.export, exports),
    ...elementSection(elements, helpers.dispatches),
    ...(kept.length === 0 ? [] : section(SECTION.dataCount, [unsigned(kept.length)])),
    ...(code === 0
      ? []
      : section(SECTION.code, [
          unsigned(code),
          new RewrittenBodies(module, facts, helpers.replacement),
          ...bodies,
        ])),
    ...(kept.length === 0
      ? []
      : section(SECTION.data, [unsigned(kept.length), ...kept.flatMap(passiveSegment)])),
  ]
}

const passiveSegment = (bytes: Uint8Array | undefined): Pieces =>
  bytes === undefined ? [[1, 0]] : [[1, ...unsigned(bytes.length)], bytes]

/** Minimum sizes belong to the state: an initialised module has as many pages as its snapshot needs. */
function memorySection(module: CoreModule): Pieces {
  const memories = module.memories.slice(importedCount(module, 'memory'))
  if (memories.length === 0) return []
  const types = memories.map(({limits: {max, address}}) => {
    const wide = address === 'i64' ? 4 : 0
    return max === undefined ? [wide, 0] : [wide | 1, 0, ...unsigned(max)]
  })
  return section(SECTION.memory, [unsigned(memories.length), ...types])
}

/** Integer constants that start mutable globals belong to the state too. */
function globalSection(
  module: CoreModule,
  globals: readonly StateGlobal[],
  added: readonly (readonly number[])[],
): Pieces {
  const reader = sectionReader(module, SECTION.global)
  if (reader === undefined && added.length === 0) return []
  const emptied = new Set(globals.filter(({initial}) => initial !== undefined).map(({index}) => index))
  const imported = importedCount(module, 'global')
  const items: (Uint8Array | readonly number[])[] = []
  reader?.vec(i => {
    const start = reader.position
    const {type} = readGlobal(reader)
    if (!emptied.has(imported + i)) items.push(module.bytes.subarray(start, reader.position))
    else items.push(type === 'i32' ? [0x7f, 1, 0x41, 0, 0x0b] : [0x7e, 1, 0x42, 0, 0x0b])
  })
  return section(SECTION.global, [unsigned(items.length + added.length), ...items, ...added])
}
