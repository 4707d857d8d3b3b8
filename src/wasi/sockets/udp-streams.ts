// wasi/sockets/udp-streams.ts: datagrams that came, and datagrams that go.
import type {Socket} from 'node:dgram'
import {ok, type Result} from '../../base/result.ts'
import {trap} from '../errors.ts'
import {DONE, Signal} from '../io/signal.ts'
import type {Pollable} from '../io/streams.ts'
import {type Family, hostText, isPeer, isSameAddress, type SocketAddress} from './address.ts'
import {type ErrorCode, errorCodeOf, fails} from './error-code.ts'
import type {SocketUse} from './grants.ts'

export type IncomingDatagram = Readonly<{data: Uint8Array; remoteAddress: SocketAddress}>
export type OutgoingDatagram = Readonly<{data: Uint8Array; remoteAddress: SocketAddress | undefined}>

/** What the streams know of their socket. */
export interface DatagramOwner {
  readonly family: Family
  allows(use: SocketUse, address: SocketAddress): boolean
}

/** What may wait to be received; what comes then is lost, as UDP may lose anything. */
const MAX_WAITING = 256
const MAX_WAITING_BYTES = 1024 * 1024
/** What may be on its way out at once. */
const MAX_SENDING = 16
/** UDP over IPv4: 65535 less both headers. */
export const MAX_DATAGRAM = 65_507

export class IncomingDatagrams implements Pollable {
  readonly #remote: SocketAddress | undefined
  readonly #left: () => void
  readonly #changed = new Signal()
  #waiting: IncomingDatagram[] = []
  #bytes = 0
  #failure: Error | undefined
  #closed = false

  constructor(remote: SocketAddress | undefined, left: () => void) {
    this.#remote = remote
    this.#left = left
  }

  arrived(data: Uint8Array, remoteAddress: SocketAddress): void {
    if (this.#closed || (this.#remote !== undefined && !isSameAddress(this.#remote, remoteAddress))) return
    if (this.#waiting.length >= MAX_WAITING || this.#bytes + data.length > MAX_WAITING_BYTES) return
    this.#waiting.push({data, remoteAddress})
    this.#bytes += data.length
    this.#changed.fire()
  }

  /** What the network says of datagrams sent before, told once. */
  failed(error: Error): void {
    this.#failure = error
    this.#changed.fire()
  }

  receive(maxResults: bigint): Result<IncomingDatagram[], ErrorCode> {
    if (this.#closed) return fails('invalid-state')
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) return fails(errorCodeOf(failure))
    const count = maxResults > MAX_WAITING ? MAX_WAITING : Number(maxResults)
    const received = this.#waiting.splice(0, count)
    for (const {data} of received) this.#bytes -= data.length
    return ok(received)
  }

  ready(): boolean {
    return this.#waiting.length > 0 || this.#failure !== undefined || this.#closed
  }

  whenReady(): Promise<void> {
    return this.ready() ? DONE : this.#changed.wait()
  }

  close(): void {
    this.#closed = true
    this.#waiting.length = 0
    this.#changed.fire()
  }

  drop(): void {
    this.close()
    this.#left()
  }
}

export class OutgoingDatagrams implements Pollable {
  readonly #owner: DatagramOwner
  readonly #socket: Socket
  readonly #remote: SocketAddress | undefined
  readonly #left: () => void
  readonly #changed = new Signal()
  #sending = 0
  #failure: Error | undefined
  #closed = false

  constructor(owner: DatagramOwner, socket: Socket, remote: SocketAddress | undefined, left: () => void) {
    this.#owner = owner
    this.#socket = socket
    this.#remote = remote
    this.#left = left
  }

  #takeFailure(): ErrorCode | undefined {
    if (this.#closed) return 'invalid-state'
    const failure = this.#failure
    this.#failure = undefined
    return failure === undefined ? undefined : errorCodeOf(failure)
  }

  checkSend(): Result<bigint, ErrorCode> {
    const failure = this.#takeFailure()
    return failure === undefined ? ok(BigInt(MAX_SENDING - this.#sending)) : fails(failure)
  }

  /** wasi:sockets/udp send: as many as go; an error shows only when none went. */
  send(datagrams: readonly OutgoingDatagram[]): Result<bigint, ErrorCode> {
    const failure = this.#takeFailure()
    if (failure !== undefined) return fails(failure)
    if (datagrams.length > MAX_SENDING - this.#sending)
      throw trap(`${datagrams.length} datagrams sent where check-send permits ${MAX_SENDING - this.#sending}`)
    let sent = 0n
    for (const datagram of datagrams) {
      const refused = this.#sendOne(datagram)
      if (refused !== undefined) return sent > 0n ? ok(sent) : fails(refused)
      sent++
    }
    return ok(sent)
  }

  #sendOne({data, remoteAddress}: OutgoingDatagram): ErrorCode | undefined {
    const to = remoteAddress ?? this.#remote
    if (to === undefined || !isPeer(this.#owner.family, to)) return 'invalid-argument'
    if (this.#remote !== undefined && !isSameAddress(this.#remote, to)) return 'invalid-argument'
    if (data.length > MAX_DATAGRAM) return 'datagram-too-large'
    if (this.#remote === undefined && !this.#owner.allows('udp-send', to)) return 'access-denied'
    this.#sending++
    const sent = (error: Error | null): void => {
      this.#sending--
      if (error !== null) this.#failure = error
      this.#changed.fire()
    }
    if (this.#remote === undefined) this.#socket.send(data, to.val.port, hostText(to), sent)
    else this.#socket.send(data, sent)
    return undefined
  }

  ready(): boolean {
    return this.#sending < MAX_SENDING || this.#failure !== undefined || this.#closed
  }

  whenReady(): Promise<void> {
    return this.ready() ? DONE : this.#changed.wait()
  }

  /** Another stream was made of the socket. */
  close(): void {
    this.#closed = true
    this.#changed.fire()
  }

  drop(): void {
    this.#left()
  }
}
