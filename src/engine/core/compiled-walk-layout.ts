// engine/core/compiled-walk-layout.ts: the memory of the wasm that walks function bodies: tables, lanes, a part of the code.
import {SHAPE} from './code.ts'

/** So many bodies are walked at once. More have more numbers in them than a processor has registers for. */
export const LANES = 3

/** By opcode: bits of which the first that is set lies in the last byte; bits that must not be set; the shape. */
export const STOPS = 0
export const EXCEPTIONS = 2048
export const SHAPES = 3072

/** Beyond those of SHAPE: has a block type, and is remembered. */
export const LOOP_SHAPE = SHAPE.unknown + 1

const LANE_PLACE = 3328
const LANE_BYTES = 16
export const laneAt = (lane: number): number => LANE_PLACE + lane * LANE_BYTES
/** In a lane: where it is, where its body ends, where that begins with its size, whether a loop was passed. */
export const LANE = {at: 0, end: 4, from: 8, loops: 12} as const

const LANES_END = laneAt(LANES)
/** Where the next body begins, how many there are yet, where what is here of the code ends. */
export const NEXT = LANES_END
export const LEFT = LANES_END + 4
export const LAST = LANES_END + 8
/** A body of more bytes than this is told of before it is walked. */
export const LONG = LANES_END + 12

/** Zeros, which are instructions of one byte: what a lane without a body walks. */
export const IDLE = LANES_END + 16
export const IDLE_END = IDLE + 512

export const CODE = 4096
/** Zeros behind the code: there ends a number that has no end, and the word that is read at the last instruction. */
export const BEHIND = 32
