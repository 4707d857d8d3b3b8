// engine/snapshot/lean-data.ts: the data section of a module that is made lean.
import type {CoreModule} from '../core/module.ts'
import {readConstantExpression, SECTION, sectionReader} from '../core/module-decode.ts'
import {Reader} from '../core/reader.ts'
import type {DataSegment, OffsetTerm} from './lean.ts'

export type Segments = Readonly<{
  /** Of every segment: its bytes if it is passive, none if it was active. */
  passive: readonly (Uint8Array | undefined)[]
  active: readonly DataSegment[]
  /** Globals that offsets read, with the names under which they must be exported. */
  offsetGlobals: ReadonlyMap<number, string>
}>

/** V8's, which does not see the active ones. */
const MOST_SEGMENTS = 100_000

export function readDataSegments(module: CoreModule, reserve: (what: string) => string): Segments {
  const reader = sectionReader(module, SECTION.data)
  const passive: (Uint8Array | undefined)[] = []
  const active: DataSegment[] = []
  const offsetGlobals = new Map<number, string>()
  const globalName = (index: number) => {
    const name = reserve(`offset ${index}`)
    offsetGlobals.set(index, name)
    return name
  }
  reader?.vec(() => {
    const at = reader.position
    if (passive.length === MOST_SEGMENTS) reader.fail(`more than ${MOST_SEGMENTS} data segments`, at)
    const mode = reader.u32()
    if (mode > 2) reader.fail('malformed data segment', at)
    if (mode === 1) {
      passive.push(reader.take(reader.u32()))
      return
    }
    const memory = mode === 2 ? reader.u32() : 0
    if (module.memories[memory] === undefined) reader.fail('unknown memory', at)
    const offset = readNumber(reader) ?? offsetTerms(readConstantExpression(reader), globalName)
    passive.push(undefined)
    active.push({memory, offset, bytes: reader.take(reader.u32())})
  })
  // V8, which would check it, sees another section.
  if (reader?.done === false) reader.fail('section size mismatch')
  return {passive, active, offsetGlobals}
}

const I32_CONST = 0x41
const END = 0x0b

/** The offset, where it is one number, as nearly all are: an image that is written out has thousands. */
function readNumber(reader: Reader): number | undefined {
  const {bytes, position, end} = reader
  if (bytes[position] !== I32_CONST) return undefined
  let value = 0
  for (let at = position + 1, shift = 0; at < end && shift < 35; at++, shift += 7) {
    const byte = bytes[at]!
    value |= (byte & 0x7f) << shift
    if (byte >= 0x80) continue
    if (shift === 28 || bytes[at + 1] !== END) return undefined
    reader.position = at + 2
    const unused = 25 - shift
    return ((value << unused) >> unused) >>> 0
  }
  return undefined
}

const OPERATORS: Readonly<Record<number, '+' | '-' | '*'>> = {
  106: '+',
  107: '-',
  108: '*',
  124: '+',
  125: '-',
  126: '*',
}

function offsetTerms(expression: Uint8Array, globalName: (index: number) => string): OffsetTerm[] {
  const reader = new Reader(expression)
  const terms: OffsetTerm[] = []
  for (;;) {
    const opcode = reader.byte()
    if (opcode === 0x0b) return terms
    if (opcode === 0x41) terms.push(reader.signed(32))
    else if (opcode === 0x42) terms.push(reader.signed(64))
    else if (opcode === 0x23) terms.push({global: globalName(reader.u32())})
    else terms.push(OPERATORS[opcode] ?? reader.fail('not a constant offset'))
  }
}
