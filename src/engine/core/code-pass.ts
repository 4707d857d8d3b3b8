// engine/core/code-pass.ts: passes the most common instructions of a code section at the speed of compiled code.
//
// A module of 10 MB is walked whole before it runs, once, when JavaScript is not compiled yet. Wasm is at its first call.
import {MayflyError} from '../../base/errors.ts'
import {type OpcodeSet, SHAPE} from './code.ts'
import {concat, name, section, signed, unsigned} from './writer.ts'

/** Where the first instruction from `at` on is that must be looked at; `end` or more if there is none before. */
export type Pass = (at: number, end: number) => number

export type Passer = Readonly<{
  pass: Pass
  /** Whether a loop was passed since this was last asked. */
  passedLoop(): boolean
}>

/** In memory: three tables by opcode, of lengths, of exceptions to them, of shapes; a flag for loops; a part of the code. */
const LENGTHS = 0
const SHAPES = 256
const EXCEPTIONS = 512
const LOOP_FLAG = 1536
const CODE = 1552

/** A number that has no end stops in the zeros behind the code. */
const BEHIND = 16

const PAGE = 65_536
/** At least so much of the code is copied at once: what is still in the processor's cache when it is read. */
const WINDOW = 8 * PAGE - CODE - BEHIND

const LOOP = 0x03
/** Beyond those of SHAPE: has a block type, and is remembered. */
const LOOP_SHAPE = SHAPE.unknown + 1

/** By shape: how long an instruction is when its numbers have a byte each, and the bits that are set in it when it is not. */
const USUAL: Readonly<Record<number, readonly [length: number, exceptions: number]>> = {
  [SHAPE.none]: [1, 0],
  [SHAPE.index]: [2, 0x8000],
  [SHAPE.twoIndices]: [3, 0x80_8000],
  [SHAPE.memoryArgument]: [3, 0x80_c000],
  [SHAPE.blockType]: [2, 0xa000],
  [SHAPE.bytes4]: [5, 0],
  [SHAPE.bytes8]: [9, 0],
}
/** The opcode's own bits. Zero, which has none, is usual. */
const ALWAYS = [0, 0xff] as const

const constant = (value: number) => [0x41, ...signed(BigInt(value))]
const AT = [0x20, 0] as const
const END = [0x20, 1] as const
const COUNT = [0x20, 2] as const
const SHIFT = [0x20, 3] as const
const OPCODE = COUNT
const set = (local: number) => [0x21, local]
const tee = (local: number) => [0x22, local]
const load8 = (offset: number) => [0x2d, 0, ...unsigned(offset)]
const load32 = (offset: number) => [0x28, 0, ...unsigned(offset)]
const ADD = 0x6a
const OR = 0x72
const AND = 0x71
const SHL = 0x74
const EQ = 0x46
const NE = 0x47
const GE = 0x4f
const branch = (depth: number) => [0x0c, depth]
const branchIf = (depth: number) => [0x0d, depth]
const BLOCK = [0x02, 0x40] as const
const LOOP_BACK = [0x03, 0x40] as const
const BLOCK_END = 0x0b
const byteAfter = [...AT, ...load8(1)]
const move = (bytes: number) => [...AT, ...constant(bytes), ADD, ...set(0)]
/** Moves to the last byte of the number that starts at the next byte. */
const SKIP = [
  ...[...LOOP_BACK, ...move(1), ...AT, ...load8(0), ...constant(0x80), GE],
  ...[...branchIf(0), BLOCK_END],
]

/** Each has a block that ends where its shape is passed, the first the innermost. Some go on in the next. */
const LABELS: readonly number[] = [
  SHAPE.none,
  LOOP_SHAPE,
  SHAPE.blockType,
  SHAPE.memoryArgument,
  SHAPE.twoIndices,
  SHAPE.index,
  SHAPE.bytes4,
  SHAPE.bytes8,
  SHAPE.branchTable,
]
/** Of the block around them, seen from the innermost; behind it the walk stops, around it is the loop that goes on. */
const STOP = LABELS.length
/** What goes to the block of a label, out of that of another; the loop is beyond the last two. */
const out = (from: number, to: number) => LABELS.indexOf(to) - LABELS.indexOf(from) - 1
const stopOutOf = (from: number) => STOP - LABELS.indexOf(from) - 1
const onOutOf = (from: number) => stopOutOf(from) + 1

/** (func (param $at i32) (param $end i32) (result i32) (local $count i32) (local $shift i32)), as `Pass` says. */
const BODY = [
  ...[1, 2, 0x7f],
  ...[...LOOP_BACK, ...BLOCK, ...LABELS.flatMap(() => BLOCK)],
  // What is of the usual length, one after the other.
  ...[...BLOCK, ...LOOP_BACK],
  ...[...AT, ...END, GE, ...branchIf(STOP + 2)],
  ...[...AT, ...load8(0), ...tee(2), ...constant(2), SHL, ...load32(EXCEPTIONS)],
  ...[...AT, ...load32(0), AND, ...branchIf(1)],
  ...[...AT, ...OPCODE, ...load8(LENGTHS), ADD, ...set(0), ...branch(0)],
  ...[BLOCK_END, BLOCK_END],
  ...[...AT, ...load8(0), ...load8(SHAPES)],
  ...[0x0e, LOOP_SHAPE + 1],
  ...Array.from({length: LOOP_SHAPE + 1}, (_, shape) =>
    LABELS.includes(shape) ? LABELS.indexOf(shape) : STOP,
  ),
  STOP,
  BLOCK_END,
  ...[...move(1), ...branch(onOutOf(SHAPE.none))],
  BLOCK_END,
  ...[...constant(LOOP_FLAG), ...constant(1), 0x3a, 0, 0],
  BLOCK_END,
  // Block types that are references have more bytes.
  ...[...byteAfter, ...constant(0x63), EQ, ...branchIf(stopOutOf(SHAPE.blockType))],
  ...[...byteAfter, ...constant(0x64), EQ, ...branchIf(stopOutOf(SHAPE.blockType))],
  ...branch(out(SHAPE.blockType, SHAPE.index)),
  BLOCK_END,
  // Memory arguments that name a memory have a number more.
  ...[...byteAfter, ...constant(0x40), GE, ...branchIf(stopOutOf(SHAPE.memoryArgument))],
  BLOCK_END,
  ...SKIP,
  BLOCK_END,
  ...[...SKIP, ...move(1), ...branch(onOutOf(SHAPE.index))],
  BLOCK_END,
  ...[...move(5), ...branch(onOutOf(SHAPE.bytes4))],
  BLOCK_END,
  ...[...move(9), ...branch(onOutOf(SHAPE.bytes8))],
  BLOCK_END,
  // The number of labels, then one label more; none of them is beyond the end.
  ...[...constant(0), ...set(2), ...constant(0), ...set(3)],
  ...[...LOOP_BACK, ...move(1)],
  ...[...AT, ...load8(0), ...constant(0x7f), AND, ...SHIFT, SHL, ...COUNT, OR, ...set(2)],
  ...[...SHIFT, ...constant(7), ADD, ...set(3)],
  ...[...AT, ...load8(0), ...constant(0x80), GE, ...branchIf(0), BLOCK_END],
  ...[...BLOCK, ...LOOP_BACK, ...AT, ...END, GE, ...branchIf(1), ...SKIP],
  ...[...COUNT, 0x41, 0x7f, ADD, ...set(2), ...COUNT, 0x41, 0x7f, NE, ...branchIf(0), BLOCK_END, BLOCK_END],
  ...[...move(1), ...branch(onOutOf(SHAPE.branchTable))],
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

/**
 * For the code of `bytes`, which it reads from its start to its end; positions are those in `bytes`. `unreachable` cannot
 * be wanted.
 */
export function passOver(bytes: Uint8Array, wanted: OpcodeSet): Passer {
  if (wanted.plain[0] === 1) throw new MayflyError('INTERNAL', {reason: 'unreachable is always passed'})
  const memory = new WebAssembly.Memory({initial: (CODE + WINDOW + BEHIND) / PAGE})
  const {exports} = new WebAssembly.Instance(compiled(), {'': {m: memory}})
  const pass = exports['pass'] as Pass
  let copy = new Uint8Array(memory.buffer)
  const shapes = wanted.passed.with(
    LOOP,
    wanted.passed[LOOP] === SHAPE.blockType ? LOOP_SHAPE : SHAPE.unknown,
  )
  copy.set(shapes, SHAPES)
  const usual = Array.from(shapes, shape => USUAL[shape] ?? ALWAYS)
  copy.set(
    usual.map(([length]) => length),
    LENGTHS,
  )
  new Uint32Array(memory.buffer, EXCEPTIONS).set(usual.map(([, exceptions]) => exceptions))
  /** What of `bytes` is in the memory. */
  let [from, to] = [0, 0]
  const show = (start: number, end: number): void => {
    from = start
    to = Math.min(bytes.length, Math.max(end, start + WINDOW))
    const missing = CODE + to - from + BEHIND - copy.length
    if (missing > 0) {
      memory.grow(Math.ceil(missing / PAGE))
      copy = new Uint8Array(memory.buffer)
    }
    copy.set(bytes.subarray(from, to), CODE)
    copy.fill(0, CODE + to - from, CODE + to - from + BEHIND)
  }
  return {
    pass(at, end) {
      if (at < from || end > to) show(at, end)
      const shift = CODE - from
      return pass(at + shift, end + shift) - shift
    },
    passedLoop() {
      const passed = copy[LOOP_FLAG] === 1
      copy[LOOP_FLAG] = 0
      return passed
    },
  }
}
