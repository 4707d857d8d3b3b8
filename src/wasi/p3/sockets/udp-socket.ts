// wasi/p3/sockets/udp-socket.ts: the UDP socket of 0.3.
import {ok, type Result} from '../../../base/result.ts'
import {hostText, isPeer, isSameAddress, type SocketAddress, socketAddressOf} from '../../sockets/address.ts'
import type {ErrorCode} from '../../sockets/error-code.ts'
import {UdpEndpoint} from '../../sockets/udp-endpoint.ts'
import {IncomingDatagrams, MAX_DATAGRAM} from '../../sockets/udp-streams.ts'
import {fails, failsBy, type Outcome, told} from './error-code.ts'

export type Datagram = readonly [data: Uint8Array, from: SocketAddress]

export class UdpSocket extends UdpEndpoint {
  #failure: Error | undefined
  #onFailure: (() => void) | undefined

  protected override failed(error: Error): void {
    this.#failure = error
    this.#onFailure?.()
  }

  override bind(local: SocketAddress): Result<undefined, ErrorCode> {
    const bound = super.bind(local)
    if (bound.tag === 'ok') this.incoming = new IncomingDatagrams(undefined, () => {})
    return bound
  }

  #bound(): Outcome<undefined> {
    if (this.socket !== undefined) return ok(undefined)
    return told(this.bind(socketAddressOf(this.family === 'ipv4' ? '0.0.0.0' : '::', 0)))
  }

  connect(remote: SocketAddress): Outcome<undefined> {
    const refused = this.refusesPeer('udp-connect', remote)
    if (refused !== undefined) return fails(refused)
    const bound = this.#bound()
    if (bound.tag === 'err') return bound
    const unreachable = this.associate(remote)
    if (unreachable !== undefined) return fails(unreachable)
    this.#failure = undefined
    // What others sent is not for this connection.
    this.incoming = new IncomingDatagrams(remote, () => {})
    return ok(undefined)
  }

  disconnect(): Outcome<undefined> {
    if (this.remote === undefined) return fails('invalid-state')
    this.associate(undefined)
    this.incoming = new IncomingDatagrams(undefined, () => {})
    return ok(undefined)
  }

  send(data: Uint8Array, given: SocketAddress | undefined): Outcome<undefined> | Promise<Outcome<undefined>> {
    const remote = this.remote
    const to = given ?? remote
    if (to === undefined || !isPeer(this.family, to)) return fails('invalid-argument')
    if (remote !== undefined && !isSameAddress(remote, to)) return fails('invalid-argument')
    if (data.length > MAX_DATAGRAM) return fails('datagram-too-large')
    if (remote === undefined && !this.allows('udp-send', to)) return fails('access-denied')
    const bound = this.#bound()
    if (bound.tag === 'err') return bound
    const failure = this.#takeFailure()
    if (failure !== undefined) return failsBy(failure)
    return new Promise(resolve => {
      const sent = (error: Error | null): void => resolve(error === null ? ok(undefined) : failsBy(error))
      if (remote === undefined) this.socket!.send(data, to.val.port, hostText(to), sent)
      else this.socket!.send(data, sent)
    })
  }

  /** `cancel` of the promise leaves the datagram for the next one who asks. */
  receive(): Outcome<Datagram> | Promise<Outcome<Datagram>> {
    if (this.socket === undefined) return fails('invalid-state')
    let cancelled = false
    const received = (async (): Promise<Outcome<Datagram>> => {
      for (;;) {
        const incoming = this.incoming!
        if (cancelled) return fails('invalid-state')
        const failure = this.#takeFailure()
        if (failure !== undefined) return failsBy(failure)
        const found = incoming.receive(1n)
        const first = found.tag === 'ok' ? found.val[0] : undefined
        if (first !== undefined) return ok([first.data, first.remoteAddress])
        await new Promise<void>(resolve => {
          this.#onFailure = resolve
          incoming.whenReady().then(resolve)
        })
      }
    })()
    return Object.assign(received, {
      cancel: () => {
        cancelled = true
      },
    })
  }

  #takeFailure(): Error | undefined {
    const failure = this.#failure
    this.#failure = undefined
    return failure
  }
}
