// wasi/sockets/udp-socket.ts: the UDP socket of 0.2, and the two streams of datagrams made from it.
import {ok, type Result} from '../../base/result.ts'
import type {SocketAddress} from './address.ts'
import {type ErrorCode, fails} from './error-code.ts'
import {UdpEndpoint} from './udp-endpoint.ts'
import {IncomingDatagrams, OutgoingDatagrams} from './udp-streams.ts'

export class UdpSocket extends UdpEndpoint {
  #isBinding = false
  #outgoing: OutgoingDatagrams | undefined

  /** wasi:sockets/udp start-bind. The system binds at once, so what it says is told here. */
  startBind(local: SocketAddress): Result<undefined, ErrorCode> {
    if (this.#isBinding) return fails('concurrency-conflict')
    const bound = this.bind(local)
    this.#isBinding = bound.tag === 'ok'
    return bound
  }

  finishBind(): Result<undefined, ErrorCode> {
    if (!this.#isBinding) return fails('not-in-progress')
    this.#isBinding = false
    return ok(undefined)
  }

  protected override failed(error: Error): void {
    this.incoming?.failed(error)
  }

  /** wasi:sockets/udp stream: datagrams from and to `remote` only, or from and to anyone. Earlier streams end. */
  stream(remote: SocketAddress | undefined): Result<[IncomingDatagrams, OutgoingDatagrams], ErrorCode> {
    if (this.socket === undefined || this.#isBinding) return fails('invalid-state')
    const refused = remote === undefined ? undefined : this.refusesPeer('udp-connect', remote)
    if (refused !== undefined) return fails(refused)
    this.incoming?.close()
    this.#outgoing?.close()
    const unreachable = this.associate(remote)
    if (unreachable !== undefined) return fails(unreachable)
    this.use()
    this.use()
    this.incoming = new IncomingDatagrams(remote, () => this.drop())
    this.#outgoing = new OutgoingDatagrams(this, this.socket, remote, () => this.drop())
    return ok([this.incoming, this.#outgoing])
  }

  override localAddress(): Result<SocketAddress, ErrorCode> {
    return this.#isBinding ? fails('invalid-state') : super.localAddress()
  }
}
