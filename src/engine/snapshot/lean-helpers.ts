// engine/snapshot/lean-helpers.ts: what is added to a lean module, at the ends of its index spaces.
import type {CoreModule} from '../core/module.ts'
import {importedCount} from '../core/module-decode.ts'
import {signed, unsigned} from '../core/writer.ts'
import type {CodeFacts, Edit} from './lean-code.ts'
import {Dispatch} from './lean-dispatch.ts'
import {BITS, type StateGlobal} from './lean-globals.ts'
import {funcrefTable} from './lean-tables.ts'

type Address = 'i32' | 'i64'
type Bytes = readonly number[]

/** What stands for a memory's size and growth: functions of a defined memory, tables of one function of an imported one. */
export type MemoryHelpers = Readonly<{sizeGlobal: number | undefined; size: number; grow: number}>

export type Helpers = Readonly<{
  /** Each as it is written in its section. */
  types: readonly Bytes[]
  functions: readonly Readonly<{type: number; body: Bytes | Uint8Array}>[]
  globals: readonly Bytes[]
  tables: readonly Bytes[]
  memories: readonly MemoryHelpers[]
  budget: Readonly<{left: number; hook: number}> | undefined
  /** Functions that give and take the bits of a global of floating point. */
  bits: ReadonlyMap<number, Readonly<{get: number; set: number}>>
  /** The global that says whether a passive segment was dropped. */
  dropFlags: ReadonlyMap<number, number>
  /** By table, what calls through it are made into. */
  dispatches: ReadonlyMap<number, Dispatch>
  /** What is written in an instruction's place. */
  replacement: (edit: Edit) => Bytes
}>

const VALUE: Readonly<Record<Address, number>> = {i32: 0x7f, i64: 0x7e}
const I32 = 0x7f
const I64 = 0x7e
const EMPTY = 0x40
const FUNCREF = 0x70

// Instructions.
const localGet = (index: number) => [0x20, index]
const localSet = (index: number) => [0x21, index]
const globalGet = (index: number) => [0x23, ...unsigned(index)]
const globalSet = (index: number) => [0x24, ...unsigned(index)]
const constant = (type: Address, value: bigint) => [type === 'i32' ? 0x41 : 0x42, ...signed(value)]
const toI64 = (type: Address) => (type === 'i32' ? [0xad] : [])
const fromI64 = (type: Address) => (type === 'i32' ? [0xa7] : [])
/**
 * Calls a table's only function. Not call_ref: V8 14.6 reads the upper half of a code pointer from padding there, and
 * jumps to nowhere.
 */
const callOnly = (type: number, table: number) => [0x41, 0, 0x11, ...unsigned(type), ...unsigned(table)]
const returnCallOnly = (type: number, table: number) => [0x41, 0, 0x13, ...unsigned(type), ...unsigned(table)]
const onlyIsNull = (table: number) => [0x41, 0, 0x25, ...unsigned(table), 0xd1]
const when = (...then: number[]) => [0x04, EMPTY, ...then, 0x0b]
/**
 * V8 asks at loops whether to go on; a loop of no turns is enough in optimised code. Before that it only counts bytes of
 * code there, and an instruction that takes milliseconds has as many as any; but it asks in every function that is called.
 */
const ASK = [0x03, EMPTY, 0x0b]
const I64_SUB = 0x7d
const I64_ADD = 0x7c
const I64_GT_S = 0x55
const I64_GT_U = 0x56
const RETURN = 0x0f
const END = 0x0b

/** V8 has no memory of more pages than a 64-bit address reaches; a 32-bit one has no more than 65,536. */
const LARGEST: Readonly<Record<Address, bigint>> = {i32: 65_536n, i64: 1n << 48n}

export function planHelpers(
  module: CoreModule,
  facts: CodeFacts,
  globalsOfState: readonly StateGlobal[],
): Helpers {
  const types: Bytes[] = []
  const functions: {type: number; body: Bytes | Uint8Array}[] = []
  const globals: Bytes[] = []
  const tables: Bytes[] = []
  const typeIndices = new Map<string, number>()
  const type = (params: Bytes, results: Bytes): number => {
    const bytes = [0x60, params.length, ...params, results.length, ...results]
    const key = bytes.join()
    const known = typeIndices.get(key)
    if (known !== undefined) return known
    const index = module.types.length + types.push(bytes) - 1
    typeIndices.set(key, index)
    return index
  }
  const addFunction = (typeIndex: number, body: Bytes | Uint8Array) =>
    module.functions.length + functions.push({type: typeIndex, body}) - 1
  const addGlobal = (valueType: Bytes, init: Bytes) =>
    module.globals.length + globals.push([...valueType, 1, ...init, END]) - 1
  const addTable = (size: number) => module.tables.length + tables.push(funcrefTable(size)) - 1
  const addReference = () => addTable(1)

  const imported = importedCount(module, 'memory')
  const hookType = module.memories.length > imported ? type([I64], [I32]) : 0
  const budget =
    module.memories.length > imported
      ? {left: addGlobal([I64], constant('i64', 0n)), hook: addReference()}
      : undefined
  const memories = module.memories.map(({limits}, index): MemoryHelpers => {
    const value = VALUE[limits.address]
    // Needed by the calls as well, which are written when the types are out.
    const sizeType = type([], [value])
    const growType = type([value], [value])
    if (index < imported) return {sizeGlobal: undefined, size: addReference(), grow: addReference()}
    const sizeGlobal = addGlobal([value], constant(limits.address, 0n))
    const largest = LARGEST[limits.address]
    const max = limits.max === undefined || limits.max > largest ? largest : limits.max
    return {
      sizeGlobal,
      size: addFunction(sizeType, [0, ...globalGet(sizeGlobal), END]),
      grow: addFunction(growType, growBody(limits.address, {index, sizeGlobal, max, ...budget!, hookType})),
    }
  })

  const dropFlags = new Map<number, number>()
  for (const segment of [...facts.dropped].sort((a, b) => a - b))
    dropFlags.set(segment, addGlobal([I32], constant('i32', 0n)))
  const bits = new Map<number, {get: number; set: number}>()
  for (const {index, type: valueType} of globalsOfState) {
    const as = BITS[valueType]
    if (as === undefined) continue
    const get = [0, ...globalGet(index), as.toBits, END]
    const set = [0, ...localGet(0), as.fromBits, ...globalSet(index), END]
    bits.set(index, {get: addFunction(type([], [as.type]), get), set: addFunction(type([as.type], []), set)})
  }
  const {checkCall, callee} = callHelpers(facts, {type, addFunction, addReference})
  const dispatches = new Map<number, Dispatch>()
  const add = {type, function: addFunction, table: addTable}
  for (const [table, routes] of facts.calls.routes)
    dispatches.set(table, new Dispatch(module, table, {routes, add}))
  const inits = new Map<string, number>()
  const initFunction = (segment: number, memory: number): number => {
    const key = `${segment} ${memory}`
    const known = inits.get(key)
    if (known !== undefined) return known
    const value = VALUE[module.memories[memory]?.limits.address ?? 'i32']
    const body = initBody(dropFlags.get(segment)!, segment, memory)
    const index = addFunction(type([value, I32, I32], []), body)
    inits.set(key, index)
    return index
  }
  // All helpers must be known before code is written, and in an order that the module alone decides.
  facts.edits.forEach(edit => {
    if (edit.kind === 'init') initFunction(edit.segment, edit.memory)
  })

  const replacement = (edit: Edit): Bytes => {
    if (edit.kind === 'drop') return [...constant('i32', 1n), ...globalSet(dropFlags.get(edit.segment)!)]
    if (edit.kind === 'check') return checkCall
    if (edit.kind === 'ask') return ASK
    if (edit.kind === 'call-ref') return [...keep(callee!), ...callOnly(edit.type, callee!.table)]
    if (edit.kind === 'return-call-ref')
      return [...keep(callee!), ...ASK, ...returnCallOnly(edit.type, callee!.table)]
    if (edit.kind === 'locals') return edit.declared
    if ('table' in edit) {
      const local = facts.calls.locals.get(edit.body)!
      const tail = edit.kind === 'return-table-call'
      return dispatches.get(edit.table)!.call(edit.type, {tail, local})
    }
    if (edit.kind === 'init') return [0x10, ...unsigned(initFunction(edit.segment, edit.memory))]
    const memory = memories[edit.memory]
    // The module is not valid; V8 will say so.
    if (memory === undefined) return [0x00]
    const value = VALUE[module.memories[edit.memory]!.limits.address]
    if (edit.memory < imported)
      return edit.kind === 'size'
        ? callOnly(type([], [value]), memory.size)
        : callOnly(type([value], [value]), memory.grow)
    return edit.kind === 'size' ? globalGet(memory.sizeGlobal!) : [0x10, ...unsigned(memory.grow)]
  }
  return {types, functions, globals, tables, memories, budget, bits, dropFlags, dispatches, replacement}
}

type Callee = Readonly<{table: number; set: number}>

const keep = ({set}: Callee): Bytes => [0x10, ...unsigned(set)]

/** What checks need, and calls of references: both are rare. */
function callHelpers(
  facts: CodeFacts,
  {
    type,
    addFunction,
    addReference,
  }: Readonly<{
    type: (params: Bytes, results: Bytes) => number
    addFunction: (type: number, body: Bytes) => number
    addReference: () => number
  }>,
): {checkCall: Bytes; callee: Callee | undefined} {
  const has = (...kinds: Edit['kind'][]) => facts.edits.some(({kind}) => kinds.includes(kind))
  const checkCall = has('check') ? [0x10, ...unsigned(addFunction(type([], []), [0, ...ASK, END]))] : []
  if (!has('call-ref', 'return-call-ref')) return {checkCall, callee: undefined}
  const table = addReference()
  const body = [0, 0x41, 0, ...localGet(0), 0x26, ...unsigned(table), END]
  return {checkCall, callee: {table, set: addFunction(type([FUNCREF], []), body)}}
}

type Growth = Readonly<{
  index: number
  sizeGlobal: number
  max: bigint
  left: number
  hook: number
  hookType: number
}>

/**
 * memory.grow on the virtual size: within the declared maximum, within the budget (asking the hook for more), for real
 * only where the memory itself is shorter. Locals: 0 the pages asked for, 1 the same as i64, 2 the pages that are missing.
 */
function growBody(address: Address, {index, sizeGlobal, max, left, hook, hookType}: Growth): Bytes {
  const wide = toI64(address)
  const size = [...globalGet(sizeGlobal), ...wide]
  const refuse = [...constant(address, -1n), RETURN]
  const overBudget = [...localGet(1), ...globalGet(left), I64_GT_U]
  return [
    ...[1, 2, I64],
    ...[...localGet(0), ...wide, ...localSet(1)],
    ...[...localGet(1), ...constant('i64', max), ...size, I64_SUB, I64_GT_U, ...when(...refuse)],
    ...overBudget,
    ...when(
      ...[...onlyIsNull(hook), ...when(...refuse)],
      ...[...localGet(1), ...globalGet(left), I64_SUB, ...callOnly(hookType, hook)],
      ...[0x45, ...when(...refuse)],
      ...[...overBudget, ...when(...refuse)],
    ),
    ...[...size, ...localGet(1), I64_ADD, 0x3f, ...unsigned(index), ...wide, I64_SUB, ...localSet(2)],
    ...[...localGet(2), ...constant('i64', 0n), I64_GT_S],
    ...when(
      ...[...localGet(2), ...fromI64(address), 0x40, ...unsigned(index)],
      ...[...constant(address, -1n), address === 'i32' ? 0x46 : 0x51, ...when(...refuse)],
    ),
    ...[...globalGet(left), ...localGet(1), I64_SUB, ...globalSet(left)],
    ...globalGet(sizeGlobal),
    ...[
      ...globalGet(sizeGlobal),
      ...localGet(0),
      address === 'i32' ? 0x6a : I64_ADD,
      ...globalSet(sizeGlobal),
    ],
    END,
  ]
}

/** memory.init of a segment that may have been dropped: then it has no bytes. Locals: destination, source, length. */
function initBody(flag: number, segment: number, memory: number): Bytes {
  return [
    0,
    ...[...globalGet(flag), ...when(...localGet(1), ...localGet(2), 0x72, ...when(0x00))],
    ...[...localGet(0), ...localGet(1), ...localGet(2)],
    ...[0xfc, 8, ...unsigned(segment), ...unsigned(memory), END],
  ]
}
