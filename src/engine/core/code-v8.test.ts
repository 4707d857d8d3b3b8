// What V8 says of where instructions end: what it accepts and the walk ends elsewhere would be code that nobody has seen.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parse} from '@bytecodealliance/jco'
import fc from 'fast-check'
import {END, LOOP} from './body.ts'
import {opcodeSet, walkInstruction} from './code.ts'
import {walkCompiled} from './compiled-walk.ts'
import {decodeCoreModule, SECTION} from './module-decode.ts'
import {Reader} from './reader.ts'
import {walkBodies} from './walk-bodies.ts'
import {concat, section, unsigned} from './writer.ts'

/** Of all that an instruction can name there is something. */
const AROUND = `(module (type (func)) (type (struct (field (mut i32)))) (type (array (mut i8))) (type (array (mut funcref)))
  (type (func (result i32))) (type (array funcref)) (type (struct)) (memory 1) (memory i64 1) (table 1 funcref) (table i64 1 funcref)
  (tag (type 0)) (global (mut i32) (i32.const 0)) (elem funcref) (func (export "f") (data.drop 0)) (data ""))`

/** (block (result exnref) (block (result anyref): labels for what gives these. */
const BLOCKS = [0x02, 0x69, 0x02, 0x6e]
/** No instruction. */
const NONE = 0xff

const joined = (...parts: fc.Arbitrary<number[]>[]) => fc.tuple(...parts).map(all => all.flat())
const oneOf = (...bytes: number[]) => fc.constantFrom(...bytes).map(byte => [byte])
const number = (value: number, most = 5) =>
  fc.integer({min: 0, max: most - 1}).map(padding => {
    const bytes = unsigned(value)
    while (bytes.length <= padding) {
      bytes[bytes.length - 1]! |= 0x80
      bytes.push(0)
    }
    return bytes
  })
/** A negative number, of a type. */
const negative = (value: number) =>
  fc
    .integer({min: 0, max: 4})
    .map(padding => (padding === 0 ? [value] : [value | 0x80, ...Array(padding - 1).fill(0xff), 0x7f]))
const index = fc.integer({min: 0, max: 6}).chain(value => number(value))
const heapType = fc.oneof(
  index,
  fc.constantFrom(0x70, 0x6f, 0x6e, 0x6d, 0x6c, 0x6b, 0x6a, 0x71).chain(negative),
)
const reference = joined(oneOf(0x63, 0x64), heapType)
const type = fc.oneof(fc.constantFrom(0x40, 0x7f, 0x7e, 0x7b, 0x70, 0x6f).chain(negative), reference, index)
const listOf = (item: fc.Arbitrary<number[]>, maxLength = 3) =>
  fc.array(item, {maxLength}).chain(items => number(items.length).map(count => [...count, ...items.flat()]))
/** Offsets that would be instructions with numbers of their own. */
const memoryArgument = joined(
  fc.oneof(
    fc.integer({min: 0, max: 4}).chain(align => number(align)),
    joined(
      number(0x40),
      fc.constantFrom(0, 1).chain(memory => number(memory)),
    ),
  ),
  fc.oneof(number(0x44), number(0x41, 10), number(0x0b0b0b0b)),
)
const bytes = (length: number) =>
  fc.array(fc.integer({min: 0, max: 31}), {minLength: length, maxLength: length})
const caught = fc.oneof(joined(oneOf(0, 1), number(0), index), joined(oneOf(2, 3), index))
const nothing = fc.constant<number[]>([])

/** What may follow an opcode that is not of one number; ranges as the specification has them. */
const PLAIN: readonly (readonly [number, number, fc.Arbitrary<number[]>])[] = [
  [0x02, 0x06, type],
  [0x0e, 0x0e, joined(listOf(number(0), 40), number(0))],
  [0x11, 0x13, joined(number(0), number(0))],
  [0x1c, 0x1c, listOf(type, 1)],
  [0x1f, 0x1f, joined(type, listOf(caught))],
  [0x28, 0x3e, memoryArgument],
  [0x43, 0x43, bytes(4)],
  [0x44, 0x44, bytes(8)],
  [0x45, 0xc4, nothing],
  [0xd0, 0xd0, heapType],
]
const lane = oneOf(0, 1)
const VECTOR: typeof PLAIN = [
  [0, 11, memoryArgument],
  [12, 13, bytes(16)],
  [21, 34, lane],
  [84, 91, joined(memoryArgument, lane)],
  [92, 93, memoryArgument],
]
const within = (ranges: typeof PLAIN, at: number) =>
  ranges.find(([first, last]) => at >= first && at <= last)?.[2]
const some = fc.oneof(index, nothing, joined(index, index))

const instruction = fc
  .oneof(
    {weight: 3, arbitrary: fc.integer({min: 0, max: 0xfa}).map(first => [first, undefined] as const)},
    {weight: 1, arbitrary: fc.tuple(fc.constant(0xfb), fc.integer({min: 0, max: 30}))},
    {weight: 1, arbitrary: fc.tuple(fc.constant(0xfc), fc.integer({min: 0, max: 17}))},
    {weight: 2, arbitrary: fc.tuple(fc.constant(0xfd), fc.integer({min: 0, max: 0x113}))},
    // The rare ones more often.
    {weight: 1, arbitrary: fc.tuple(fc.constant(0xfb), fc.constantFrom(24, 25))},
    {weight: 1, arbitrary: fc.constant([0x1f, undefined] as const)},
    {weight: 1, arbitrary: fc.tuple(fc.constant(0xfd), fc.integer({min: 21, max: 34}))},
    {weight: 1, arbitrary: fc.tuple(fc.constant(0xfd), fc.integer({min: 84, max: 91}))},
    {weight: 1, arbitrary: fc.tuple(fc.constant(0xfe), fc.integer({min: 0, max: 0x4e}))},
  )
  .chain(([first, rest]) => {
    if (rest === undefined) return joined(fc.constant([first]), within(PLAIN, first) ?? some)
    const follows =
      first === 0xfb && rest >= 20 && rest <= 23
        ? heapType
        : first === 0xfb && rest >= 24 && rest <= 25
          ? joined(oneOf(0, 1, 2, 3), number(0), heapType, heapType)
          : first === 0xfd
            ? (within(VECTOR, rest) ?? nothing)
            : first === 0xfe && rest !== 3
              ? memoryArgument
              : some
    return joined(fc.constant([first]), number(rest), follows)
  })

test('every instruction that V8 accepts ends where V8 ends it, however long its numbers are written', async () => {
  const around = await parse(AROUND)
  const {sections} = decodeCoreModule(around)
  const code = sections.findIndex(({id}) => id === SECTION.code)
  const before = around.subarray(0, sections[code - 1]!.end)
  const after = around.subarray(sections[code]!.end)
  /** Whether V8 takes these for whole instructions: then it complains of what is behind them. */
  const isWhole = (instruction: readonly number[]): boolean => {
    const body = [0, ...BLOCKS, 0, ...instruction, NONE]
    const bytes = concat([before, ...section(10, [[1, ...unsigned(body.length), ...body]]), after])
    try {
      new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>)
    } catch (error) {
      const said = /nvalid opcode 0xff.*@\+(\d+)/.exec((error as Error).message)
      return Number(said?.[1]) === bytes.length - after.length - 1
    }
    return false
  }
  const accepted = new Set<number>()
  const bodies: number[][] = []
  fc.assert(
    fc.property(instruction, instruction => {
      if (!isWhole(instruction)) return
      const ends: number[] = []
      const padded = Uint8Array.from([...instruction, ...Array(40).fill(0)])
      // V8 may have seen several in them.
      for (let at = 0; at < instruction.length; ends.push(at))
        at = walkInstruction(padded, at, padded.length, opcodeSet([]), () => {})
      assert.equal(ends.at(-1), instruction.length)
      for (const end of ends) assert.ok(isWhole(instruction.slice(0, end)), `it does not end at ${end}`)
      bodies.push([0, ...instruction, 0x3f, 0x80, 0x00, END])
      accepted.add(
        instruction[0]! > 0xfa ? instruction[0]! * 256 + (instruction[1]! & 0x7f) : instruction[0]!,
      )
    }),
    {numRuns: 8000},
  )
  assert.ok(accepted.size > 300, `of ${accepted.size} only`)

  // Several at once, too: each body has a memory.size behind the instruction.
  for (const walk of [walkBodies, walkCompiled]) {
    const reader = new Reader(Uint8Array.from(bodies.flatMap(body => [...unsigned(body.length), ...body])))
    const last = new Map<number, number>()
    walk(reader, bodies.length, {
      wanted: opcodeSet([LOOP, 0x3f]),
      longBytes: 1 << 20,
      long() {},
      visit: ({from, end}, _opcode, at) => last.set(from, end - at),
    })
    assert.deepEqual([...last.values()], Array(bodies.length).fill(4))
  }
})
