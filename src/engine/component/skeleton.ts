// engine/component/skeleton.ts: a component without what its core modules compute: all that linking it looks at, where the
// modules themselves are known.

import {SECTION} from '../core/module-decode.ts'
import {Reader} from '../core/reader.ts'
import {concat, type Pieces, section} from '../core/writer.ts'
import type {Component} from './component.ts'
import {isCoreModule} from './decode.ts'

const PREAMBLE_LENGTH = 8
/** Of a component's sections, those that are binaries themselves: a core module, a component. */
const NESTED: readonly number[] = [1, 4]
const LEFT_OUT: readonly number[] = [SECTION.custom, SECTION.code, SECTION.dataCount, SECTION.data]

/** Of a valid component, or core module. */
export const skeletonOf = (bytes: Uint8Array): Uint8Array => concat(reduced(bytes))

function reduced(bytes: Uint8Array): Pieces {
  const isCore = isCoreModule(bytes)
  const reader = new Reader(bytes)
  const pieces: Pieces[] = [[reader.take(PREAMBLE_LENGTH)]]
  while (!reader.done) {
    const id = reader.byte()
    const content = reader.take(reader.u32())
    if (isCore && LEFT_OUT.includes(id)) continue
    pieces.push(section(id, !isCore && NESTED.includes(id) ? reduced(content) : [content]))
  }
  return pieces.flat()
}

/** As `coreModulesOf` finds them, without decoding the rest; a core module is one. */
export function countCoreModules(bytes: Uint8Array): number {
  if (isCoreModule(bytes)) return 1
  const reader = new Reader(bytes)
  reader.take(PREAMBLE_LENGTH)
  let count = 0
  while (!reader.done) {
    const id = reader.byte()
    const content = reader.take(reader.u32())
    if (NESTED.includes(id)) count += countCoreModules(content)
  }
  return count
}

/** The binaries of a component's core modules, those of the components in it too, in the binary's order. */
export const coreModulesOf = ({definitions}: Component): Uint8Array[] =>
  definitions.flatMap(definition => {
    if (definition.kind === 'core-module') return [definition.bytes]
    return definition.kind === 'component' ? coreModulesOf(definition.component) : []
  })
