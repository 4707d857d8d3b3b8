// engine/component/sort.ts: sorts (Binary.md, Instance Definitions).
import type {Reader} from '../core/reader.ts'
import type {CoreSort, Sort} from './component.ts'
import {invalidByte} from './leading-byte.ts'

const coreSorts: Readonly<Record<number, CoreSort>> = {
  0: 'func',
  1: 'table',
  2: 'memory',
  3: 'global',
  4: 'tag',
  16: 'type',
  17: 'module',
  18: 'instance',
}

const sorts: Readonly<Record<number, Sort>> = {
  1: 'func',
  2: 'value',
  3: 'type',
  4: 'component',
  5: 'instance',
}

const outerSorts: ReadonlySet<Sort> = new Set(['core-module', 'core-type', 'type', 'component'])

/** What a core instance can export: `type`, `module` and `instance` wait for core proposals. */
export function readCoreExternSort(reader: Reader): CoreSort {
  const byte = reader.byte()
  const sort = byte < 0x10 ? coreSorts[byte] : undefined
  return sort ?? invalidByte(reader, byte, 'external kind')
}

/** What a component instance can export: any sort, of the core sorts `module` only. */
export function readExternSort(reader: Reader): Sort {
  return externSort(reader, readRawSort(reader))
}

/** The byte or two bytes of a sort whose meaning depends on what follows, and where they end. */
export type RawSort = Readonly<{byte: number; core: number | undefined; end: number}>

export function readRawSort(reader: Reader): RawSort {
  const byte = reader.byte()
  const core = byte === 0x00 ? reader.byte() : undefined
  return {byte, core, end: reader.position}
}

export function externSort(reader: Reader, raw: RawSort): Sort {
  const sort = raw.core === undefined ? sorts[raw.byte] : raw.core === 0x11 ? 'core-module' : undefined
  return sort ?? fail(reader, raw, 'component external kind')
}

export function coreExternSort(reader: Reader, raw: RawSort): CoreSort {
  const sort = raw.core === undefined || raw.core >= 0x10 ? undefined : coreSorts[raw.core]
  return sort ?? fail(reader, raw, 'external kind')
}

export function outerSort(reader: Reader, raw: RawSort): Sort {
  const core = raw.core === undefined ? undefined : coreSorts[raw.core]
  const sort: Sort | undefined = core === undefined ? sorts[raw.byte] : `core-${core}`
  return sort !== undefined && outerSorts.has(sort) ? sort : fail(reader, raw, 'component outer alias kind')
}

function fail(reader: Reader, raw: RawSort, what: string): never {
  return reader.fail(
    `invalid leading byte (0x${(raw.core ?? raw.byte).toString(16)}) for ${what}`,
    raw.end - 1,
  )
}
