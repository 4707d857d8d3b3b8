// engine/core/compiled-walk.ts: walks function bodies at the speed of compiled code, which stops where JavaScript must look.
//
// A module of 10 MB is walked whole before it runs, once, when JavaScript is not compiled yet. Wasm is at its first call.
import {type Body, type BodyVisitor, bodyAt, END, LOOP, refuseBody, visitOf} from './body.ts'
import {SHAPE, walkInstruction} from './code.ts'
import {
  BEHIND,
  CODE,
  EXCEPTIONS,
  LANE,
  LANES,
  LAST,
  LEFT,
  LONG,
  LOOP_SHAPE,
  laneAt,
  NEXT,
  SHAPES,
  STOPS,
} from './compiled-walk-layout.ts'
import {walkModule} from './compiled-walk-module.ts'
import type {Reader} from './reader.ts'

const PAGE = 65_536
/** At least so much of the code is copied at once: what is still in the processor's cache when it is read. */
const WINDOW = 8 * PAGE - CODE - BEHIND

const HIGH_BITS = 0x8080_8080_8080_8080n
/** By shape: the bytes one of which is the last, where the highest bit is not set; what is no usual instruction of it. */
const USUAL: Readonly<Record<number, readonly [stops: bigint, exceptions: number]>> = {
  [SHAPE.none]: [0x80n, 0],
  [SHAPE.index]: [HIGH_BITS & ~0xffn, 0],
  [SHAPE.memoryArgument]: [HIGH_BITS & ~0xffffn, 0xc000],
  [SHAPE.blockType]: [HIGH_BITS & ~0xffn, 0x2000],
}
const NEVER = [0n, 0] as const

/** As `walkBodies` does it. */
export function walkCompiled(reader: Reader, count: number, visitor: BodyVisitor): void {
  new CompiledWalk(reader, visitor).walk(count)
}

let compiled: WebAssembly.Module | undefined

/** In the code's own bytes all positions are those of `reader`; in the memory they are others. */
class CompiledWalk {
  readonly #reader: Reader
  readonly #visitor: BodyVisitor
  readonly #memory: WebAssembly.Memory
  readonly #walk: () => number
  #bytes: Uint8Array
  #words: Uint32Array
  /** By lane, of those that something was told of. */
  readonly #bodies: (Body | undefined)[] = Array(LANES).fill(undefined)

  constructor(reader: Reader, visitor: BodyVisitor) {
    this.#reader = reader
    this.#visitor = visitor
    this.#memory = new WebAssembly.Memory({initial: (CODE + WINDOW + BEHIND) / PAGE})
    compiled ??= new WebAssembly.Module(walkModule() as Uint8Array<ArrayBuffer>)
    const {exports} = new WebAssembly.Instance(compiled, {'': {m: this.#memory}})
    this.#walk = exports['walk'] as () => number
    this.#bytes = new Uint8Array(this.#memory.buffer)
    this.#words = new Uint32Array(this.#memory.buffer)
    const shapes = visitor.wanted.passed.with(LOOP, LOOP_SHAPE)
    this.#bytes.set(shapes, SHAPES)
    const usual = Array.from(shapes, shape => USUAL[shape] ?? NEVER)
    new BigUint64Array(this.#memory.buffer, STOPS).set(usual.map(([stops]) => stops))
    this.#words.set(
      usual.map(([, exceptions]) => exceptions),
      EXCEPTIONS / 4,
    )
    this.#words[LONG / 4] = visitor.longBytes
  }

  walk(count: number): void {
    const {end, position} = this.#reader
    let from = position
    this.#words[LEFT / 4] = count
    while (this.#words[LEFT / 4]! > 0) {
      const to = Math.min(end, Math.max(bodyAt(this.#reader, from).end, from + WINDOW))
      this.#show(from, to)
      this.#walkWindow(from - CODE)
      from = this.#words[NEXT / 4]! + from - CODE
    }
    this.#reader.position = from
  }

  /** Puts a part of the code into the memory, which begins with a body; no lane has one yet. */
  #show(from: number, to: number): void {
    const length = to - from
    const missing = CODE + length + BEHIND - this.#bytes.length
    if (missing > 0) {
      this.#memory.grow(Math.ceil(missing / PAGE))
      this.#bytes = new Uint8Array(this.#memory.buffer)
      this.#words = new Uint32Array(this.#memory.buffer)
    }
    this.#bytes[CODE - 1] = END
    this.#bytes.set(this.#reader.bytes.subarray(from, to), CODE)
    this.#bytes.fill(0, CODE + length, CODE + length + BEHIND)
    this.#words[NEXT / 4] = CODE
    this.#words[LAST / 4] = CODE + length
    for (let lane = 0; lane < LANES; lane++) {
      this.#words[cell(lane, LANE.at)] = CODE
      this.#words[cell(lane, LANE.end)] = CODE
    }
  }

  #walkWindow(shift: number): void {
    const {bytes} = this.#reader
    const {wanted} = this.#visitor
    let body: Body
    const visit = visitOf(this.#visitor, () => body)
    for (let lane = this.#walk(); lane < LANES; lane = this.#walk()) {
      const at = this.#words[cell(lane, LANE.at)]! + shift
      const from = this.#words[cell(lane, LANE.from)]! + shift
      const known = this.#bodies[lane]
      body = known?.from === from ? known : (this.#bodies[lane] = bodyAt(this.#reader, from))
      if (body !== known && body.end - body.start > this.#visitor.longBytes) {
        this.#visitor.long(body, at)
        continue
      }
      body.loops ||= this.#words[cell(lane, LANE.loops)] === 1
      const next = at < body.end ? walkInstruction(bytes, at, body.end, wanted, visit) : Number.NaN
      if (Number.isNaN(next)) refuseBody(this.#reader, body)
      this.#words[cell(lane, LANE.at)] = next - shift
    }
  }
}

const cell = (lane: number, at: number): number => (laneAt(lane) + at) / 4
