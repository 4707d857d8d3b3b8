// engine/snapshot/snapshot.fixtures.ts: guests and sandboxes for the tests of this room.
import {parse} from '@bytecodealliance/jco'
import {adoptInstance, applyData} from './adopt-instance.ts'
import type {MemoryBudget} from './budget.ts'
import {type LeanModule, makeLean} from './lean.ts'
import type {CoreInstanceState, CoreState} from './snapshot.ts'

export type Guest = Record<string, (...args: any[]) => any>

export const wasm = (text: string): Promise<Uint8Array> => parse(text)

export type Built = Readonly<{lean: LeanModule; module: WebAssembly.Module; bytes: Uint8Array}>

export async function build(text: string): Promise<Built> {
  const bytes = await wasm(text)
  const lean = makeLean(bytes)
  return {lean, module: new WebAssembly.Module(lean.bytes as Uint8Array<ArrayBuffer>), bytes}
}

/** A fresh instance, adopted but not initialised. */
export function instantiate(
  {lean, module}: Built,
  imports: WebAssembly.Imports = {},
  budget?: MemoryBudget,
): CoreInstanceState {
  const {exports} = new WebAssembly.Instance(module, imports)
  adoptInstance(lean, exports, budget === undefined ? {} : {budget})
  return {lean, exports}
}

/** Applies data and calls the start function. */
export function initialise(state: CoreState): void {
  for (const {lean, exports} of state) {
    applyData(lean, exports)
    if (lean.start !== undefined) (exports as Guest)[lean.start]!()
  }
}

export const guestOf = (instance: CoreInstanceState): Guest => instance.exports as Guest

/** Three memories in all: a main one, a 64-bit one beside it, and a neighbour's own; the neighbour grows the main one. */
export const MAIN = `(module
  (memory $m (export "memory") 3 260)
  (memory $w (export "wide") i64 1 200)
  (table $t (export "table") 6 20 funcref)
  (global $a (mut i32) (i32.const 11))
  (global $b (mut i64) (i64.const -12))
  (global $c (mut f64) (f64.const nan:0xc000000000123))
  (global $d (mut f32) (f32.const -1.5))
  (global $f (mut funcref) (ref.null func))
  (elem (table $t) (i32.const 1) func $one $two)
  (elem declare func $one $two)
  (data (memory $m) (i32.const 65530) "across the border of two pages")
  (data (memory $m) (i32.const 4096) "\\01\\02\\03")
  (data (memory $w) (i64.const 100) "wide")
  (func $one (export "one") (result i32) i32.const 1)
  (func $two (result i32) i32.const 2)
  (func $start i32.const 140000 i32.const 77 i32.store
    global.get $a i32.const 1 i32.add global.set $a)
  (start $start)
  (func (export "size") (result i32) memory.size)
  (func (export "grow") (param i32) (result i32) local.get 0 memory.grow)
  (func (export "wideSize") (result i64) memory.size $w)
  (func (export "wideGrow") (param i64) (result i64) local.get 0 memory.grow $w)
  (func (export "store") (param i32 i32) local.get 0 local.get 1 i32.store8)
  (func (export "load") (param i32) (result i32) local.get 0 i32.load8_u)
  (func (export "fill") (param i32 i32 i32) local.get 0 local.get 1 local.get 2 memory.fill)
  (func (export "wideStore") (param i64 i32) local.get 0 local.get 1 i32.store8 $w)
  (func (export "setGlobals") (param i32 i64 f64) local.get 0 global.set $a local.get 1 global.set $b local.get 2 global.set $c
    ref.func $one global.set $f)
  (func (export "swap") (param i32) local.get 0 ref.func $two table.set $t)
  (func (export "clear") (param i32) local.get 0 ref.null func table.set $t)
  (func (export "growTable") (param i32) (result i32) ref.func $one local.get 0 table.grow $t))`

export const NEIGHBOUR = `(module
  (import "main" "memory" (memory $m 2))
  (memory $own (export "own") 1 50)
  (global $g (mut i32) (i32.const 3))
  (func (export "size") (result i32) memory.size $m)
  (func (export "grow") (param i32) (result i32) local.get 0 memory.grow $m)
  (func (export "store") (param i32 i32) local.get 0 local.get 1 i32.store8 $m)
  (func (export "ownGrow") (param i32) (result i32) local.get 0 memory.grow $own)
  (func (export "ownStore") (param i32 i32) local.get 0 local.get 1 i32.store8 $own)
  (func (export "set") (param i32) local.get 0 global.set $g))`

export type Pair = Readonly<{state: CoreState; main: Guest; neighbour: Guest}>

/** One sandbox of both guests. */
export async function pairOfGuests(): Promise<(budget?: MemoryBudget) => Pair> {
  const main = await build(MAIN)
  const neighbour = await build(NEIGHBOUR)
  return budget => {
    const first = instantiate(main, {}, budget)
    const second = instantiate(neighbour, {main: first.exports} as unknown as WebAssembly.Imports, budget)
    return {state: [first, second], main: guestOf(first), neighbour: guestOf(second)}
  }
}

/**
 * Two guests of which nothing runs at first; the second puts data into the first one's memory, over what is there, and
 * where an imported global says (100).
 */
export async function quietPair(last = 3 * 65_536 - 4): Promise<() => CoreState> {
  const one = await build(`(module
    (memory (export "memory") 3) (memory (export "wide") i64 1 9)
    (global (export "at") i32 (i32.const 100)) (global (mut i32) (i32.const 5)) (global (mut f64) (f64.const 0.1))
    (data (i32.const 100) "abcdef") (data (i32.const 65530) "across the border")
    (data (memory 1) (i64.const 7) "wide") (data (i32.const ${last}) "last"))`)
  const other = await build(`(module
    (import "one" "memory" (memory 1)) (import "one" "at" (global $at i32)) (memory 2)
    (data (i32.add (global.get $at) (i32.const 2)) "XY") (data (memory 1) (i32.const 0) "own"))`)
  return () => {
    const first = instantiate(one)
    return [first, instantiate(other, {one: first.exports} as unknown as WebAssembly.Imports)]
  }
}
