// engine/component/extern-name.ts: names of imports and exports with their attributes.
import type {Reader} from '../core/reader.ts'
import type {ExternName} from './component.ts'
import {invalidByte} from './leading-byte.ts'

type Attribute = 'implements' | 'versionSuffix' | 'externalId'

const attributes: Readonly<Record<number, readonly [Attribute, string]>> = {
  0: ['implements', 'implements'],
  1: ['versionSuffix', 'version-suffix'],
  2: ['externalId', 'external-id'],
}

/** `<nameattributes>` (Binary.md, Import and Export Definitions). */
export function readExternName(reader: Reader): ExternName {
  const byte = reader.byte()
  if (byte > 0x02) invalidByte(reader, byte, 'component name')
  const name = reader.name()
  if (byte < 0x02) return {name}
  const found: {name: string} & Partial<Record<Attribute, string>> = {name}
  reader.vec(() => {
    const start = reader.position
    const kind = reader.byte()
    const [key, label] = attributes[kind] ?? invalidByte(reader, kind, 'name option')
    const value = reader.name()
    if (found[key] !== undefined) reader.fail(`duplicate '${label}' option in name`, start)
    found[key] = value
  })
  return found
}
