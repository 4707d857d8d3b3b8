// engine/snapshot/lean-code.ts: finds what a module's code does to its state, and rewrites the few places that matter.
import {type Body, LOOP} from '../core/body.ts'
import {lebAt, opcodeSet, PREFIX, skipLeb} from '../core/code.ts'
import type {CoreModule} from '../core/module.ts'
import {SECTION, sectionReader} from '../core/module-decode.ts'
import {walkBodies} from '../core/walk-bodies.ts'
import {Stretch, unsignedLength, writeUnsigned} from '../core/writer.ts'
import {type CalledTables, type CallPlan, planCalls} from './lean-calls.ts'
import type {FixedTables} from './lean-fixed-tables.ts'

/** An instruction to be replaced, or a place where something is put in; positions are in the module's bytes. */
export type Edit = Readonly<{body: Body; start: number; end: number}> &
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
    /** A call through a fixed table, or a tail call. */
    | Readonly<{kind: 'table-call' | 'return-table-call'; type: number; table: number}>
    /** A function's declaration of locals, with one more for its calls through fixed tables. */
    | Readonly<{kind: 'locals'; declared: readonly number[]}>
  )

export type CodeFacts = Readonly<{
  /** In the order of their places. */
  edits: readonly Edit[]
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
  /** Through tables that nothing else changes, and that the code but calls through. */
  calls: CallPlan
}>

const OP = {
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

/** Looked at where there are fixed tables only: calls are many. */
const OF_TABLE = {callIndirect: 0x11, tableGet: 0x25, tableSize: PREFIX.fc | 16} as const

const WANTED = opcodeSet([LOOP, ...Object.values(OP)])
const WANTED_OF_TABLES = opcodeSet([LOOP, ...Object.values(OP), ...Object.values(OF_TABLE)])

/**
 * Bytes of a function that V8 may run to its end many times without being asked: once optimised it does not ask at the
 * start of one that calls nothing, and the loop that calls it, not optimised, asks but a few times in 13 MB of code.
 */
const LONG_BYTES = 1024

/** Walks the code. `passive` says of each data segment whether it is passive. */
export function scanCode(
  module: CoreModule,
  {passive, tables}: Readonly<{passive: readonly boolean[]; tables: FixedTables}>,
): CodeFacts {
  const bytes = module.bytes
  const drops = new Set<number>()
  const arrayData = new Set<number>()
  const edits = new Map<Body, Edit[]>()
  const called: CalledTables = {types: new Map(), bodies: new Set()}
  let writesTables = false
  let readsTables = false
  let dropsElements = false
  let makesObjects = false
  let writesObjects = false
  let lastSegment = -1
  const add = (edit: Edit): void => {
    const known = edits.get(edit.body)
    if (known === undefined) edits.set(edit.body, [edit])
    else known.push(edit)
  }
  const segmentUse = (segment: number): number => {
    if (segment > lastSegment) lastSegment = segment
    return segment
  }
  /** Outside of a loop it is reached again only by a call, where V8 looks anyway. */
  const takesLong = (body: Body, start: number): void => {
    if (body.loops) add({body, kind: 'check', start, end: start})
  }
  const callsThrough = (
    kind: 'table-call' | 'return-table-call',
    body: Body,
    [start, at, end]: readonly [number, number, number],
  ): void => {
    const type = lebAt(bytes, at)
    const table = lebAt(bytes, skipLeb(bytes, at))
    if (!tables.has(table)) return
    add({body, kind, type, table, start, end})
    const types = called.types.get(table)
    if (types === undefined) called.types.set(table, new Set([type]))
    else types.add(type)
    called.bodies.add(body)
  }
  const visit = (body: Body, opcode: number, start: number, at: number, end: number): void => {
    switch (opcode) {
      case OP.returnCall:
        add({body, kind: 'ask', start, end: start})
        break
      case OP.returnCallIndirect:
        add({body, kind: 'ask', start, end: start})
        callsThrough('return-table-call', body, [start, at, end])
        break
      case OF_TABLE.callIndirect:
        callsThrough('table-call', body, [start, at, end])
        break
      case OF_TABLE.tableGet:
      case OF_TABLE.tableSize:
        readsTables = true
        break
      case OP.callRef:
      case OP.returnCallRef: {
        const type = lebAt(bytes, at)
        add({body, kind: opcode === OP.callRef ? 'call-ref' : 'return-call-ref', type, start, end})
        break
      }
      case OP.memorySize:
      case OP.memoryGrow:
        add({
          body,
          kind: opcode === OP.memorySize ? 'size' : 'grow',
          memory: lebAt(bytes, at),
          start,
          end,
        })
        break
      case OP.memoryCopy:
      case OP.memoryFill:
        takesLong(body, start)
        break
      case OP.memoryInit: {
        takesLong(body, start)
        const segment = segmentUse(lebAt(bytes, at))
        add({body, kind: 'init', segment, memory: lebAt(bytes, skipLeb(bytes, at)), start, end})
        break
      }
      case OP.dataDrop: {
        const segment = segmentUse(lebAt(bytes, at))
        drops.add(segment)
        add({body, kind: 'drop', segment, start, end})
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
        takesLong(body, start)
        break
      case OP.arrayNew:
      case OP.arrayNewDefault:
      case OP.arrayNewFixed:
      case OP.arrayNewElem:
        makesObjects = true
        takesLong(body, start)
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
        takesLong(body, start)
        break
      case OP.tableSet:
        writesTables = true
        break
      default:
        writesTables = true
        takesLong(body, start)
    }
  }
  const reader = sectionReader(module, SECTION.code)
  const count = reader?.u32() ?? 0
  const start = reader?.position ?? 0
  if (reader !== undefined)
    walkBodies(reader, count, {
      wanted: tables.size > 0 ? WANTED_OF_TABLES : WANTED,
      longBytes: LONG_BYTES,
      long: (body, code) => add({body, kind: 'ask', start: code, end: code}),
      visit,
    })
  // Dropping a segment that was active before does nothing, nor does it to one that is never dropped.
  const dropped = new Set([...drops].filter(segment => passive[segment] === true))
  const calls = planCalls(module, writesTables || readsTables ? new Map() : tables, called)
  const isMade = (edit: Edit): boolean =>
    'segment' in edit ? dropped.has(edit.segment) : !('table' in edit) || calls.routes.has(edit.table)
  // Of each body they are in their order.
  const ordered: Edit[] = []
  for (const body of [...edits.keys()].sort((one, other) => one.from - other.from)) {
    const declares = calls.declarations.get(body)
    if (declares !== undefined) ordered.push(declares)
    for (const edit of edits.get(body)!) if (isMade(edit)) ordered.push(edit)
  }
  return {
    edits: ordered,
    calls,
    count,
    start,
    end: reader?.end ?? 0,
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
  /** By edit. */
  readonly #replacements: readonly (readonly number[])[]
  /** Of the bodies that hold edits, as they are written. */
  readonly #lengths: number[] = []

  constructor(module: CoreModule, facts: CodeFacts, replacement: (edit: Edit) => readonly number[]) {
    super()
    this.#bytes = module.bytes
    this.#facts = facts
    this.#replacements = facts.edits.map(replacement)
    const {edits} = facts
    let total = facts.end - facts.start
    for (let i = 0; i < edits.length; ) {
      const {body} = edits[i]!
      let length = body.end - body.start
      for (; edits[i]?.body === body; i++)
        length += this.#replacements[i]!.length - (edits[i]!.end - edits[i]!.start)
      this.#lengths.push(length)
      total += unsignedLength(length) + length - (body.end - body.from)
    }
    this.length = total
  }

  writeTo(target: Uint8Array, at: number): void {
    const bytes = this.#bytes
    const {edits, start, end} = this.#facts
    let done = start
    let bodies = 0
    for (let i = 0; i < edits.length; i++) {
      const edit = edits[i]!
      if (edit.body !== edits[i - 1]?.body) {
        copy.call(bytes, target, at, done, edit.body.from)
        at = writeUnsigned(target, at + edit.body.from - done, this.#lengths[bodies++]!)
        done = edit.body.start
      }
      copy.call(bytes, target, at, done, edit.start)
      at += edit.start - done
      const replacement = this.#replacements[i]!
      for (let k = 0; k < replacement.length; k++) target[at++] = replacement[k]!
      done = edit.end
    }
    copy.call(bytes, target, at, done, end)
  }
}

/** Makes no view, of which there would be thousands. */
const copy: (this: Uint8Array, target: Uint8Array, at: number, start: number, end: number) => unknown =
  Buffer.prototype.copy
