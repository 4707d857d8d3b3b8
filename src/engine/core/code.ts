// engine/core/code.ts: where each instruction ends, for every instruction V8 knows (core spec 5.4, and legacy exceptions).

/** What follows an opcode. */
export const SHAPE = {
  none: 0,
  index: 1,
  twoIndices: 2,
  blockType: 3,
  memoryArgument: 4,
  branchTable: 5,
  bytes4: 6,
  bytes8: 7,
  selectTypes: 8,
  tryTable: 9,
  prefix: 10,
  bytes16: 11,
  byte: 12,
  memoryArgumentAndLane: 13,
  branchOnCast: 14,
  unknown: 15,
} as const

type Ranges = readonly (readonly [first: number, last: number, shape: number])[]

function table(size: number, ranges: Ranges): Uint8Array {
  const shapes = new Uint8Array(size).fill(SHAPE.unknown)
  for (const [first, last, shape] of ranges) shapes.fill(shape, first, last + 1)
  return shapes
}

const PLAIN = table(256, [
  [0x00, 0x01, SHAPE.none], // unreachable, nop
  [0x02, 0x04, SHAPE.blockType], // block, loop, if
  [0x05, 0x05, SHAPE.none], // else
  [0x06, 0x06, SHAPE.blockType], // try
  [0x07, 0x09, SHAPE.index], // catch, throw, rethrow
  [0x0a, 0x0b, SHAPE.none], // throw_ref, end
  [0x0c, 0x0d, SHAPE.index], // br, br_if
  [0x0e, 0x0e, SHAPE.branchTable],
  [0x0f, 0x0f, SHAPE.none], // return
  [0x10, 0x10, SHAPE.index], // call
  [0x11, 0x11, SHAPE.twoIndices], // call_indirect
  [0x12, 0x12, SHAPE.index], // return_call
  [0x13, 0x13, SHAPE.twoIndices], // return_call_indirect
  [0x14, 0x15, SHAPE.index], // call_ref, return_call_ref
  [0x18, 0x18, SHAPE.index], // delegate
  [0x19, 0x1b, SHAPE.none], // catch_all, drop, select
  [0x1c, 0x1c, SHAPE.selectTypes],
  [0x1f, 0x1f, SHAPE.tryTable],
  [0x20, 0x26, SHAPE.index], // local.*, global.*, table.get, table.set
  [0x28, 0x3e, SHAPE.memoryArgument], // loads and stores
  [0x3f, 0x42, SHAPE.index], // memory.size, memory.grow, i32.const, i64.const
  [0x43, 0x43, SHAPE.bytes4], // f32.const
  [0x44, 0x44, SHAPE.bytes8], // f64.const
  [0x45, 0xc4, SHAPE.none], // arithmetic
  [0xd0, 0xd0, SHAPE.index], // ref.null
  [0xd1, 0xd1, SHAPE.none], // ref.is_null
  [0xd2, 0xd2, SHAPE.index], // ref.func
  [0xd3, 0xd4, SHAPE.none], // ref.eq, ref.as_non_null
  [0xd5, 0xd6, SHAPE.index], // br_on_null, br_on_non_null
  [0xfb, 0xfe, SHAPE.prefix],
])

const PREFIXED: readonly Uint8Array[] = [
  // 0xfb: garbage collection
  table(31, [
    [0, 1, SHAPE.index], // struct.new, struct.new_default
    [2, 5, SHAPE.twoIndices], // struct.get*, struct.set
    [6, 7, SHAPE.index], // array.new, array.new_default
    [8, 10, SHAPE.twoIndices], // array.new_fixed, array.new_data, array.new_elem
    [11, 14, SHAPE.index], // array.get*, array.set
    [15, 15, SHAPE.none], // array.len
    [16, 16, SHAPE.index], // array.fill
    [17, 19, SHAPE.twoIndices], // array.copy, array.init_data, array.init_elem
    [20, 23, SHAPE.index], // ref.test, ref.cast
    [24, 25, SHAPE.branchOnCast],
    [26, 30, SHAPE.none], // any.convert_extern, extern.convert_any, i31
  ]),
  // 0xfc: saturating conversions, bulk memory, tables
  table(18, [
    [0, 7, SHAPE.none],
    [8, 8, SHAPE.twoIndices], // memory.init
    [9, 9, SHAPE.index], // data.drop
    [10, 10, SHAPE.twoIndices], // memory.copy
    [11, 11, SHAPE.index], // memory.fill
    [12, 12, SHAPE.twoIndices], // table.init
    [13, 13, SHAPE.index], // elem.drop
    [14, 14, SHAPE.twoIndices], // table.copy
    [15, 17, SHAPE.index], // table.grow, table.size, table.fill
  ]),
  // 0xfd: vectors, relaxed ones too
  table(0x114, [
    [0, 11, SHAPE.memoryArgument],
    [12, 13, SHAPE.bytes16], // v128.const, i8x16.shuffle
    [14, 20, SHAPE.none],
    [21, 34, SHAPE.byte], // lanes
    [35, 83, SHAPE.none],
    [84, 91, SHAPE.memoryArgumentAndLane],
    [92, 93, SHAPE.memoryArgument],
    [94, 0x113, SHAPE.none],
  ]),
  // 0xfe: threads
  table(0x4f, [
    [0, 2, SHAPE.memoryArgument], // notify, wait
    [3, 3, SHAPE.byte], // atomic.fence
    [0x10, 0x4e, SHAPE.memoryArgument],
  ]),
]

/** The opcode of a prefixed instruction as one number: `PREFIX.fc | 9` is data.drop. */
export const PREFIX = {fb: 0xfb0000, fc: 0xfc0000, fd: 0xfd0000, fe: 0xfe0000} as const

/**
 * Called with an instruction's opcode (a prefixed one as `PREFIX.x | number`), where it starts, where its immediates
 * start, and where it ends.
 */
export type Visit = (opcode: number, start: number, immediates: number, end: number) => void

/** Opcodes that `visit` is called for. `passed` gives the shape of the others, by their first byte. */
export type OpcodeSet = Readonly<{plain: Uint8Array; prefixed: ReadonlySet<number>; passed: Uint8Array}>

export function opcodeSet(opcodes: readonly number[]): OpcodeSet {
  const plain = new Uint8Array(256)
  const prefixed = new Set<number>()
  for (const opcode of opcodes) {
    if (opcode < 256) plain[opcode] = 1
    else {
      plain[opcode >>> 16] = 1
      prefixed.add(opcode)
    }
  }
  return {plain, prefixed, passed: PLAIN.map((shape, first) => (plain[first] === 1 ? SHAPE.unknown : shape))}
}

export const skipLeb = (bytes: Uint8Array, at: number): number => {
  while (bytes[at++]! >= 0x80);
  return at
}

/** The unsigned LEB128 at `at`, of at most 32 bits; its end is found by `skipLeb`. */
export function lebAt(bytes: Uint8Array, at: number): number {
  let value = 0
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = bytes[at++]!
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) break
  }
  return value
}

const skipMemoryArgument = (bytes: Uint8Array, at: number): number => {
  const memoryGiven = (bytes[at]! & 0x40) !== 0
  at = skipLeb(bytes, at)
  if (memoryGiven) at = skipLeb(bytes, at)
  return skipLeb(bytes, at)
}

/** A value type or block type: one LEB128, or a reference with its heap type. */
const skipType = (bytes: Uint8Array, at: number): number => {
  const byte = bytes[at]!
  return skipLeb(bytes, byte === 0x63 || byte === 0x64 ? at + 1 : at)
}

const skipRareShape = (bytes: Uint8Array, at: number, shape: number): number => {
  switch (shape) {
    case SHAPE.branchTable: {
      const count = lebAt(bytes, at)
      at = skipLeb(bytes, at)
      for (let i = 0; i <= count && at <= bytes.length; i++) at = skipLeb(bytes, at)
      return at
    }
    case SHAPE.selectTypes: {
      const count = lebAt(bytes, at)
      at = skipLeb(bytes, at)
      for (let i = 0; i < count && at <= bytes.length; i++) at = skipType(bytes, at)
      return at
    }
    case SHAPE.tryTable: {
      at = skipType(bytes, at)
      const count = lebAt(bytes, at)
      at = skipLeb(bytes, at)
      for (let i = 0; i < count && at <= bytes.length; i++) {
        const tagged = bytes[at++]! < 2
        if (tagged) at = skipLeb(bytes, at)
        at = skipLeb(bytes, at)
      }
      return at
    }
    case SHAPE.branchOnCast:
      at = skipLeb(bytes, at + 1)
      return skipLeb(bytes, skipLeb(bytes, at))
    case SHAPE.memoryArgumentAndLane:
      return skipMemoryArgument(bytes, at) + 1
    case SHAPE.bytes4:
      return at + 4
    case SHAPE.bytes8:
      return at + 8
    case SHAPE.bytes16:
      return at + 16
    case SHAPE.byte:
      return at + 1
    default:
      return Number.NaN
  }
}

/**
 * The end of the instruction at `at`, after `visit` was called if it is in `wanted`; NaN when the bytes are no instruction,
 * or reach beyond `end`. Values of immediates are not checked; V8 does that.
 */
export function walkInstruction(
  bytes: Uint8Array,
  at: number,
  end: number,
  wanted: OpcodeSet,
  visit: Visit,
): number {
  const start = at
  const first = bytes[at++]!
  let opcode = first
  let shape = PLAIN[first]!
  if (shape === SHAPE.prefix) {
    const number = lebAt(bytes, at)
    at = skipLeb(bytes, at)
    opcode = first * 65536 + number
    shape = PREFIXED[first - 0xfb]![number] ?? SHAPE.unknown
  }
  const immediates = at
  if (shape === SHAPE.none) {
    // Nothing follows.
  } else if (shape === SHAPE.index) {
    while (bytes[at++]! >= 0x80);
  } else if (shape === SHAPE.memoryArgument) {
    at = skipMemoryArgument(bytes, at)
  } else if (shape === SHAPE.blockType) {
    at = skipType(bytes, at)
  } else if (shape === SHAPE.twoIndices) {
    at = skipLeb(bytes, skipLeb(bytes, at))
  } else at = skipRareShape(bytes, at, shape)
  if (!(at <= end)) return Number.NaN
  if (wanted.plain[first] === 1 && (opcode < 256 || wanted.prefixed.has(opcode)))
    visit(opcode, start, immediates, at)
  return at
}

const END = opcodeSet([0x0b])

/** The end of the constant expression at `start`, its `end` instruction included; NaN if there is none. */
export function skipConstantExpression(bytes: Uint8Array, start: number, end: number): number {
  let found = false
  let at = start
  while (at < end && !found)
    at = walkInstruction(bytes, at, end, END, () => {
      found = true
    })
  return found ? at : Number.NaN
}

/** Of the body at `start`: where its instructions start, behind its local declarations, and how many locals they declare. */
export function localsAt(bytes: Uint8Array, start: number): Readonly<{end: number; count: number}> {
  const groups = lebAt(bytes, start)
  let at = skipLeb(bytes, start)
  let count = 0
  for (let i = 0; i < groups && at <= bytes.length; i++) {
    count += lebAt(bytes, at)
    at = skipType(bytes, skipLeb(bytes, at))
  }
  return {end: at, count}
}
