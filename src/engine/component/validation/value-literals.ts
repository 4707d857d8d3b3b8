// engine/component/validation/value-literals.ts: the bytes of constant values (Binary.md, Value Definitions).
import type {Reader} from '../../core/reader.ts'
import type {PrimValType} from '../component.ts'
import {type Context, charge, invalid} from './context.ts'
import type {Shape, Value} from './types.ts'

/** Reads one value of `type`. Every value takes a byte at least, so the work is linear in what is read. */
export function readLiteral(cx: Context, reader: Reader, type: Value): void {
  charge(cx)
  if (typeof type === 'string') readPrimitive(cx, reader, type)
  else readShape(cx, reader, type.shape)
}

function readShape(cx: Context, reader: Reader, shape: Shape): void {
  const read = (type: Value | undefined): void => {
    if (type !== undefined) readLiteral(cx, reader, type)
  }
  switch (shape.kind) {
    case 'prim':
      readPrimitive(cx, reader, shape.prim)
      break
    case 'record':
      for (const field of shape.fields) read(field.type)
      break
    case 'tuple':
      for (const element of shape.elements) read(element)
      break
    case 'variant':
      read(shape.cases[readIndex(reader, shape.cases.length)]?.type)
      break
    case 'enum':
      readIndex(reader, shape.labels.length)
      break
    case 'option':
      if (readIndex(reader, 2) === 1) read(shape.element)
      break
    case 'result':
      read(readIndex(reader, 2) === 0 ? shape.ok : shape.err)
      break
    case 'list':
      if (shape.length === undefined) reader.vec(() => read(shape.element))
      else for (let i = 0; i < shape.length; i++) read(shape.element)
      break
    case 'map':
      reader.vec(() => {
        read(shape.key)
        read(shape.value)
      })
      break
    case 'flags':
      reader.take(Math.ceil(shape.labels.length / 8))
      break
    default:
      invalid(cx, `a value cannot hold a ${shape.kind}`)
  }
}

function readIndex(reader: Reader, count: number): number {
  const start = reader.position
  const index = reader.u32()
  if (index >= count) reader.fail('a value chooses a case that its type does not have', start)
  return index
}

const ranges: Readonly<Partial<Record<PrimValType, readonly [number, number]>>> = {
  bool: [0, 1],
  u16: [0, 0xffff],
  u32: [0, 0xffffffff],
  s16: [-0x8000, 0x7fff],
  s32: [-0x80000000, 0x7fffffff],
}

function readPrimitive(cx: Context, reader: Reader, type: PrimValType): void {
  const start = reader.position
  switch (type) {
    case 'bool':
    case 'u16':
    case 'u32':
    case 's16':
    case 's32': {
      const value =
        type === 'bool' ? reader.byte() : type.startsWith('u') ? reader.u32() : Number(reader.signed(32))
      const [min, max] = ranges[type]!
      if (value < min || value > max) reader.fail(`a value is not a ${type}`, start)
      break
    }
    case 'u8':
    case 's8':
      reader.byte()
      break
    case 'u64':
      reader.u64()
      break
    case 's64':
      reader.signed(64)
      break
    case 'f32':
    case 'f64':
      readFloat(reader, type)
      break
    case 'char':
      readChar(reader)
      break
    case 'string':
      reader.name()
      break
    case 'error-context':
      invalid(cx, 'a value cannot hold an error-context')
  }
}

function readFloat(reader: Reader, type: 'f32' | 'f64'): void {
  const start = reader.position
  const bytes = reader.take(type === 'f32' ? 4 : 8)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const value = type === 'f32' ? view.getFloat32(0, true) : view.getFloat64(0, true)
  if (!Number.isNaN(value)) return
  const canonical =
    type === 'f32' ? view.getUint32(0, true) === 0x7fc00000 : view.getBigUint64(0, true) === 0x7ff8n << 48n
  if (!canonical) reader.fail('a NaN is not in canonical form', start)
}

/** One code point in UTF-8, whose first byte tells the length. */
function readChar(reader: Reader): void {
  const start = reader.position
  const first = reader.peek()
  const bytes = reader.take(first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4)
  try {
    new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes)
  } catch {
    reader.fail('malformed UTF-8 encoding', start)
  }
}
