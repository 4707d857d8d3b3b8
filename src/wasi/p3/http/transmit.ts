// wasi/p3/http/transmit.ts: a message's contents on their way into the network: into the outgoing body that the server's
// answer or the client's request takes them from.
import {err} from '../../../base/result.ts'
import type {Chunk} from '../../../engine/async/chunk.ts'
import {type ChunkReader, GuestFuture} from '../../../engine/async/host-sink.ts'
import {LazyPromise, type Taker} from '../../../engine/async/lazy-promise.ts'
import {StateKey, type Store} from '../../../engine/store.ts'
import type {HttpIoError} from '../../http/error-code.ts'
import type {Fields} from '../../http/fields.ts'
import type {OutgoingBody} from '../../http/outgoing-body.ts'
import {BodyChunks} from './body-chunks.ts'
import {type Contents, type GuestContents, SENT, type Trailers, type Transmitted} from './contents.ts'

/** Where bytes come from. */
type Source = Readonly<{
  pull(reader: ChunkReader): void
  cancel(): void
  /** Whether its bytes come without a guest. */
  isHost: boolean
}>

const EMPTY: Source = {pull: reader => reader.take(undefined), cancel: () => {}, isHost: false}

/** The event's transmissions that need no guest, from the network to the network: they may outlast its tasks. */
export class Relays {
  #count = 0
  /** Counts what was passed on, so that one sees whether anything goes on. */
  chunks = 0
  #onIdle: (() => void) | undefined

  begin(): void {
    this.#count++
  }

  end(): void {
    if (--this.#count === 0) this.#onIdle?.()
  }

  get idle(): boolean {
    return this.#count === 0
  }

  /** Calls `done` when none is under way any more. */
  whenIdle(done: () => void): void {
    this.#onIdle = done
  }
}

/** Made when there is one. */
export const RELAYS = new StateKey<Relays>(() => new Relays())

/** Whoever takes the bytes. */
export interface Reader {
  /** What it means that its body's reader has gone before the end. */
  gone(): Transmitted
}

/**
 * Writes everything into `body`, as fast as it takes it. Where the guest fails that gives the bytes, or its event is over,
 * the body stays as it is.
 */
export function transmit(store: Store, contents: Contents, body: OutgoingBody, reader: Reader): void {
  if (contents.kind === 'guest') {
    new Transmission(store, contents, body, reader).go()
    return
  }
  const chunks = new BodyChunks(store, contents.incoming.consume())
  const stream: Source = {
    pull: to =>
      void chunks.next().then(
        ({value}) => to.take(value),
        reason => to.refuse(reason),
      ),
    cancel: () => void chunks.return(),
    isHost: true,
  }
  const {sent = new LazyPromise<Transmitted>()} = contents
  new Transmission(store, {stream, trailers: chunks.trailers, sent}, body, reader).go()
}

class Transmission implements ChunkReader, Taker<Trailers> {
  readonly #store: Store
  readonly #source: Source
  readonly #trailers: Promise<Trailers>
  readonly #body: OutgoingBody
  readonly #sent: LazyPromise<Transmitted>
  readonly #reader: Reader
  /** Set while what comes next needs no guest. */
  #relays: Relays | undefined
  /** A chunk came before `pull` returned: the loop in `go` takes it, not the stack. */
  #pulling = false
  #came = false

  constructor(
    store: Store,
    {
      stream = EMPTY,
      trailers,
      sent,
    }: Readonly<{stream: Source | undefined}> & Pick<GuestContents, 'trailers' | 'sent'>,
    body: OutgoingBody,
    reader: Reader,
  ) {
    this.#store = store
    this.#source = stream
    this.#trailers = trailers
    this.#body = body
    this.#sent = sent
    this.#reader = reader
    this.#relay(stream.isHost)
  }

  #relay(needed: boolean): void {
    const relays = this.#relays
    if (needed === (relays !== undefined)) return
    this.#relays = needed ? this.#store.state(RELAYS) : undefined
    if (relays === undefined) this.#relays!.begin()
    else relays.end()
  }

  go(): void {
    do {
      const room = this.#body.checkWrite()
      if (room.tag === 'err') {
        this.#source.cancel()
        this.#end(this.#reader.gone())
        return
      }
      if (room.val <= 0) {
        this.#body.whenReady().then(() => this.go())
        return
      }
      this.#pulling = true
      this.#came = false
      this.#source.pull(this)
      this.#pulling = false
    } while (this.#came)
  }

  take(chunk: Chunk | undefined): void {
    if (chunk === undefined) {
      this.#relay(!(this.#trailers instanceof GuestFuture))
      if (this.#trailers instanceof LazyPromise) this.#trailers.take(this)
      else
        this.#trailers.then(
          trailers => this.taken(trailers),
          () => this.refuse(),
        )
      return
    }
    if (this.#relays !== undefined) this.#relays.chunks++
    const written = this.#body.write(chunk as Uint8Array)
    if (written.tag === 'err' && written.val.tag === 'last-operation-failed') {
      // More than content-length promised.
      this.#source.cancel()
      this.#body.abort()
      this.#end(err((written.val.val as HttpIoError).cause))
    } else if (this.#pulling) this.#came = true
    else this.go()
  }

  /** The guest has failed, or its event is over: whoever ends it says what becomes of the body. */
  refuse(): void {
    this.#relay(false)
  }

  /** The trailers are there. */
  taken(trailers: Trailers): void {
    if (trailers.tag === 'err') {
      this.#body.abort()
      this.#end(trailers)
      return
    }
    const finished = this.#body.finish(nonEmpty(trailers.val))
    this.#end(finished.tag === 'ok' ? SENT : finished)
  }

  #end(result: Transmitted): void {
    this.#sent.settle(result)
    this.#relay(false)
  }
}

/** Trailers without a field are none. */
const nonEmpty = (trailers: Fields | undefined): Fields | undefined =>
  trailers === undefined || trailers.entries().length === 0 ? undefined : trailers
