// engine/component/instance-section.ts: core instances and instances (Binary.md, Instance Definitions).
import type {Reader} from '../core/reader.ts'
import type {Definition} from './component.ts'
import {readExternName} from './extern-name.ts'
import {expectByte, invalidByte} from './leading-byte.ts'
import {readCoreExternSort, readExternSort} from './sort.ts'

export function readCoreInstance(reader: Reader): Definition {
  const byteOffset = reader.offset
  const byte = reader.byte()
  if (byte === 0x00) {
    const module = reader.u32()
    const args = reader.vec(() => {
      const name = reader.name()
      expectByte(reader, 0x12, 'instantiation arg kind')
      return {name, instance: reader.u32()}
    })
    return {byteOffset, kind: 'core-instance', expr: {kind: 'instantiate', module, args}}
  }
  if (byte !== 0x01) invalidByte(reader, byte, 'core instance')
  const exports = reader.vec(() => {
    const name = reader.name()
    const sort = readCoreExternSort(reader)
    return {name, sort, index: reader.u32()}
  })
  return {byteOffset, kind: 'core-instance', expr: {kind: 'exports', exports}}
}

export function readInstance(reader: Reader): Definition {
  const byteOffset = reader.offset
  const byte = reader.byte()
  if (byte === 0x00) {
    const component = reader.u32()
    const args = reader.vec(() => {
      const name = reader.name()
      const sort = readExternSort(reader)
      return {name, sort, index: reader.u32()}
    })
    return {byteOffset, kind: 'instance', expr: {kind: 'instantiate', component, args}}
  }
  if (byte !== 0x01) invalidByte(reader, byte, 'instance')
  const exports = reader.vec(() => {
    const name = readExternName(reader)
    const sort = readExternSort(reader)
    return {name, sort, index: reader.u32()}
  })
  return {byteOffset, kind: 'instance', expr: {kind: 'exports', exports}}
}
