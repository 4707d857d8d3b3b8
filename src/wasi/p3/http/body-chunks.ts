// wasi/p3/http/body-chunks.ts: a body from the network as a stream<u8> of the host's, and what comes after it.
import {err, ok} from '../../../base/result.ts'
import {LazyPromise} from '../../../engine/async/lazy-promise.ts'
import {StateKey, type Store} from '../../../engine/store.ts'
import type {IncomingBody} from '../../http/incoming-body.ts'
import {FutureTrailers} from '../../http/incoming-body.ts'
import type {Trailers} from './contents.ts'

const MAX_READ = 256 * 1024
const NO_MORE: IteratorResult<Uint8Array> = {done: true, value: undefined}

/** The event's bodies that somebody reads; all are let go of when it ends. */
const OPEN = new StateKey<Set<IncomingBody>>(
  () => new Set(),
  bodies => {
    for (const body of bodies) body.release()
  },
)

/** `trailers` settles when the last chunk was asked for and there is none, or nobody wants more of it. */
export class BodyChunks implements AsyncIterableIterator<Uint8Array> {
  readonly #store: Store
  readonly #body: IncomingBody | undefined
  readonly trailers = new LazyPromise<Trailers>()

  /** `body` is unset where it has no bytes. */
  constructor(store: Store, body: IncomingBody | undefined) {
    this.#store = store
    this.#body = body
    if (body !== undefined) store.state(OPEN).add(body)
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Uint8Array> {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const body = this.#body
    while (body !== undefined && !this.trailers.isKnown) {
      const read = body.read(MAX_READ)
      if (read.tag === 'err') break
      if (read.val.length > 0) return {done: false, value: read.val}
      await body.whenReady()
    }
    this.#settle()
    return NO_MORE
  }

  /** What is left is not wanted, and so there are no trailers. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.trailers.settle(ok(undefined))
    this.#close()
    return NO_MORE
  }

  #settle(): void {
    const body = this.#body
    if (body?.failure !== undefined) this.trailers.settle(err(body.failure))
    else {
      const trailers = body === undefined ? undefined : new FutureTrailers(body).get()
      this.trailers.settle(trailers?.tag === 'ok' ? trailers.val : ok(undefined))
    }
    this.#close()
  }

  #close(): void {
    const body = this.#body
    if (body !== undefined && this.#store.state(OPEN).delete(body)) body.release()
  }
}
