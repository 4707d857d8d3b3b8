// engine/core/walk-bodies.ts: walks the function bodies of a code section for the few instructions that someone wants.
import {type Body, type BodyVisitor, bodyAt, END, refuseBody, visitOf} from './body.ts'
import {skipLocals, walkInstruction} from './code.ts'
import {walkCompiled} from './compiled-walk.ts'
import type {Reader} from './reader.ts'

/** Less code is walked sooner than what walks it is compiled. */
const LARGE_BYTES = 65_536

/**
 * Walks `count` bodies from where `reader` is, which ends with their section. Values of immediates are not checked; V8
 * does that.
 * @throws DECODE_MALFORMED where a body is not of instructions that end at its end
 */
export function walkBodies(reader: Reader, count: number, visitor: BodyVisitor): void {
  const walk = reader.end - reader.position > LARGE_BYTES ? walkCompiled : walkPlainly
  walk(reader, count, visitor)
}

function walkPlainly(reader: Reader, count: number, visitor: BodyVisitor): void {
  const {bytes} = reader
  let body: Body
  const visit = visitOf(visitor, () => body)
  for (let i = 0, from = reader.position; i < count; i++, from = body.end) {
    body = bodyAt(reader, from)
    let at = skipLocals(bytes, body.start)
    if (body.end - body.start > visitor.longBytes) visitor.long(body, at)
    while (at < body.end) at = walkInstruction(bytes, at, body.end, visitor.wanted, visit)
    if (at !== body.end || bytes[at - 1] !== END) refuseBody(reader, body)
  }
}
