// engine/core/code-pass.ts: passes the most common instructions of a code section at the speed of compiled code.
//
// A module of 10 MB is walked whole before it runs, once, when JavaScript is not compiled yet. Wasm is at its first call.
import {type OpcodeSet, SHAPE} from './code.ts'
import {concat, name, section, unsigned} from './writer.ts'

/** Where the first instruction from `at` on is that must be looked at; `end` or more if there is none before. */
export type Pass = (at: number, end: number) => number

/** The code lies behind the table of shapes. */
const CODE = 256

/** A number that has no end stops in the zeros behind the code. */
const BEHIND = 16

const PAGE = 65_536

const AT = [0x20, 0] as const
const END = [0x20, 1] as const
const SET_AT = [0x21, 0] as const
const load8 = (offset: number) => [0x2d, 0, offset]
const NEXT_BYTE = [...AT, 0x41, 1, 0x6a] as const
/** Moves to the last byte of the number that starts at the next byte. */
const SKIP = [0x03, 0x40, ...NEXT_BYTE, 0x22, 0, ...load8(0), 0x41, 0x80, 1, 0x4f, 0x0d, 0, 0x0b] as const
const BLOCK = [0x02, 0x40] as const
const BLOCK_END = 0x0b
const branch = (depth: number) => [0x0c, depth]
const branchIf = (depth: number) => [0x0d, depth]

/** Which of the blocks below ends where a shape is passed: those shapes have the smallest numbers. */
const LABELS: number[] = []
LABELS[SHAPE.none] = 0
LABELS[SHAPE.blockType] = 1
LABELS[SHAPE.memoryArgument] = 2
LABELS[SHAPE.twoIndices] = 3
LABELS[SHAPE.index] = 4
const STOP = 5

/** (func (param $at i32) (param $end i32) (result i32)), as `Pass` says. */
const BODY = [
  ...[0, 0x03, 0x40],
  ...[...BLOCK, ...BLOCK, ...BLOCK, ...BLOCK, ...BLOCK, ...BLOCK],
  ...[...AT, ...END, 0x4f, ...branchIf(STOP)],
  ...[...AT, ...load8(0), ...load8(0)],
  ...[0x0e, LABELS.length, ...LABELS, STOP],
  BLOCK_END,
  ...[...NEXT_BYTE, ...SET_AT, ...branch(5)],
  BLOCK_END,
  // Block types that are references have more bytes.
  ...[...AT, ...load8(1), 0x41, 0xe3, 0, 0x46, ...branchIf(3)],
  ...[...AT, ...load8(1), 0x41, 0xe4, 0, 0x46, ...branchIf(3)],
  ...branch(2),
  BLOCK_END,
  // Memory arguments that name a memory have a number more.
  ...[...AT, ...load8(1), 0x41, 0xc0, 0, 0x4f, ...branchIf(2)],
  BLOCK_END,
  ...SKIP,
  BLOCK_END,
  ...[...SKIP, ...NEXT_BYTE, ...SET_AT, ...branch(1)],
  BLOCK_END,
  ...[...AT, 0x0f],
  BLOCK_END,
  ...[0x00, BLOCK_END],
]

let module: WebAssembly.Module | undefined

function compiled(): WebAssembly.Module {
  module ??= new WebAssembly.Module(
    concat([
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, [[1, 0x60, 2, 0x7f, 0x7f, 1, 0x7f]]),
      ...section(2, [[1, ...name(''), ...name('m'), 2, 0, 1]]),
      ...section(3, [[1, 0]]),
      ...section(7, [[1, ...name('pass'), 0, 0]]),
      ...section(10, [[1, ...unsigned(BODY.length), ...BODY]]),
    ]),
  )
  return module
}

/** For the code in [start, end) of `bytes`; positions are those in `bytes`. */
export function passOver(bytes: Uint8Array, start: number, end: number, wanted: OpcodeSet): Pass {
  const memory = new WebAssembly.Memory({initial: Math.ceil((CODE + end - start + BEHIND) / PAGE)})
  const copy = new Uint8Array(memory.buffer)
  copy.set(wanted.passed)
  copy.set(bytes.subarray(start, end), CODE)
  const shift = CODE - start
  const {exports} = new WebAssembly.Instance(compiled(), {'': {m: memory}})
  const pass = exports['pass'] as Pass
  return (at, limit) => pass(at + shift, limit + shift) - shift
}
