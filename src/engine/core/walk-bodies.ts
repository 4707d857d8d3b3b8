// engine/core/walk-bodies.ts: walks the function bodies of a code section for the few instructions that someone wants.
import {type Body, type BodyVisitor, bodyAt, END, refuseBody, visitOf} from './body.ts'
import {localsAt, walkInstruction} from './code.ts'
import {walkCompiled} from './compiled-walk.ts'
import type {Reader} from './reader.ts'

/** Less code is walked sooner than what walks it is compiled. */
const LARGE_BYTES = 65_536

/**
 * Walks `count` bodies from where `reader` is, which ends with their section. Values of immediates are not checked; V8
 * does that, but not of what lies behind the last one: more bodies there would be taken for those that we add.
 * @throws DECODE_MALFORMED where a body is not of instructions that end at its end, or the last one not at the section's
 */
export function walkBodies(reader: Reader, count: number, visitor: BodyVisitor): void {
  const walk = reader.end - reader.position > LARGE_BYTES ? walkCompiled : walkPlainly
  walk(reader, count, visitor)
  if (!reader.done) reader.fail('section size mismatch')
}

function walkPlainly(reader: Reader, count: number, visitor: BodyVisitor): void {
  const {bytes} = reader
  let body: Body
  const visit = visitOf(visitor, () => body)
  for (let i = 0; i < count; i++) {
    body = bodyAt(reader, reader.position)
    let at = localsAt(bytes, body.start).end
    if (body.end - body.start > visitor.longBytes) visitor.long(body, at)
    while (at < body.end) at = walkInstruction(bytes, at, body.end, visitor.wanted, visit)
    if (at !== body.end || bytes[at - 1] !== END) refuseBody(reader, body)
    reader.position = body.end
  }
}
