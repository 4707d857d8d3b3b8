// wasi/p3/sockets/tcp-socket.ts: the TCP socket of 0.3.
import {ok} from '../../../base/result.ts'
import type {GuestStream} from '../../../engine/async/host-sink.ts'
import {type Family, type SocketAddress, socketAddressOf} from '../../sockets/address.ts'
import {TcpEndpoint} from '../../sockets/tcp-endpoint.ts'
import {fails, failsBy, type Outcome} from './error-code.ts'
import {Connections} from './tcp-listener.ts'
import {Incoming, sendAll} from './tcp-streams.ts'

const NOTHING: readonly Uint8Array[] = []

const unspecified = (family: Family): SocketAddress =>
  socketAddressOf(family === 'ipv4' ? '0.0.0.0' : '::', 0)

export class TcpSocket extends TcpEndpoint {
  #sends = false
  #receives = false

  /** `cancel` of the promise ends the attempt. */
  connect(remote: SocketAddress): Outcome<undefined> | Promise<Outcome<undefined>> {
    const begun = this.open(remote)
    if (begun.tag === 'err') return fails(begun.val)
    const socket = begun.val
    const connected = new Promise<Outcome<undefined>>(resolve => {
      socket.once('connect', () => {
        if (this.state === 'connecting') this.state = 'connected'
        resolve(ok(undefined))
      })
      socket.once('error', error => {
        if (this.state === 'connecting') this.state = 'closed'
        resolve(failsBy(error))
      })
      socket.once('close', () => resolve(fails('connection-aborted')))
    })
    return Object.assign(connected, {
      cancel: () => {
        this.state = 'closed'
        socket.destroy()
      },
    })
  }

  listen(): Outcome<Connections<TcpSocket>> {
    if (this.state === 'unbound') {
      const bound = this.bind(unspecified(this.family))
      if (bound.tag === 'err') return fails(bound.val)
    }
    const begun = this.listenFor(accepted => new TcpSocket(this.owner, this.family, accepted))
    if (begun.tag === 'err') return fails(begun.val)
    const listener = begun.val
    if (!listener.isListening) {
      this.state = 'closed'
      // Node tells the reason later; to a bound socket only this one can happen: another that was bound too listens.
      return fails('address-in-use')
    }
    this.use()
    return ok(new Connections(listener, () => this.drop()))
  }

  /** wasi:sockets/types send: once. */
  send(data: GuestStream): Outcome<undefined> | Promise<Outcome<undefined>> {
    if (this.state !== 'connected' || this.#sends) {
      data.cancel()
      return fails('invalid-state')
    }
    this.#sends = true
    this.use()
    return sendAll(this.socket!, data).finally(() => this.drop())
  }

  /** wasi:sockets/types receive: once. */
  receive(): readonly [Incoming | readonly Uint8Array[], Outcome<undefined> | Promise<Outcome<undefined>>] {
    if (this.state !== 'connected' || this.#receives) return [NOTHING, fails('invalid-state')]
    this.#receives = true
    this.use()
    const incoming = new Incoming(this.socket!, () => this.drop())
    return [incoming, incoming.result]
  }
}
