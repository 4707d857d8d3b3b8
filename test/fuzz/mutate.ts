// test/fuzz/mutate.ts: components changed at random: as bytes, and as sections whose lengths are right again afterwards.
import {unsigned} from '../../src/engine/core/writer.ts'
import type {Random} from './random.ts'

/** A section that holds sections: a component or a core module; or bytes. */
type Node =
  | {kind: 'sections'; id: number; preamble: Uint8Array; sections: Node[]}
  | {kind: 'bytes'; id: number; bytes: Uint8Array}

const COMPONENT = 4
const CORE_MODULE = 1
const PREAMBLE_BYTES = 8
const MAX_DEPTH = 6

/** Numbers at which something changes: signs, lengths of LEB128s, limits of the specifications. */
const INTERESTING = [
  0,
  1,
  2,
  3,
  16,
  17,
  63,
  64,
  99,
  100,
  127,
  128,
  255,
  1000,
  65_535,
  65_536,
  2 ** 28,
  2 ** 31,
  2 ** 32 - 1,
]

/** The sections of a component or module; undefined where the bytes are none. */
function parse(bytes: Uint8Array, id: number, depth: number): Node | undefined {
  if (depth > MAX_DEPTH || bytes.length < PREAMBLE_BYTES || bytes[0] !== 0 || bytes[1] !== 0x61)
    return undefined
  const isComponent = bytes[6] === 1
  const sections: Node[] = []
  for (let at = PREAMBLE_BYTES; at < bytes.length; ) {
    const section = bytes[at++]!
    let length = 0
    for (let shift = 0; ; shift += 7) {
      if (at >= bytes.length || shift > 28) return undefined
      const byte = bytes[at++]!
      length += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    if (at + length > bytes.length) return undefined
    const content = bytes.subarray(at, at + length)
    at += length
    const nested = isComponent && (section === COMPONENT || section === CORE_MODULE)
    sections.push(
      (nested ? parse(content, section, depth + 1) : undefined) ?? {
        kind: 'bytes',
        id: section,
        bytes: content,
      },
    )
  }
  return {kind: 'sections', id, preamble: bytes.subarray(0, PREAMBLE_BYTES), sections}
}

function write(node: Node): Uint8Array[] {
  if (node.kind === 'bytes') return [node.bytes]
  return [
    node.preamble,
    ...node.sections.flatMap(section => {
      const content = write(section)
      const length = content.reduce((sum, {length}) => sum + length, 0)
      return [Uint8Array.from([section.id, ...unsigned(length)]), ...content]
    }),
  ]
}

/** A component made of `bytes` and, here and there, parts of `other`, in a few steps. */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: Random): Uint8Array {
  if (random.below(12) === 0) return changeBytes(bytes, random, 1 + random.below(4))
  const root = parse(bytes, 0, 0)
  if (root === undefined || root.kind !== 'sections') return changeBytes(bytes, random, 1)
  const donor = parse(other, 0, 0)
  for (let i = 1 + random.below(random.below(4) === 0 ? 8 : 2); i > 0; i--)
    changeSections(root, donor, random)
  return Buffer.concat(write(root))
}

function changeSections(root: Node & {kind: 'sections'}, donor: Node | undefined, random: Random): void {
  const holders = holdersOf(root)
  const holder = random.pick(holders)
  const {sections} = holder
  const at = random.below(sections.length + 1)
  const chosen = sections[at]
  switch (random.below(16)) {
    case 0:
      sections.splice(at, 1)
      return
    case 1:
      if (chosen !== undefined) sections.splice(random.below(sections.length + 1), 0, structuredClone(chosen))
      return
    case 2:
      if (chosen !== undefined) sections.splice(random.below(sections.length), 0, ...sections.splice(at, 1))
      return
    case 3:
      if (chosen !== undefined) chosen.id = random.below(14)
      return
    case 4: {
      const theirs = donor?.kind === 'sections' ? random.pick(holdersOf(donor)).sections : []
      if (theirs.length > 0) sections.splice(at, 0, structuredClone(random.pick(theirs)))
      return
    }
    case 5:
      // Deeper by one.
      if (holder.id === COMPONENT || holder === root)
        sections.splice(at, 0, {
          kind: 'sections',
          id: COMPONENT,
          preamble: root.preamble,
          sections: structuredClone(sections),
        })
      return
    default: {
      const leaves = sections.filter(each => each.kind === 'bytes')
      if (leaves.length === 0) return
      const leaf = random.pick(leaves)
      leaf.bytes = random.below(4) === 0 ? changeBytes(leaf.bytes, random, 1) : changeByte(leaf.bytes, random)
    }
  }
}

const holdersOf = (node: Node): (Node & {kind: 'sections'})[] =>
  node.kind === 'bytes' ? [] : [node, ...node.sections.flatMap(holdersOf)]

/** Another value where a value stands: an index, a count, an opcode or a letter of a name. */
function changeByte(bytes: Uint8Array, random: Random): Uint8Array {
  const result = Uint8Array.from(bytes)
  const at = random.below(bytes.length)
  const near = (bytes[at] ?? 0) + random.below(7) - 3
  result[at] = random.below(3) === 0 ? random.below(128) : near
  return result
}

function changeBytes(bytes: Uint8Array, random: Random, times: number): Uint8Array {
  let result = [bytes]
  for (let i = 0; i < times; i++) result = [Buffer.concat(changed(Buffer.concat(result), random))]
  return result[0]!
}

function changed(bytes: Uint8Array, random: Random): Uint8Array[] {
  const at = random.below(bytes.length + 1)
  const end = Math.min(bytes.length, at + 1 + random.below(random.below(8) === 0 ? 64 : 4))
  const [before, part, after] = [bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(end)]
  const rest = bytes.subarray(Math.min(at + 1, bytes.length))
  switch (random.below(9)) {
    case 0:
      return [before, after]
    case 1:
      return [before, part, part, after]
    case 2:
      return [before, Uint8Array.of(random.below(256)), rest]
    case 3:
      return [before, Uint8Array.of((bytes[at] ?? 0) ^ (1 << random.below(8))), rest]
    case 4:
      return [before, Uint8Array.from(unsigned(random.pick(INTERESTING))), rest]
    case 5:
      return [before, Uint8Array.of((bytes[at] ?? 0) + 1), rest]
    case 6:
      return [before, Uint8Array.of((bytes[at] ?? 0) - 1), rest]
    case 7: {
      // A part from elsewhere: an index, a name or a whole definition out of its place.
      const from = random.below(bytes.length)
      return [before, bytes.subarray(from, from + part.length), after]
    }
    default:
      return random.below(4) === 0 ? [before] : [before, part.toReversed(), after]
  }
}
