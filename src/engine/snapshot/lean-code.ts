// engine/snapshot/lean-code.ts: finds what a module's code does to its state, and rewrites the few places that matter.
import {lebAt, opcodeSet, PREFIX, skipLeb, skipLocals, walkInstructions} from '../core/code.ts'
import type {CoreModule} from '../core/module.ts'
import {SECTION, sectionReader} from '../core/module-decode.ts'
import type {Pieces} from '../core/writer.ts'
import {concat, unsigned} from '../core/writer.ts'
import {findCandidates, type Wanted} from './code-candidates.ts'

/** An instruction to be replaced; positions are in the module's bytes. */
export type Edit = Readonly<{start: number; end: number}> &
  (
    | Readonly<{kind: 'size' | 'grow'; memory: number}>
    | Readonly<{kind: 'drop'; segment: number}>
    | Readonly<{kind: 'init'; segment: number; memory: number}>
  )

/** A function body that holds edits; `from` is where its size is written, `start` its first byte. */
type EditedBody = Readonly<{from: number; start: number; end: number; edits: readonly Edit[]}>

export type CodeFacts = Readonly<{
  bodies: readonly EditedBody[]
  count: number
  /** Where the first body's size is written, and the byte after the last body. */
  start: number
  end: number
  writesTables: boolean
  dropsElements: boolean
  writesObjects: boolean
  /** The highest data segment that code refers to; -1 if none. */
  lastSegment: number
  /** Passive segments that are dropped, and used by memory.init only. */
  dropped: ReadonlySet<number>
  /** A dropped segment that makes arrays too. */
  dropsArrayData: boolean
}>

const OP = {
  tableSet: 0x26,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  structSet: PREFIX.fb | 5,
  arrayNewData: PREFIX.fb | 9,
  arraySet: PREFIX.fb | 14,
  arrayFill: PREFIX.fb | 16,
  arrayCopy: PREFIX.fb | 17,
  arrayInitData: PREFIX.fb | 18,
  arrayInitElem: PREFIX.fb | 19,
  memoryInit: PREFIX.fc | 8,
  dataDrop: PREFIX.fc | 9,
  tableInit: PREFIX.fc | 12,
  elemDrop: PREFIX.fc | 13,
  tableCopy: PREFIX.fc | 14,
  tableGrow: PREFIX.fc | 15,
  tableFill: PREFIX.fc | 17,
} as const

const WANTED = opcodeSet(Object.values(OP))

/** The first two bytes of the instructions in WANTED. */
function firstBytes(module: CoreModule): Wanted {
  const numbers = (prefix: number): Set<number> =>
    new Set(Object.values(OP).flatMap(opcode => (opcode >>> 16 === prefix ? [opcode & 0xffff] : [])))
  const collected = numbers(0xfb)
  const bulk = numbers(0xfc)
  const below = (count: number) => (index: number) => count > 0x80 || index < count
  return new Map([
    [OP.tableSet, below(module.tables.length)],
    [OP.memorySize, below(module.memories.length)],
    [OP.memoryGrow, below(module.memories.length)],
    [0xfb, (number: number) => collected.has(number)],
    [0xfc, (number: number) => bulk.has(number)],
  ])
}

/** Walks the code that may matter. `passive` says of each data segment whether it is passive. */
export function scanCode(module: CoreModule, passive: readonly boolean[]): CodeFacts {
  const bytes = module.bytes
  const reader = sectionReader(module, SECTION.code)
  const drops = new Set<number>()
  const arrayData = new Set<number>()
  const bodies: EditedBody[] = []
  let writesTables = false
  let dropsElements = false
  let writesObjects = false
  let lastSegment = -1
  let edits: Edit[] = []
  const segmentUse = (segment: number) => {
    if (segment > lastSegment) lastSegment = segment
  }
  const visit = (opcode: number, start: number, at: number, end: number): undefined => {
    switch (opcode) {
      case OP.memorySize:
      case OP.memoryGrow:
        edits.push({kind: opcode === OP.memorySize ? 'size' : 'grow', memory: lebAt(bytes, at), start, end})
        break
      case OP.memoryInit: {
        const segment = lebAt(bytes, at)
        segmentUse(segment)
        edits.push({kind: 'init', segment, memory: lebAt(bytes, skipLeb(bytes, at)), start, end})
        break
      }
      case OP.dataDrop: {
        const segment = lebAt(bytes, at)
        segmentUse(segment)
        drops.add(segment)
        edits.push({kind: 'drop', segment, start, end})
        break
      }
      case OP.arrayNewData:
      case OP.arrayInitData: {
        const segment = lebAt(bytes, skipLeb(bytes, at))
        segmentUse(segment)
        arrayData.add(segment)
        if (opcode === OP.arrayInitData) writesObjects = true
        break
      }
      case OP.elemDrop:
        dropsElements = true
        break
      case OP.structSet:
      case OP.arraySet:
      case OP.arrayFill:
      case OP.arrayCopy:
      case OP.arrayInitElem:
        writesObjects = true
        break
      default:
        writesTables = true
    }
  }
  const count = reader?.u32() ?? 0
  const start = reader?.position ?? 0
  const found: EditedBody[] = []
  const candidates = findCandidates(bytes, start, reader?.end ?? 0, firstBytes(module))
  let next = 0
  for (let i = 0; i < count; i++) {
    const from = reader!.position
    const size = reader!.u32()
    const first = reader!.position
    const end = first + size
    if (end > reader!.end) reader!.fail('unexpected end')
    reader!.position = end
    if (size === 0 || bytes[end - 1] !== 0x0b) reader!.fail('malformed function body', first)
    while (next < candidates.length && candidates[next]! < first) next++
    if (!(candidates[next]! < end)) continue
    const stopped = walkInstructions(bytes, skipLocals(bytes, first), end, WANTED, visit)
    if (stopped !== end) reader!.fail('malformed function body', first)
    if (edits.length > 0) {
      found.push({from, start: first, end, edits})
      edits = []
    }
  }
  // Dropping a segment that was active before does nothing, nor does it to one that is never dropped.
  const dropped = new Set([...drops].filter(segment => passive[segment] === true))
  for (const body of found) {
    const needed = body.edits.filter(edit => !('segment' in edit) || dropped.has(edit.segment))
    if (needed.length > 0) bodies.push({...body, edits: needed})
  }
  return {
    bodies,
    count,
    start,
    end: reader?.end ?? 0,
    writesTables,
    dropsElements,
    writesObjects,
    lastSegment,
    dropped,
    dropsArrayData: [...dropped].some(segment => arrayData.has(segment)),
  }
}

/** The bodies of the code section with their edits replaced; everything between is taken as it is. */
export function rewriteBodies(
  module: CoreModule,
  facts: CodeFacts,
  replacement: (edit: Edit) => readonly number[],
): Pieces {
  const {bytes} = module
  const pieces: Uint8Array[] = []
  let done = facts.start
  for (const body of facts.bodies) {
    pieces.push(bytes.subarray(done, body.from))
    const parts: (Uint8Array | readonly number[])[] = []
    let at = body.start
    for (const edit of body.edits) {
      parts.push(bytes.subarray(at, edit.start), replacement(edit))
      at = edit.end
    }
    parts.push(bytes.subarray(at, body.end))
    const content = concat(parts)
    pieces.push(Uint8Array.from(unsigned(content.length)), content)
    done = body.end
  }
  pieces.push(bytes.subarray(done, facts.end))
  return pieces
}
