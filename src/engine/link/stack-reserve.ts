// engine/link/stack-reserve.ts: a guest that has filled its stack must not get into the host, which would fail anywhere.
//
// V8 throws where the stack ends: in the guest, or in whatever function of ours the guest called last, halfway through.
// (On a stack of its own a guest cannot do so, since V8 runs the host on the main one; but not every guest has one.) So
// whoever is called by a guest first calls a function that needs a large frame, and so fails if there is no room for it.

import {type Code, call, END, get as localGet} from '../core/assembly.ts'
import {name} from '../core/writer.ts'
import {body, compiled, FUNC, funcType, section, vec} from './module-code.ts'

/** Of eight bytes each: far more than the calls of a host function need. */
const VALUES = 3000

const I64_LOAD = 0x29
const I64_STORE = 0x37
const I64_XOR = 0x85
/** (i64.load (local.get 0)), with room for an offset of three bytes. */
const LOAD = [0x20, 0, I64_LOAD, 3, 0, 0, 0]

/** (func): V8 inlines no function of another instance. */
const emptyModule = (): Code => [
  section(1, vec([funcType([], undefined)])),
  section(3, vec([[0]])),
  section(7, vec([[name('f'), FUNC, 0]])),
  section(10, vec([body(undefined, [])])),
]

/**
 * (func (param i32)): calls an import, and if its parameter is not 0, does so with so many values on the stack. The first
 * call makes V8 lay out the frame at once, the values being used afterwards makes it as large as they are.
 */
function reserveModule(): Code {
  return [
    section(1, vec([funcType(['i32'], undefined), funcType([], undefined)])),
    section(2, vec([[name(''), name('f'), FUNC, 1]])),
    section(3, vec([[0]])),
    section(5, vec([[0, 1]])),
    section(7, vec([[name('reserve'), FUNC, 1]])),
    section(
      10,
      vec([
        body(undefined, [
          [call(0), localGet(0), 0x04, 0x40],
          [localGet(0), loads(), call(0), new Uint8Array(VALUES - 1).fill(I64_XOR), I64_STORE, 3, 0],
          END,
        ]),
      ]),
    ),
  ]
}

/** Each start makes them, when all of this runs for the first time: they are written where they go. */
function loads(): Uint8Array {
  const bytes = new Uint8Array(VALUES * LOAD.length)
  for (let i = 0, at = 0; i < VALUES; i++, at += LOAD.length) {
    const offset = i * 8
    bytes.set(LOAD, at)
    bytes[at + 4] = offset | 0x80
    bytes[at + 5] = (offset >> 7) | 0x80
    bytes[at + 6] = offset >> 14
  }
  return bytes
}

let reserve: ((zero: number) => void) | undefined

/** A function that throws V8's RangeError where less than about 24 kB of the stack are left. One per thread. */
export function stackReserve(): (zero: number) => void {
  if (reserve !== undefined) return reserve
  const {exports} = new WebAssembly.Instance(compiled('nothing', emptyModule))
  reserve = new WebAssembly.Instance(compiled('stack reserve', reserveModule), {'': {f: exports['f']}})
    .exports['reserve']
  return reserve!
}
