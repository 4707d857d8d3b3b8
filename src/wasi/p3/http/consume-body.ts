// wasi/p3/http/consume-body.ts: request.consume-body and response.consume-body.
import type {GuestStream} from '../../../engine/async/host-sink.ts'
import type {Store} from '../../../engine/store.ts'
import {BodyChunks} from './body-chunks.ts'
import type {Contents, Trailers, Transmitted} from './contents.ts'

type Consumed = readonly [stream: GuestStream | BodyChunks | readonly Uint8Array[], Promise<Trailers>]

const NO_BYTES: readonly Uint8Array[] = []

/** Contents that another guest gave go on to this one, which says by `result` what became of them. */
export function consumeBody(store: Store, contents: Contents, result: Promise<Transmitted>): Consumed {
  if (contents.kind === 'guest') {
    const {stream, trailers, sent} = contents
    // It rejects only when the event is over.
    result.then(
      value => sent.settle(value),
      () => {},
    )
    return [stream ?? NO_BYTES, trailers]
  }
  const body = new BodyChunks(store, contents.incoming.consume())
  return [body, body.trailers]
}
