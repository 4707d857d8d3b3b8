// test/spec/text.ts: the text of a component as bytes. Parsers newer than the suite know no `cancellable` immediate any more
// (Binary.md, canon: `cancel?`), so it is taken out of the text and set in the binary.
import type {Component, Definition} from '../../src/engine/component/component.ts'
import {decodeComponent} from '../../src/engine/component/decode.ts'
import {type Node, readWast} from './wast.ts'

const CANCELLABLE: ReadonlySet<string> = new Set([
  'waitable-set.wait',
  'waitable-set.poll',
  'thread.yield',
  'thread.suspend',
  'thread.suspend-then-resume',
  'thread.yield-then-resume',
  'thread.suspend-then-promote',
  'thread.yield-then-promote',
])

export async function parseText(text: string): Promise<Uint8Array> {
  // It brings WebAssembly of some megabytes, so it is loaded when first needed.
  const {parse} = await import('@bytecodealliance/jco')
  if (!text.includes(' cancellable')) return parse(text)
  const marks = readWast(text).flatMap(marksIn)
  const bytes = await parse(without(text, marks))
  const offsets = offsetsIn(decodeComponent(bytes))
  if (offsets.length !== marks.length) throw new Error('built-ins of text and binary do not pair up')
  marks.forEach((mark, i) => {
    if (mark !== undefined) bytes[offsets[i]! + 1] = 1
  })
  return bytes
}

type Mark = Readonly<{start: number; end: number}> | undefined

/** Where `cancellable` stands in each built-in that may have it, in order. */
function marksIn(node: Node): Mark[] {
  if (node.kind !== 'list') return []
  const [head, name, flag] = node.items
  if (isAtom(head, 'canon') && name?.kind === 'atom' && CANCELLABLE.has(name.text))
    return [isAtom(flag, 'cancellable') ? flag : undefined]
  return node.items.flatMap(marksIn)
}

const isAtom = (node: Node | undefined, text: string): node is Node =>
  node?.kind === 'atom' && node.text === text

function without(text: string, marks: readonly Mark[]): string {
  let rest = text
  for (const mark of marks.toReversed())
    if (mark !== undefined) rest = rest.slice(0, mark.start) + rest.slice(mark.end)
  return rest
}

const offsetsIn = ({definitions}: Component): number[] => definitions.flatMap(offsetsOf)

function offsetsOf(definition: Definition): number[] {
  if (definition.kind === 'component') return offsetsIn(definition.component)
  return definition.kind === 'canon' && CANCELLABLE.has(definition.canon.kind) ? [definition.byteOffset] : []
}
