// engine/snapshot/lean-dispatch.ts: the code and the tables of routes (lean-routes.ts).
//
// A block's function takes the entry behind the arguments, so that these already are where the function wanted takes them,
// and goes on there by a tail call: no frame is added, and none is seen in a trace.
import type {CoreModule, FuncSignature} from '../core/module.ts'
import {importedCount} from '../core/module-decode.ts'
import {signed, unsigned, writeUnsigned} from '../core/writer.ts'
import {BLOCK_BITS, blockOf, keyOf, type Route, type Routes} from './lean-routes.ts'

type Bytes = readonly number[]

const OP = {
  block: 0x02,
  end: 0x0b,
  branchTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  localGet: 0x20,
  localTee: 0x22,
  constant: 0x41,
  add: 0x6a,
  sub: 0x6b,
  shiftRight: 0x76,
} as const
const EMPTY = 0x40
/** Bytes that a few instructions have at most. */
const SHORT = 24

const localGet = (local: number): Bytes => [OP.localGet, ...unsigned(local)]
const constant = (value: number): Bytes => [OP.constant, ...signed(BigInt(value))]

/** What adds to the module; the index of what is added. */
export type Add = Readonly<{
  type(params: Bytes, results: Bytes): number
  function(type: number, body: Uint8Array): number
  table(size: number): number
}>

const VALUE: Readonly<Record<string, number>> = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
}
const bytesOfTypes = (types: readonly string[]): number[] => types.map(type => VALUE[type]!)

/** What calls through one table are made into. */
export class Dispatch {
  /** How long the table is now. */
  readonly length: number
  /** The functions of its entries, and of its blocks, as they are written in the element section. */
  readonly segments: readonly Bytes[]
  readonly #module: CoreModule
  readonly #table: number
  readonly #blocks: number
  readonly #routes: Routes
  readonly #add: Add
  readonly #calls = new Map<string, Bytes>()

  constructor(module: CoreModule, table: number, {routes, add}: Readonly<{routes: Routes; add: Add}>) {
    this.#module = module
    this.#table = table
    this.#routes = routes
    this.#add = add
    this.#blocks = add.table(routes.lengths.blocks)
    this.length = routes.lengths.entries
    const all = [...routes.bySignature.values()]
    const entries = all.filter(({kind}) => kind === 'entries').flatMap(route => this.#entries(route))
    const blocks = all.filter(({kind}) => kind === 'blocks').flatMap(route => this.#functions(route))
    this.segments = [...segments(table, entries), ...segments(this.#blocks, blocks)]
  }

  /** Instead of the instruction; `local` is one of the function's that holds nothing. */
  call(type: number, {tail, local}: Readonly<{tail: boolean; local: number}>): Bytes {
    const key = `${type} ${tail} ${local}`
    const known = this.#calls.get(key) ?? this.#callWith(type, tail, local)
    this.#calls.set(key, known)
    return known
  }

  #callWith(type: number, tail: boolean, local: number): Bytes {
    const {signature} = this.#module.types[type] as {signature: FuncSignature}
    const {kind, first, slot} = this.#routes.bySignature.get(keyOf(signature))!
    const toSlot = [...constant(slot - first), OP.add, tail ? OP.returnCallIndirect : OP.callIndirect]
    if (kind === 'entries') return [...toSlot, ...unsigned(type), ...unsigned(this.#table)]
    const callee = [...unsigned(this.#blockType(signature)), ...unsigned(this.#blocks)]
    const kept = [OP.localTee, ...unsigned(local), ...localGet(local)]
    return [...kept, ...constant(BLOCK_BITS), OP.shiftRight, ...toSlot, ...callee]
  }

  #entries({first, slot, entries}: Route): Placed[] {
    return entries.map(entry => [entry - first + slot, this.#routes.table[entry]!])
  }

  #functions({first, slot, signature, entries}: Route): Placed[] {
    const type = this.#blockType(signature)
    return [...Map.groupBy(entries, blockOf)].map(([number, members]) => [
      number - first + slot,
      this.#add.function(type, this.#blockBody(signature, members)),
    ])
  }

  #blockType({params, results}: FuncSignature): number {
    return this.#add.type([...bytesOfTypes(params), VALUE['i32']!], bytesOfTypes(results))
  }

  /** Values of its table of branches ascend; an arm follows the end of each block, the function's end all of them. */
  /** Branches by the entry to the end of one of as many blocks, behind which the call is; the trap is behind the last. */
  #blockBody({params, results}: FuncSignature, entries: readonly number[]): Uint8Array {
    const args = params.flatMap((_, i) => localGet(i))
    const type = this.#add.type(bytesOfTypes(params), bytesOfTypes(results))
    const first = entries[0]!
    const depths = new Uint32Array(entries.at(-1)! - first + 1).fill(entries.length)
    const code = new Uint8Array(SHORT + depths.length * 2 + (entries.length + 1) * (args.length + SHORT))
    let at = 1
    const put = (bytes: Bytes): void => {
      for (const byte of bytes) code[at++] = byte
    }
    for (let i = 0; i <= entries.length; i++) put([OP.block, EMPTY])
    put([...localGet(params.length), ...constant(first), OP.sub, OP.branchTable])
    at = writeUnsigned(code, at, depths.length)
    entries.forEach((entry, i) => {
      depths[entry - first] = i
    })
    for (const depth of depths) at = writeUnsigned(code, at, depth)
    at = writeUnsigned(code, at, entries.length)
    const imported = importedCount(this.#module, 'func')
    for (const entry of entries) {
      const target = this.#routes.table[entry]!
      code[at++] = OP.end
      put(args)
      // Imports are not called by tail calls: they may suspend.
      code[at++] = target < imported ? OP.call : OP.returnCall
      at = writeUnsigned(code, at, target)
      if (target < imported) code[at++] = OP.return
    }
    code[at++] = OP.end
    put(args)
    // V8 traps there as at the entry itself: none has a function of this type.
    put([...constant(0), OP.callIndirect, ...unsigned(type), ...unsigned(this.#table), OP.end])
    return code.subarray(0, at)
  }
}

type Placed = readonly [slot: number, target: number]

/** Active ones, each of functions that stand side by side. Slots ascend. */
function segments(table: number, placed: readonly Placed[]): Bytes[] {
  const runs: Placed[][] = []
  for (const each of placed) {
    const run = runs.at(-1)
    if (run !== undefined && run[0]![0] + run.length === each[0]) run.push(each)
    else runs.push([each])
  }
  return runs.map(run => [
    ...[2, ...unsigned(table), ...constant(run[0]![0]), OP.end],
    ...[0, ...unsigned(run.length), ...run.flatMap(([, target]) => unsigned(target))],
  ])
}
