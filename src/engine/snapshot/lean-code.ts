// engine/snapshot/lean-code.ts: finds what a module's code does to its state, and rewrites the few places that matter.
import {lebAt, opcodeSet, PREFIX, skipLeb, skipLocals, walkInstructions} from '../core/code.ts'
import {passOver} from '../core/code-pass.ts'
import type {CoreModule} from '../core/module.ts'
import {SECTION, sectionReader} from '../core/module-decode.ts'
import {Stretch, unsignedLength, writeUnsigned} from '../core/writer.ts'

/** An instruction to be replaced, or a place where something is put in; positions are in the module's bytes. */
export type Edit = Readonly<{start: number; end: number}> &
  (
    | Readonly<{kind: 'size' | 'grow'; memory: number}>
    | Readonly<{kind: 'drop'; segment: number}>
    | Readonly<{kind: 'init'; segment: number; memory: number}>
    /** Before an instruction that takes long V8 must be asked whether to go on, by a call. */
    | Readonly<{kind: 'check'}>
    /** Here too, where in optimised code a loop will do: before a tail call, and first thing in a large function. */
    | Readonly<{kind: 'ask'}>
    | Readonly<{kind: 'call-ref'; type: number}>
    | Readonly<{kind: 'return-call-ref'; type: number}>
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
  /** Makes garbage-collected objects; writes them. */
  makesObjects: boolean
  writesObjects: boolean
  /** The highest data segment that code refers to; -1 if none. */
  lastSegment: number
  /** Passive segments that are dropped, and used by memory.init only. */
  dropped: ReadonlySet<number>
  /** A dropped segment that makes arrays too. */
  dropsArrayData: boolean
}>

const OP = {
  loop: 0x03,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  callRef: 0x14,
  returnCallRef: 0x15,
  tableSet: 0x26,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  structNew: PREFIX.fb | 0,
  structNewDefault: PREFIX.fb | 1,
  structSet: PREFIX.fb | 5,
  arrayNew: PREFIX.fb | 6,
  arrayNewDefault: PREFIX.fb | 7,
  arrayNewFixed: PREFIX.fb | 8,
  arrayNewData: PREFIX.fb | 9,
  arrayNewElem: PREFIX.fb | 10,
  arraySet: PREFIX.fb | 14,
  arrayFill: PREFIX.fb | 16,
  arrayCopy: PREFIX.fb | 17,
  arrayInitData: PREFIX.fb | 18,
  arrayInitElem: PREFIX.fb | 19,
  memoryInit: PREFIX.fc | 8,
  dataDrop: PREFIX.fc | 9,
  memoryCopy: PREFIX.fc | 10,
  memoryFill: PREFIX.fc | 11,
  tableInit: PREFIX.fc | 12,
  elemDrop: PREFIX.fc | 13,
  tableCopy: PREFIX.fc | 14,
  tableGrow: PREFIX.fc | 15,
  tableFill: PREFIX.fc | 17,
} as const

const WANTED = opcodeSet(Object.values(OP))
/** Passing tells of loops by itself. */
const WANTED_BUT_LOOPS = opcodeSet(Object.values(OP).filter(opcode => opcode !== OP.loop))

/** Less code is walked sooner than what passes it is made. */
const LARGE_BYTES = 65_536

/**
 * Bytes of a function that V8 may run to its end many times without being asked: once optimised it does not ask at the
 * start of one that calls nothing, and the loop that calls it, not optimised, asks but a few times in 13 MB of code.
 */
const LARGE = 1024

/** Walks the code. `passive` says of each data segment whether it is passive. */
export function scanCode(module: CoreModule, passive: readonly boolean[]): CodeFacts {
  const bytes = module.bytes
  const reader = sectionReader(module, SECTION.code)
  const isLarge = reader !== undefined && reader.end - reader.position > LARGE_BYTES
  const wanted = isLarge ? WANTED_BUT_LOOPS : WANTED
  const passer = isLarge ? passOver(bytes, wanted) : undefined
  const drops = new Set<number>()
  const arrayData = new Set<number>()
  const bodies: EditedBody[] = []
  let writesTables = false
  let dropsElements = false
  let makesObjects = false
  let writesObjects = false
  let lastSegment = -1
  let edits: Edit[] = []
  /** In the current body, so far. */
  let loops = false
  const segmentUse = (segment: number): number => {
    if (segment > lastSegment) lastSegment = segment
    return segment
  }
  /** Outside of a loop it is reached again only by a call, where V8 looks anyway. */
  const takesLong = (start: number): void => {
    loops ||= passer?.passedLoop() === true
    if (loops) edits.push({kind: 'check', start, end: start})
  }
  const visit = (opcode: number, start: number, at: number, end: number): undefined => {
    switch (opcode) {
      case OP.loop:
        loops = true
        break
      case OP.returnCall:
      case OP.returnCallIndirect:
        edits.push({kind: 'ask', start, end: start})
        break
      case OP.callRef:
      case OP.returnCallRef: {
        const type = lebAt(bytes, at)
        edits.push({kind: opcode === OP.callRef ? 'call-ref' : 'return-call-ref', type, start, end})
        break
      }
      case OP.memorySize:
      case OP.memoryGrow:
        edits.push({kind: opcode === OP.memorySize ? 'size' : 'grow', memory: lebAt(bytes, at), start, end})
        break
      case OP.memoryCopy:
      case OP.memoryFill:
        takesLong(start)
        break
      case OP.memoryInit: {
        takesLong(start)
        const segment = segmentUse(lebAt(bytes, at))
        edits.push({kind: 'init', segment, memory: lebAt(bytes, skipLeb(bytes, at)), start, end})
        break
      }
      case OP.dataDrop: {
        const segment = segmentUse(lebAt(bytes, at))
        drops.add(segment)
        edits.push({kind: 'drop', segment, start, end})
        break
      }
      case OP.structNew:
      case OP.structNewDefault:
        makesObjects = true
        break
      case OP.arrayNewData:
      case OP.arrayInitData:
        arrayData.add(segmentUse(lebAt(bytes, skipLeb(bytes, at))))
        if (opcode === OP.arrayInitData) writesObjects = true
        else makesObjects = true
        takesLong(start)
        break
      case OP.arrayNew:
      case OP.arrayNewDefault:
      case OP.arrayNewFixed:
      case OP.arrayNewElem:
        makesObjects = true
        takesLong(start)
        break
      case OP.elemDrop:
        dropsElements = true
        break
      case OP.structSet:
      case OP.arraySet:
        writesObjects = true
        break
      case OP.arrayFill:
      case OP.arrayCopy:
      case OP.arrayInitElem:
        writesObjects = true
        takesLong(start)
        break
      case OP.tableSet:
        writesTables = true
        break
      default:
        writesTables = true
        takesLong(start)
    }
  }
  const count = reader?.u32() ?? 0
  const start = reader?.position ?? 0
  const sectionEnd = reader?.end ?? 0
  const found: EditedBody[] = []
  let from = start
  for (let i = 0; i < count; i++) {
    const first = skipLeb(bytes, from)
    const end = first + lebAt(bytes, from)
    if (!(end <= sectionEnd)) reader!.fail('unexpected end', from)
    loops = false
    passer?.passedLoop()
    const code = skipLocals(bytes, first)
    if (end - first > LARGE) edits.push({kind: 'ask', start: code, end: code})
    const stopped =
      bytes[end - 1] === 0x0b ? walkInstructions(bytes, code, end, wanted, visit, passer?.pass) : Number.NaN
    if (stopped !== end) reader!.fail('malformed function body', first)
    if (edits.length > 0) {
      found.push({from, start: first, end, edits})
      edits = []
    }
    from = end
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
    end: sectionEnd,
    writesTables,
    dropsElements,
    makesObjects,
    writesObjects,
    lastSegment,
    dropped,
    dropsArrayData: [...dropped].some(segment => arrayData.has(segment)),
  }
}

/** The bodies of the code section with their edits replaced; everything between is taken as it is. */
export class RewrittenBodies extends Stretch {
  readonly length: number
  readonly #bytes: Uint8Array
  readonly #facts: CodeFacts
  readonly #replacement: (edit: Edit) => readonly number[]
  /** By body. */
  readonly #lengths: readonly number[]

  constructor(module: CoreModule, facts: CodeFacts, replacement: (edit: Edit) => readonly number[]) {
    super()
    this.#bytes = module.bytes
    this.#facts = facts
    this.#replacement = replacement
    this.#lengths = facts.bodies.map(body => rewrittenLength(body, replacement))
    this.length = facts.bodies.reduce((length, {from, end}, i) => {
      const rewritten = this.#lengths[i]!
      return length + unsignedLength(rewritten) + rewritten - (end - from)
    }, facts.end - facts.start)
  }

  writeTo(target: Uint8Array, at: number): void {
    const bytes = this.#bytes
    let done = this.#facts.start
    this.#facts.bodies.forEach((body, i) => {
      copy.call(bytes, target, at, done, body.from)
      at = writeUnsigned(target, at + body.from - done, this.#lengths[i]!)
      done = body.start
      for (const edit of body.edits) {
        copy.call(bytes, target, at, done, edit.start)
        at += edit.start - done
        for (const byte of this.#replacement(edit)) target[at++] = byte
        done = edit.end
      }
    })
    copy.call(bytes, target, at, done, this.#facts.end)
  }
}

/** Makes no view, of which there would be thousands. */
const copy: (this: Uint8Array, target: Uint8Array, at: number, start: number, end: number) => unknown =
  Buffer.prototype.copy

function rewrittenLength(
  {start, end, edits}: EditedBody,
  replacement: (edit: Edit) => readonly number[],
): number {
  let length = end - start
  for (const edit of edits) length += replacement(edit).length - (edit.end - edit.start)
  return length
}
