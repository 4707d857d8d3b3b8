// triggers/http/wagi/request-body.ts: a request's body as a program's standard input, with the length that CONTENT_LENGTH says.

import {EMPTY} from '../../../wasi/cli/stdio.ts'
import type {IncomingRequest} from '../../../wasi/http/incoming-message.ts'
import {Pipe} from '../../../wasi/io/pipe.ts'
import type {InputStream} from '../../../wasi/io/streams.ts'

export type Input = Readonly<{stream: InputStream; length: number}>

/** A body that does not say how long it is has to be there first: no longer than this. */
export const MAX_UNSTATED_BYTES = 16 * 1024 * 1024
const MAX_READ = 64 * 1024
/** What it costs to keep a piece, however short. */
const PIECE_BYTES = 64

/** undefined where the body is too long. */
export function inputOf(request: IncomingRequest): Input | Promise<Input | undefined> {
  const body = request.consume()
  const length = request.headers.contentLength()
  if (body === undefined || body.finished()) return {stream: EMPTY, length: 0}
  return length === undefined || length < 0 ? collected(body) : {stream: body, length}
}

async function collected(body: InputStream): Promise<Input | undefined> {
  const pipe = new Pipe({capacity: Number.POSITIVE_INFINITY})
  let kept = 0
  for (let length = 0; ; ) {
    const read = body.read(MAX_READ)
    if (read.tag === 'err') {
      pipe.close()
      return {stream: pipe.input, length}
    }
    if (read.val.length === 0) {
      await body.whenReady()
      continue
    }
    length += read.val.length
    kept += read.val.length + PIECE_BYTES
    if (kept > MAX_UNSTATED_BYTES) return undefined
    pipe.write(read.val)
  }
}
