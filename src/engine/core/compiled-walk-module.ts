// engine/core/compiled-walk-module.ts: the wasm that walks function bodies, several at once.
//
// Where an instruction ends is known only when it has been looked at, and a processor that waits for that can do as much for
// other bodies meanwhile: each lane is in a body of its own. Most instructions are passed without a branch, which would be
// guessed wrongly too often: a number ends at the first byte whose highest bit is not set.
import {
  ADD,
  AND,
  block,
  branch,
  branchIf,
  bytesOf,
  type Code,
  call,
  constant,
  constant64,
  END,
  EQ,
  EQZ,
  either,
  GE,
  get,
  I32,
  I64,
  I64_AND,
  I64_CTZ,
  I64_EQZ,
  I64_SHIFT,
  I64_XOR,
  LT,
  load8,
  load32,
  load64,
  loop,
  NE,
  OR,
  SHL,
  SUB,
  set,
  store32,
  tee,
  WRAP,
  when,
} from './assembly.ts'
import {EXCEPTIONS, IDLE, IDLE_END, LANE, LANES, laneAt, STOPS} from './compiled-walk-layout.ts'
import {cell, FUNC, numberCode, passCode, takeCode} from './compiled-walk-steps.ts'
import {concat, name, section, unsigned} from './writer.ts'

// Locals: each lane has one of each kind.
const at = (lane: number): number => lane
const end = (lane: number): number => LANES + lane
const unusual = (lane: number): number => 2 * LANES + lane
const RESULT = 3 * LANES
const word = (lane: number): number => RESULT + 1 + lane
const stops = (lane: number): number => RESULT + 1 + LANES + lane
const LOCALS: Code = [2, RESULT + 1, I32, 2 * LANES, I64]

const lanes = (code: (lane: number) => Code): Code => Array.from({length: LANES}, (_, lane) => code(lane))
const any = (code: (lane: number) => Code): Code =>
  (lanes(code) as readonly Code[]).reduce((one, other) => either(one, other))

/** Ends the function, from so deep within its outermost block. */
const tell = (lane: number, depth: number): Code => [constant(lane), set(RESULT), branch(depth)]
const rest = (lane: number): Code => [constant(IDLE), set(at(lane))]
const restore = (lane: number): Code => [
  [cell(laneAt(lane) + LANE.at), set(at(lane))],
  [cell(laneAt(lane) + LANE.end), set(end(lane))],
]

/** A lane at the end of its body takes another. */
const refill = (lane: number): Code =>
  block(
    loop(
      [get(at(lane)), get(end(lane)), LT, branchIf(1)],
      [get(end(lane)), constant(IDLE_END), EQ, when(rest(lane), branch(2))],
      [get(at(lane)), get(end(lane)), NE],
      [get(at(lane)), constant(1), SUB, load8(0), constant(END), NE],
      [OR, when(tell(lane, 4))],
      [constant(laneAt(lane)), call(FUNC.take), tee(RESULT), EQZ],
      when(rest(lane), constant(IDLE_END), set(end(lane)), branch(2)),
      restore(lane),
      [get(RESULT), constant(2), EQ, when(tell(lane, 4)), branch(0)],
    ),
  )

/** Looks at the instruction: where it would end, and whether it is as usual. */
function look(lane: number): Code {
  const opcode = [get(word(lane)), WRAP, constant(0xff), AND]
  return [
    [get(at(lane)), load64(0), set(word(lane))],
    // The highest bit of the opcode says nothing of its end.
    [get(word(lane)), constant64(~0x80n), I64_AND, constant64(-1n), I64_XOR],
    [opcode, constant(3), SHL, load64(STOPS), I64_AND, tee(stops(lane)), I64_EQZ],
    [opcode, constant(2), SHL, load32(EXCEPTIONS), get(word(lane)), WRAP, AND],
    [OR, set(unusual(lane))],
  ]
}

const passUnusual = (lane: number): Code => [
  get(unusual(lane)),
  when(
    [get(at(lane)), constant(laneAt(lane)), call(FUNC.pass), tee(RESULT)],
    [get(at(lane)), EQ, when(tell(lane, 5)), get(RESULT), set(at(lane))],
  ),
]

const passUsual = (lane: number): Code => [
  [get(stops(lane)), I64_CTZ, constant64(3n), I64_SHIFT, WRAP],
  [get(at(lane)), ADD, constant(1), ADD, set(at(lane))],
]

/**
 * (func (result i32)): goes on until something must be looked at: an instruction, a body that is long or malformed. Returns
 * the lane of it, LANES when there is nothing left to walk.
 */
const walkCode = (): Code => [
  lanes(restore),
  block(
    loop(
      lanes(refill),
      lanes(lane => [get(end(lane)), constant(IDLE_END), EQ, lane === 0 ? [] : AND]),
      when(tell(LANES, 2)),
      loop(
        [any(lane => [get(at(lane)), get(end(lane)), GE]), branchIf(1)],
        lanes(look),
        any(lane => get(unusual(lane))),
        when(lanes(passUnusual), branch(1)),
        lanes(passUsual),
        branch(0),
      ),
    ),
  ),
  lanes(lane => [
    [constant(0), get(at(lane)), store32(laneAt(lane) + LANE.at)],
    [constant(0), get(end(lane)), store32(laneAt(lane) + LANE.end)],
  ]),
  get(RESULT),
]

const func = (locals: Code, code: Code): number[] => {
  const body = bytesOf([locals, code, END])
  return [...unsigned(body.length), ...body]
}

/** Imports the memory, exports `walk`. */
export function walkModule(): Uint8Array {
  return concat([
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[3, 0x60, 1, I32, 1, I32, 0x60, 2, I32, I32, 1, I32, 0x60, 0, 1, I32]]),
    ...section(2, [[1, ...name(''), ...name('m'), 2, 0, 1]]),
    ...section(3, [[4, 0, 1, 0, 2]]),
    ...section(6, [[1, I32, 1, 0x41, 0, END]]),
    ...section(7, [[1, ...name('walk'), 0, FUNC.walk]]),
    ...section(10, [
      [4],
      func([1, 2, I32], numberCode()),
      func([1, 1, I32], passCode()),
      func([1, 4, I32], takeCode()),
      func(LOCALS, walkCode()),
    ]),
  ])
}
