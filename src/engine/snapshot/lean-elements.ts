// engine/snapshot/lean-elements.ts: the element section of a module that is made lean (core spec 5.5.12).
import {lebAt, skipLeb} from '../core/code.ts'
import type {CoreModule} from '../core/module.ts'
import {readConstantExpression, SECTION, sectionReader} from '../core/module-decode.ts'
import type {Reader} from '../core/reader.ts'
import {readValueType} from '../core/value-type.ts'
import {type Pieces, section, unsigned} from '../core/writer.ts'

export type ElementSegment = Readonly<{
  /** As it is written. */
  bytes: Uint8Array
  /** The table that an active one fills. */
  table: number | undefined
  /** Where, if that is one plain number. */
  offset: number | undefined
  /** Its functions, if it lists them by index, and the vector of them as it is written. */
  functions: Readonly<{indices: readonly number[]; bytes: Uint8Array}> | undefined
}>

export function readElementSegments(module: CoreModule): ElementSegment[] {
  const reader = sectionReader(module, SECTION.element)
  const segments = reader?.vec(() => readSegment(reader)) ?? []
  // V8, which would check it, sees another section.
  if (reader?.done === false) reader.fail('section size mismatch')
  return segments
}

/** The lowest bits: not active; a table's index or declarative; expressions instead of indices. */
const FLAG = {notActive: 1, explicit: 2, expressions: 4} as const

function readSegment(reader: Reader): ElementSegment {
  const {bytes, position: start} = reader
  const flags = reader.u32()
  if (flags > 7) reader.fail('malformed elements segment kind', start)
  const isActive = (flags & FLAG.notActive) === 0
  const table = isActive ? ((flags & FLAG.explicit) === 0 ? 0 : reader.u32()) : undefined
  const offset = isActive ? plainOffset(readConstantExpression(reader)) : undefined
  const hasExpressions = (flags & FLAG.expressions) !== 0
  if ((flags & (FLAG.notActive | FLAG.explicit)) !== 0) {
    if (hasExpressions) readValueType(reader)
    else if (reader.byte() !== 0) reader.fail('malformed element kind', reader.position - 1)
  }
  const from = reader.position
  const indices: number[] = []
  if (hasExpressions) reader.vec(() => readConstantExpression(reader))
  else reader.u32s(indices)
  const functions = hasExpressions ? undefined : {indices, bytes: bytes.subarray(from, reader.position)}
  return {bytes: bytes.subarray(start, reader.position), table, offset, functions}
}

const I32_CONST = 0x41

/** Negative ones lie beyond every table, as larger ones do. */
function plainOffset(expression: Uint8Array): number | undefined {
  if (expression[0] !== I32_CONST) return undefined
  const end = skipLeb(expression, 1)
  const isNegative = (expression[end - 1]! & 0x40) !== 0
  return end + 1 === expression.length && !isNegative ? lebAt(expression, 1) : undefined
}

/**
 * The section, in which segments for tables of `instead` only declare their functions, as all segments do once they are
 * used up. Behind them are those that fill these tables now.
 */
export function elementSection(
  segments: readonly ElementSegment[],
  instead: ReadonlyMap<number, Readonly<{segments: readonly (readonly number[])[]}>>,
): Pieces {
  if (segments.length === 0) return []
  const written = segments.flatMap(({bytes, table, functions}) =>
    table !== undefined && instead.has(table) ? [[3, 0], functions!.bytes] : [bytes],
  )
  const added = [...instead.values()].flatMap(one => one.segments)
  return section(SECTION.element, [unsigned(segments.length + added.length), ...written, ...added])
}
