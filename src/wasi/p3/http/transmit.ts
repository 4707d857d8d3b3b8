// wasi/p3/http/transmit.ts: a message's contents on their way into the network: into the outgoing body that the server's
// answer or the client's request takes them from.
import {err} from '../../../base/result.ts'
import {GuestFuture} from '../../../engine/async/host-sink.ts'
import {LazyPromise} from '../../../engine/async/lazy-promise.ts'
import {StateKey, type Store} from '../../../engine/store.ts'
import type {HttpIoError} from '../../http/error-code.ts'
import type {Fields} from '../../http/fields.ts'
import type {OutgoingBody} from '../../http/outgoing-body.ts'
import {BodyChunks} from './body-chunks.ts'
import {type Contents, SENT, type Trailers, type Transmitted} from './contents.ts'

/** Where bytes come from: one of the two is called for each `pull`, at once where that can be. */
type Source = Readonly<{
  pull(take: (chunk: Uint8Array | undefined) => void, refuse: (reason: unknown) => void): void
  cancel(): void
  /** Whether its bytes come without a guest. */
  isHost: boolean
}>

const EMPTY: Source = {pull: take => take(undefined), cancel: () => {}, isHost: false}

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

export const RELAYS = new StateKey<Relays>(() => new Relays())

/**
 * Writes everything into `body`, as fast as it takes it. Where its reader goes before the end, `gone` says what that
 * means. Where the guest fails that gives the bytes, or its event is over, the body stays as it is.
 */
export function transmit(
  store: Store,
  contents: Contents,
  body: OutgoingBody,
  gone: () => Transmitted,
): void {
  if (contents.kind === 'guest') {
    const {stream, trailers, sent} = contents
    new Transmission(store, (stream as Source | undefined) ?? EMPTY, trailers, {body, sent, gone}).go()
    return
  }
  const chunks = new BodyChunks(store, contents.open())
  const source: Source = {
    pull: (take, refuse) => void chunks.next().then(({value}) => take(value), refuse),
    cancel: () => void chunks.return(),
    isHost: true,
  }
  const {sent = new LazyPromise<Transmitted>()} = contents
  new Transmission(store, source, chunks.trailers, {body, sent, gone}).go()
}

class Transmission {
  readonly #store: Store
  readonly #source: Source
  readonly #trailers: Promise<Trailers>
  readonly #body: OutgoingBody
  readonly #sent: LazyPromise<Transmitted>
  readonly #gone: () => Transmitted
  /** Set while what comes next needs no guest. */
  #relays: Relays | undefined
  /** A chunk came before `pull` returned: the loop in `go` takes it, not the stack. */
  #pulling = false
  #came = false

  constructor(
    store: Store,
    source: Source,
    trailers: Promise<Trailers>,
    to: Readonly<{
      body: OutgoingBody
      sent: LazyPromise<Transmitted>
      gone: () => Transmitted
    }>,
  ) {
    this.#store = store
    this.#source = source
    this.#trailers = trailers
    this.#body = to.body
    this.#sent = to.sent
    this.#gone = to.gone
    this.#relay(source.isHost)
  }

  #relay(needed: boolean): void {
    const relays = this.#relays
    if (needed === (relays !== undefined)) return
    this.#relays = needed ? this.#store.state(RELAYS) : undefined
    if (relays === undefined) this.#relays!.begin()
    else relays.end()
  }

  readonly go = (): void => {
    do {
      const room = this.#body.checkWrite()
      if (room.tag === 'err') {
        this.#source.cancel()
        this.#end(this.#gone())
        return
      }
      if (room.val <= 0) {
        this.#body.whenReady().then(this.go)
        return
      }
      this.#pulling = true
      this.#came = false
      this.#source.pull(this.#take, this.#refused)
      this.#pulling = false
    } while (this.#came)
  }

  readonly #take = (chunk: Uint8Array | undefined): void => {
    if (chunk === undefined) {
      this.#relay(!(this.#trailers instanceof GuestFuture))
      if (this.#trailers instanceof LazyPromise) this.#trailers.take(this.#finish)
      else this.#trailers.then(this.#finish, this.#refused)
      return
    }
    if (this.#relays !== undefined) this.#relays.chunks++
    const written = this.#body.write(chunk)
    if (written.tag === 'err' && written.val.tag === 'last-operation-failed') {
      // More than content-length promised.
      this.#source.cancel()
      this.#body.abort()
      this.#end(err((written.val.val as HttpIoError).cause))
    } else if (this.#pulling) this.#came = true
    else this.go()
  }

  /** The guest has failed, or its event is over: whoever ends it says what becomes of the body. */
  readonly #refused = (): void => this.#relay(false)

  readonly #finish = (trailers: Trailers): void => {
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
