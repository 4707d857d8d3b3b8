// wasi/sockets/udp.ts: wasi:sockets/udp and udp-create-socket.
import {hostFunction, hostResource} from '../../engine/link/imports.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import {ALWAYS_READY, Subscription} from '../io/poll.ts'
import type {Family, SocketAddress} from './address.ts'
import {openEndpoint} from './endpoint.ts'
import type {SocketGrants} from './grants.ts'
import {optionFunctions} from './options.ts'
import {UdpSocket} from './udp-socket.ts'
import type {IncomingDatagrams, OutgoingDatagram, OutgoingDatagrams} from './udp-streams.ts'

const OPTIONS = ['unicast-hop-limit', 'receive-buffer-size', 'send-buffer-size']

export const udpInterfaces = (grants: SocketGrants): readonly NamedInterface[] => [
  wasiInterface('sockets/udp-create-socket', {
    'create-udp-socket': hostFunction((store, family: Family) =>
      openEndpoint(UdpSocket, {store, grants}, family),
    ),
  }),
  wasiInterface('sockets/udp', {
    'udp-socket': hostResource<UdpSocket>((_, self) => self.drop()),
    '[method]udp-socket.start-bind': hostFunction((_, self: UdpSocket, _network, local: SocketAddress) =>
      self.startBind(local),
    ),
    '[method]udp-socket.finish-bind': hostFunction((_, self: UdpSocket) => self.finishBind()),
    '[method]udp-socket.stream': hostFunction((_, self: UdpSocket, remote: SocketAddress | undefined) =>
      self.stream(remote),
    ),
    '[method]udp-socket.local-address': hostFunction((_, self: UdpSocket) => self.localAddress()),
    '[method]udp-socket.remote-address': hostFunction((_, self: UdpSocket) => self.remoteAddress()),
    '[method]udp-socket.address-family': hostFunction((_, self: UdpSocket) => self.family),
    ...optionFunctions('udp-socket', OPTIONS),
    // Binding, the one thing that a guest may wait for here, is done at once.
    '[method]udp-socket.subscribe': hostFunction(() => ALWAYS_READY),
    'incoming-datagram-stream': hostResource<IncomingDatagrams>((_, self) => self.drop()),
    '[method]incoming-datagram-stream.receive': hostFunction(
      (_, self: IncomingDatagrams, maxResults: bigint) => self.receive(maxResults),
    ),
    '[method]incoming-datagram-stream.subscribe': hostFunction(
      (_, self: IncomingDatagrams) => new Subscription(self),
    ),
    'outgoing-datagram-stream': hostResource<OutgoingDatagrams>((_, self) => self.drop()),
    '[method]outgoing-datagram-stream.check-send': hostFunction((_, self: OutgoingDatagrams) =>
      self.checkSend(),
    ),
    '[method]outgoing-datagram-stream.send': hostFunction(
      (_, self: OutgoingDatagrams, datagrams: readonly OutgoingDatagram[]) => self.send(datagrams),
    ),
    '[method]outgoing-datagram-stream.subscribe': hostFunction(
      (_, self: OutgoingDatagrams) => new Subscription(self),
    ),
  }),
]
