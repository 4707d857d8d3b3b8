// engine/snapshot/lean-dispatch.ts: the code and the tables of routes (lean-routes.ts).
//
// A block's function takes the entry behind the arguments, so that these already are where the function wanted takes them,
// and goes on there by a tail call: no frame is added, and none is seen in a trace.
import type {CoreModule, FuncSignature} from '../core/module.ts'
import {importedCount} from '../core/module-decode.ts'
import {PLAIN_TYPES} from '../core/value-type.ts'
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
/** Bytes of what is in each function once, and of what is in it for each entry but the arguments. */
const MOST_FIXED = 64
const MOST_OF_ARM = 10

/** Of the functions of a type: instructions that push the arguments and the entry, and that trap behind the arguments. */
type Frame = Readonly<{args: Uint8Array; entry: Bytes; trap: Bytes}>

const localGet = (local: number): Bytes => [OP.localGet, ...unsigned(local)]
const constant = (value: number): Bytes => [OP.constant, ...signed(BigInt(value))]

/** What adds to the module; the index of what is added. */
export type Add = Readonly<{
  type(params: Bytes, results: Bytes): number
  function(type: number, body: Uint8Array): number
  table(size: number): number
}>

const bytesOfTypes = (types: readonly string[]): number[] => types.map(type => PLAIN_TYPES[type]!)

/** With one type: what follows the entry on the stack, which must be in the local too if that is used. */
type Call = Readonly<{usesLocal: boolean; bytes: Bytes; withLocal: Bytes[]}>

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
  readonly #calls = new Map<number, Call>()
  readonly #imported: number

  constructor(module: CoreModule, table: number, {routes, add}: Readonly<{routes: Routes; add: Add}>) {
    this.#module = module
    this.#table = table
    this.#routes = routes
    this.#add = add
    this.#imported = importedCount(module, 'func')
    this.#blocks = add.table(routes.lengths.blocks)
    this.length = routes.lengths.entries
    const all = [...routes.bySignature.values()]
    const entries = all.filter(({kind}) => kind === 'entries').flatMap(route => this.#entries(route))
    const blocks = all.filter(({kind}) => kind === 'blocks').flatMap(route => this.#functions(route))
    this.segments = [...segments(table, entries), ...segments(this.#blocks, blocks)]
  }

  /** Instead of the instruction; `local` is one of the function's that holds nothing. */
  call(type: number, {tail, local}: Readonly<{tail: boolean; local: number}>): Bytes {
    const key = type * 2 + Number(tail)
    let call = this.#calls.get(key)
    if (call === undefined) this.#calls.set(key, (call = this.#callOf(type, tail)))
    const {usesLocal, bytes, withLocal} = call
    if (!usesLocal) return bytes
    const index = unsigned(local)
    return (withLocal[local] ??= [OP.localTee, ...index, OP.localGet, ...index, ...bytes])
  }

  #callOf(type: number, tail: boolean): Call {
    const {signature} = this.#module.types[type] as {signature: FuncSignature}
    const {kind, first, slot} = this.#routes.bySignature.get(keyOf(signature))!
    const usesLocal = kind === 'blocks'
    const callee = usesLocal ? [this.#blockType(signature), this.#blocks] : [type, this.#table]
    const bytes = [
      ...(usesLocal ? [...constant(BLOCK_BITS), OP.shiftRight] : []),
      ...[...constant(slot - first), OP.add],
      ...[tail ? OP.returnCallIndirect : OP.callIndirect, ...callee.flatMap(unsigned)],
    ]
    return {usesLocal, bytes, withLocal: []}
  }

  #entries({first, slot, entries}: Route): Placed[] {
    return entries.map(entry => [entry - first + slot, this.#routes.table[entry]!])
  }

  #functions({first, slot, signature, entries}: Route): Placed[] {
    const {params, results} = signature
    const type = this.#add.type(bytesOfTypes(params), bytesOfTypes(results))
    const frame = {
      args: Uint8Array.from(params.flatMap((_, i) => localGet(i))),
      entry: localGet(params.length),
      // V8 traps there as at the entry itself: none has a function of this type.
      trap: [...constant(0), OP.callIndirect, ...unsigned(type), ...unsigned(this.#table)],
    }
    const blockType = this.#blockType(signature)
    return [...Map.groupBy(entries, blockOf)].map(([number, members]) => [
      number - first + slot,
      this.#add.function(blockType, this.#blockBody(members, frame)),
    ])
  }

  #blockType({params, results}: FuncSignature): number {
    return this.#add.type([...bytesOfTypes(params), PLAIN_TYPES['i32']!], bytesOfTypes(results))
  }

  /** Branches by the entry to the end of one of as many blocks, behind which the call is; the trap is behind the last. */
  #blockBody(entries: readonly number[], {args, entry, trap}: Frame): Uint8Array {
    const {length} = entries
    const first = entries[0]!
    const depths = new Uint32Array(entries[length - 1]! - first + 1).fill(length)
    for (let i = 0; i < length; i++) depths[entries[i]! - first] = i
    const code = new Uint8Array(MOST_FIXED + depths.length * 2 + (length + 1) * (args.length + MOST_OF_ARM))
    const put = (bytes: ArrayLike<number>): void => {
      code.set(bytes, at)
      at += bytes.length
    }
    // No local declarations.
    let at = 1
    for (let i = 0; i <= length; i++) {
      code[at++] = OP.block
      code[at++] = EMPTY
    }
    put([...entry, ...constant(first), OP.sub, OP.branchTable])
    at = writeUnsigned(code, at, depths.length)
    for (let i = 0; i < depths.length; i++) at = writeUnsigned(code, at, depths[i]!)
    at = writeUnsigned(code, at, length)
    for (let i = 0; i < length; i++) {
      const target = this.#routes.table[entries[i]!]!
      // Imports are not called by tail calls: they may suspend.
      const isImported = target < this.#imported
      code[at++] = OP.end
      put(args)
      code[at++] = isImported ? OP.call : OP.returnCall
      at = writeUnsigned(code, at, target)
      if (isImported) code[at++] = OP.return
    }
    code[at++] = OP.end
    put(args)
    put([...trap, OP.end])
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
