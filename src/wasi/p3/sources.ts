// wasi/p3/sources.ts: what the host reads for a guest, as a stream and the future that tells how it ended.
import {err, ok, type Result} from '../../base/result.ts'
import type {Chunk} from '../../engine/async/chunk.ts'
import type {HostChunks} from '../../engine/async/host-stream.ts'
import {turn, untilReady} from '../io/poll.ts'
import type {InputStream, IoError} from '../io/streams.ts'

/** tuple<stream<…>, future<result<_, E>>> */
export type Source<E> = readonly [stream: HostChunks, ended: Promise<Result<undefined, E>>]

const OK = ok(undefined)
const DONE = {done: true, value: undefined} as const

/**
 * A source that answers at once. `pull` gives at least one element and about `room` of them, or undefined at the end;
 * what it throws `errorOf` makes an error of. `close` is called once, when nothing is read any more.
 */
export function pulled<E>(
  pull: (room: number) => Chunk | undefined,
  close: () => void,
  errorOf: (thrown: unknown) => E,
): Source<E> {
  const ended = Promise.withResolvers<Result<undefined, E>>()
  let open = true
  const end = (result: Result<undefined, E>): typeof DONE => {
    if (open) {
      open = false
      close()
      ended.resolve(result)
    }
    return DONE
  }
  const next = (room = 0): IteratorResult<Chunk> => {
    if (!open) return DONE
    try {
      const value = pull(Math.max(room, 1))
      return value === undefined ? end(OK) : {done: false, value}
    } catch (thrown) {
      return end(err(errorOf(thrown)))
    }
  }
  return [{[Symbol.iterator]: () => ({next, return: () => end(OK)})}, ended.promise]
}

/** A source that never was. */
export const refused = <E>(error: E): Source<E> => [[], Promise.resolve(err(error))]

/** An input stream of 0.2. */
export function streamed<E>(input: InputStream, errorOf: (error: IoError) => E): Source<E> {
  const ended = Promise.withResolvers<Result<undefined, E>>()
  let open = true
  const end = (result: Result<undefined, E>): typeof DONE => {
    if (open) {
      open = false
      input.drop?.()
      ended.resolve(result)
    }
    return DONE
  }
  const next = async (room = 0): Promise<IteratorResult<Chunk>> => {
    while (open) {
      const bytes = input.read(Math.max(room, 1))
      if (bytes.tag === 'err') return end(bytes.val.tag === 'closed' ? OK : err(errorOf(bytes.val.val)))
      if (bytes.val.length > 0) return {done: false, value: bytes.val}
      if (input.ready()) await turn()
      else await untilReady(input)
    }
    return DONE
  }
  return [{[Symbol.asyncIterator]: () => ({next, return: async () => end(OK)})}, ended.promise]
}
