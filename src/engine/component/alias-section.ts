// engine/component/alias-section.ts: aliases (Binary.md, Alias Definitions).
import type {Reader} from '../core/reader.ts'
import type {Alias} from './component.ts'
import {invalidByte} from './leading-byte.ts'
import {coreExternSort, externSort, outerSort, readRawSort} from './sort.ts'

/** The sort comes first in the binary, but which sorts are allowed depends on the target that follows it. */
export function readAlias(reader: Reader): Alias {
  const raw = readRawSort(reader)
  const target = reader.byte()
  switch (target) {
    case 0x00: {
      const sort = externSort(reader, raw)
      const instance = reader.u32()
      return {kind: 'export', sort, instance, name: reader.name()}
    }
    case 0x01: {
      const sort = coreExternSort(reader, raw)
      const instance = reader.u32()
      return {kind: 'core-export', sort, instance, name: reader.name()}
    }
    case 0x02: {
      const sort = outerSort(reader, raw)
      const count = reader.u32()
      return {kind: 'outer', sort, count, index: reader.u32()}
    }
    default:
      return invalidByte(reader, target, 'alias')
  }
}
