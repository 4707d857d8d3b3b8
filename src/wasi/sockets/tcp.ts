// wasi/sockets/tcp.ts: wasi:sockets/tcp and tcp-create-socket.
import {hostFunction, hostResource} from '../../engine/link/imports.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import {Subscription} from '../io/poll.ts'
import type {Family, SocketAddress} from './address.ts'
import {openEndpoint} from './endpoint.ts'
import type {SocketGrants} from './grants.ts'
import {optionFunctions} from './options.ts'
import {TcpSocket} from './tcp-socket.ts'

const OPTIONS = [
  'keep-alive-enabled',
  'keep-alive-idle-time',
  'keep-alive-interval',
  'keep-alive-count',
  'hop-limit',
  'receive-buffer-size',
  'send-buffer-size',
]

export const tcpInterfaces = (grants: SocketGrants): readonly NamedInterface[] => [
  wasiInterface('sockets/tcp-create-socket', {
    'create-tcp-socket': hostFunction((store, family: Family) =>
      openEndpoint(TcpSocket, {store, grants}, family),
    ),
  }),
  wasiInterface('sockets/tcp', {
    'tcp-socket': hostResource<TcpSocket>((_, self) => self.drop()),
    '[method]tcp-socket.start-bind': hostFunction((_, self: TcpSocket, _network, local: SocketAddress) =>
      self.startBind(local),
    ),
    '[method]tcp-socket.finish-bind': hostFunction((_, self: TcpSocket) => self.finishBind()),
    '[method]tcp-socket.start-connect': hostFunction((_, self: TcpSocket, _network, remote: SocketAddress) =>
      self.startConnect(remote),
    ),
    '[method]tcp-socket.finish-connect': hostFunction((_, self: TcpSocket) => self.finishConnect()),
    '[method]tcp-socket.start-listen': hostFunction((_, self: TcpSocket) => self.startListen()),
    '[method]tcp-socket.finish-listen': hostFunction((_, self: TcpSocket) => self.finishListen()),
    '[method]tcp-socket.accept': hostFunction((_, self: TcpSocket) => self.accept()),
    '[method]tcp-socket.local-address': hostFunction((_, self: TcpSocket) => self.localAddress()),
    '[method]tcp-socket.remote-address': hostFunction((_, self: TcpSocket) => self.remoteAddress()),
    '[method]tcp-socket.is-listening': hostFunction((_, self: TcpSocket) => self.isListening),
    '[method]tcp-socket.address-family': hostFunction((_, self: TcpSocket) => self.family),
    '[method]tcp-socket.set-listen-backlog-size': hostFunction((_, self: TcpSocket, size: bigint) =>
      self.setBacklog(size),
    ),
    ...optionFunctions('tcp-socket', OPTIONS),
    '[method]tcp-socket.subscribe': hostFunction((_, self: TcpSocket) => new Subscription(self)),
    '[method]tcp-socket.shutdown': hostFunction((_, self: TcpSocket, type: 'receive' | 'send' | 'both') =>
      self.shutdown(type),
    ),
  }),
]
