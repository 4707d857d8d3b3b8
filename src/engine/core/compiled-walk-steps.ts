// engine/core/compiled-walk-steps.ts: of the wasm that walks function bodies, what it does now and then: pass an unusual
// instruction, take another body. What JavaScript does there is in code.ts.
import {
  ADD,
  AND,
  block,
  branch,
  branchIf,
  type Code,
  call,
  constant,
  EQ,
  EQZ,
  either,
  GE,
  GT,
  get,
  LT,
  load8,
  load32,
  loop,
  move,
  NE,
  OR,
  RETURN,
  SHL,
  SUB,
  set,
  store32,
  tee,
  when,
} from './assembly.ts'
import {SHAPE} from './code.ts'
import {LANE, LAST, LEFT, LONG, LOOP_SHAPE, NEXT, SHAPES} from './compiled-walk-layout.ts'

export const FUNC = {number: 0, pass: 1, take: 2, walk: 3} as const

/** The global that says where the number ended that was read last. */
const NUMBER_END = [0x23, 0] as const
const SET_NUMBER_END = [0x24, 0] as const

export const cell = (at: number): Code => [constant(0), load32(at)]

/** Moves to the last byte of the number that starts at the next byte. */
const skip = (at: number): Code => loop(move(at, 1), get(at), load8(0), constant(0x80), GE, branchIf(0))

/** (func (param $at i32) (result i32) (local $value $shift i32)): a number of 32 bits; the largest for one that is longer. */
export function numberCode(): Code {
  const [at, value, shift] = [0, 1, 2]
  const byte = [get(at), load8(0)]
  return [
    loop(
      [get(value), byte, constant(0x7f), AND, get(shift), SHL, OR, set(value)],
      [byte, constant(0x80), GE],
      when(
        [move(at, 1), get(shift), constant(7), ADD, tee(shift), constant(35), LT, branchIf(1)],
        [constant(-1), set(value)],
      ),
    ),
    [get(shift), constant(28), EQ, byte, constant(0x0f), GT, AND, when(constant(-1), set(value))],
    [get(at), constant(1), ADD, SET_NUMBER_END, get(value)],
  ]
}

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
/** From the code of a label to that of another, and to the end, where what is not passed goes at once. */
const out = (from: number, to: number): number => LABELS.indexOf(to) - LABELS.indexOf(from) - 1
const stop = (from: number): number => LABELS.length - LABELS.indexOf(from) - 1

/** (func (param $at $lane i32) (result i32) (local $count i32)): where the instruction ends; `at` if it must be looked at. */
export function passCode(): Code {
  const [at, lane, count] = [0, 1, 2]
  const byteAfter = [get(at), load8(1)]
  const dispatch = [
    [get(at), load8(0), load8(SHAPES), 0x0e, LOOP_SHAPE + 1],
    Array.from({length: LOOP_SHAPE + 1}, (_, shape) =>
      LABELS.includes(shape) ? LABELS.indexOf(shape) : LABELS.length,
    ),
    LABELS.length,
  ]
  /** By label, in their order. */
  const passes: readonly Code[] = [
    [move(at, 1), branch(stop(SHAPE.none))],
    [get(lane), constant(1), store32(LANE.loops)],
    [
      // Block types that are references have more bytes.
      [byteAfter, constant(0x63), EQ, branchIf(stop(SHAPE.blockType))],
      [byteAfter, constant(0x64), EQ, branchIf(stop(SHAPE.blockType))],
      branch(out(SHAPE.blockType, SHAPE.index)),
    ],
    // Memory arguments that name a memory have a number more.
    [byteAfter, constant(0x40), GE, branchIf(stop(SHAPE.memoryArgument))],
    [skip(at)],
    [skip(at), move(at, 1), branch(stop(SHAPE.index))],
    [move(at, 5), branch(stop(SHAPE.bytes4))],
    [move(at, 9), branch(stop(SHAPE.bytes8))],
    [
      // The number of labels, then one label more; none of them begins beyond the code.
      [get(at), constant(1), ADD, call(FUNC.number), set(count)],
      [NUMBER_END, constant(1), SUB, set(at)],
      block(
        loop(
          [get(at), cell(LAST), GE, branchIf(1), skip(at)],
          [get(count), constant(1), SUB, tee(count), constant(-1), NE, branchIf(0)],
        ),
      ),
      move(at, 1),
    ],
  ]
  return [block(passes.reduce((inner, code) => [block(inner), code], dispatch)), get(at)]
}

/**
 * (func (param $lane i32) (result i32) (local $at $size $end $groups i32)): 1 when the lane has the next body, 2 when that
 * is long, 0 when the next one is not here, or not whole.
 */
export function takeCode(): Code {
  const [lane, at, size, end, groups] = [0, 1, 2, 3, 4]
  const typeIs = (type: number) => [get(at), load8(1), constant(type), EQ]
  return [
    [either([cell(NEXT), cell(LAST), GE], [cell(LEFT), EQZ]), when(constant(0), RETURN)],
    [cell(NEXT), call(FUNC.number), set(size), NUMBER_END, set(at)],
    either([get(at), cell(LAST), GT], [get(size), cell(LAST), get(at), SUB, GT]),
    when(constant(0), RETURN),
    [get(lane), cell(NEXT), store32(LANE.from)],
    [get(lane), get(at), get(size), ADD, tee(end), store32(LANE.end)],
    [get(lane), constant(0), store32(LANE.loops)],
    [constant(0), get(end), store32(NEXT)],
    [constant(0), cell(LEFT), constant(1), SUB, store32(LEFT)],
    // Groups of locals: a count, and a type, which may be a reference.
    [get(at), call(FUNC.number), set(groups), NUMBER_END, constant(1), SUB, set(at)],
    block(
      loop(
        [either([get(groups), EQZ], [get(at), get(end), GE]), branchIf(1), skip(at)],
        [either(typeIs(0x63), typeIs(0x64)), when(move(at, 1)), skip(at)],
        [get(groups), constant(1), SUB, set(groups), branch(0)],
      ),
    ),
    [get(lane), get(at), constant(1), ADD, store32(LANE.at)],
    [get(size), cell(LONG), GT, constant(1), ADD],
  ]
}
