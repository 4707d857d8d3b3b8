// engine/component/start-section.ts: the start function (Binary.md, Start Definitions).
import type {Reader} from '../core/reader.ts'
import type {Definition} from './component.ts'

export function readStart(reader: Reader): Definition {
  const byteOffset = reader.offset
  const func = reader.u32()
  const args = reader.vec(() => reader.u32())
  return {byteOffset, kind: 'start', func, args, results: reader.u32()}
}
