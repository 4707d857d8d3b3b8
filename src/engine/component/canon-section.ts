// engine/component/canon-section.ts: canonical definitions (Binary.md, Canonical Definitions).
import type {Reader} from '../core/reader.ts'
import {readValueType} from '../core/value-type.ts'
import type {Canon, CanonOptions, StringEncoding} from './component.ts'
import {expectByte, flag, invalidByte} from './leading-byte.ts'
import {readResultList} from './type-section.ts'

type Read = (reader: Reader) => Canon

type PlainKind = Extract<
  Canon['kind'],
  | 'backpressure.inc'
  | 'backpressure.dec'
  | 'task.cancel'
  | 'subtask.drop'
  | 'error-context.drop'
  | 'waitable-set.new'
  | 'waitable-set.drop'
  | 'waitable.join'
  | 'thread.index'
  | 'thread.resume-later'
>
type OfType = Extract<Canon, {type: number}>['kind']

// The shapes that several built-ins share.
const plain =
  (kind: PlainKind): Read =>
  () => ({kind})
const ofType =
  (
    kind: Exclude<
      OfType,
      'lift' | `thread.${string}` | `${string}.${'read' | 'write'}` | `${string}.cancel-${string}`
    >,
  ): Read =>
  reader => ({kind, type: reader.u32()})
const copy =
  (kind: `${'stream' | 'future'}.${'read' | 'write'}`): Read =>
  reader => {
    const type = reader.u32()
    return {kind, type, options: readOptions(reader)}
  }
const cancelCopy =
  (kind: `${'stream' | 'future'}.cancel-${'read' | 'write'}`): Read =>
  reader => {
    const type = reader.u32()
    return {kind, type, async: flag(reader)}
  }
const context =
  (kind: 'context.get' | 'context.set'): Read =>
  reader => {
    const type = readValueType(reader)
    return {kind, type, slot: reader.u32()}
  }
const waitable =
  (kind: 'waitable-set.wait' | 'waitable-set.poll'): Read =>
  reader => {
    const cancellable = flag(reader)
    return {kind, cancellable, memory: reader.u32()}
  }
const switching =
  (
    kind: 'thread.yield' | 'thread.suspend' | `thread.${'suspend' | 'yield'}-then-${'resume' | 'promote'}`,
  ): Read =>
  reader => ({kind, cancellable: flag(reader)})

const readers: Readonly<Record<number, Read>> = {
  0: reader => {
    expectByte(reader, 0x00, 'canonical function lift')
    const func = reader.u32()
    const options = readOptions(reader)
    return {kind: 'lift', func, options, type: reader.u32()}
  },
  1: reader => {
    expectByte(reader, 0x00, 'canonical function lower')
    const func = reader.u32()
    return {kind: 'lower', func, options: readOptions(reader)}
  },
  2: ofType('resource.new'),
  3: ofType('resource.drop'),
  4: ofType('resource.rep'),
  5: plain('task.cancel'),
  6: reader => ({kind: 'subtask.cancel', async: flag(reader)}),
  9: reader => {
    const result = readResultList(reader)
    return {kind: 'task.return', result, options: readOptions(reader)}
  },
  10: context('context.get'),
  11: context('context.set'),
  12: switching('thread.yield'),
  13: plain('subtask.drop'),
  14: ofType('stream.new'),
  15: copy('stream.read'),
  16: copy('stream.write'),
  17: cancelCopy('stream.cancel-read'),
  18: cancelCopy('stream.cancel-write'),
  19: ofType('stream.drop-readable'),
  20: ofType('stream.drop-writable'),
  21: ofType('future.new'),
  22: copy('future.read'),
  23: copy('future.write'),
  24: cancelCopy('future.cancel-read'),
  25: cancelCopy('future.cancel-write'),
  26: ofType('future.drop-readable'),
  27: ofType('future.drop-writable'),
  28: reader => ({kind: 'error-context.new', options: readOptions(reader)}),
  29: reader => ({kind: 'error-context.debug-message', options: readOptions(reader)}),
  30: plain('error-context.drop'),
  31: plain('waitable-set.new'),
  32: waitable('waitable-set.wait'),
  33: waitable('waitable-set.poll'),
  34: plain('waitable-set.drop'),
  35: plain('waitable.join'),
  36: plain('backpressure.inc'),
  37: plain('backpressure.dec'),
  38: plain('thread.index'),
  39: reader => {
    const type = reader.u32()
    return {kind: 'thread.new-indirect', type, table: reader.u32()}
  },
  40: plain('thread.resume-later'),
  41: switching('thread.suspend'),
  42: switching('thread.suspend-then-resume'),
  43: switching('thread.yield-then-resume'),
  44: switching('thread.suspend-then-promote'),
  45: switching('thread.yield-then-promote'),
  64: reader => {
    const shared = flag(reader)
    return {kind: 'thread.spawn-ref', shared, type: reader.u32()}
  },
  65: reader => {
    const shared = flag(reader)
    const type = reader.u32()
    return {kind: 'thread.spawn-indirect', shared, type, table: reader.u32()}
  },
  66: reader => ({kind: 'thread.available-parallelism', shared: flag(reader)}),
}

export function readCanon(reader: Reader): Canon {
  const opcode = reader.byte()
  const read = readers[opcode] ?? invalidByte(reader, opcode, 'canonical function')
  return read(reader)
}

type Indexed = 'memory' | 'realloc' | 'postReturn' | 'callback'
const encodings: readonly StringEncoding[] = ['utf8', 'utf16', 'latin1+utf16']
const indexed: Readonly<Record<number, readonly [Indexed, string]>> = {
  3: ['memory', 'memory'],
  4: ['realloc', 'realloc'],
  5: ['postReturn', 'post-return'],
  7: ['callback', 'callback'],
}

/** `<opts>`: no option may be given twice, and there is one string encoding at most. */
function readOptions(reader: Reader): CanonOptions {
  let stringEncoding: StringEncoding | undefined
  let async = false
  const indices: Record<Indexed, number | undefined> = {
    memory: undefined,
    realloc: undefined,
    postReturn: undefined,
    callback: undefined,
  }
  reader.vec(() => {
    const start = reader.position
    const byte = reader.byte()
    const twice = (name: string): never =>
      reader.fail(`canonical option \`${name}\` is specified more than once`, start)
    const encoding = encodings[byte]
    if (encoding !== undefined) {
      if (stringEncoding !== undefined) {
        reader.fail(
          `canonical encoding option \`${stringEncoding}\` conflicts with option \`${encoding}\``,
          start,
        )
      }
      stringEncoding = encoding
    } else if (byte === 0x06) {
      if (async) twice('async')
      async = true
    } else {
      const [key, name] = indexed[byte] ?? invalidByte(reader, byte, 'canonical option')
      if (indices[key] !== undefined) twice(name)
      indices[key] = reader.u32()
    }
  })
  return {stringEncoding: stringEncoding ?? 'utf8', async, ...indices}
}
