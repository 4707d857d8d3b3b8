// wasi/p3/drain.ts: what a guest writes, handed on chunk by chunk.
import {err, ok, type Result} from '../../base/result.ts'
import type {GuestStream} from '../../engine/async/host-sink.ts'

/** Until the guest has written all, or `write` throws: then the guest is told by the stream's end and by the result. */
export async function drain<E>(
  data: GuestStream,
  write: (bytes: Uint8Array) => void,
  errorOf: (thrown: unknown) => E,
): Promise<Result<undefined, E>> {
  for (let chunk = await data.read(); chunk !== undefined; chunk = await data.read()) {
    try {
      write(chunk as Uint8Array)
    } catch (thrown) {
      data.cancel()
      return err(errorOf(thrown))
    }
  }
  return ok(undefined)
}
