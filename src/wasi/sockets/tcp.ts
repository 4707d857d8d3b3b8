// wasi/sockets/tcp.ts: wasi:sockets/tcp and tcp-create-socket. Guests connect; they never listen.
import {ok, type Result} from '../../base/result.ts'
import {hostFunction, hostResource} from '../../engine/link/imports.ts'
import {type NamedInterface, wasiInterface} from '../interface.ts'
import {Subscription} from '../io/poll.ts'
import type {Family, SocketAddress} from './address.ts'
import {type ErrorCode, fails} from './error-code.ts'
import type {SocketGrants} from './grants.ts'
import {optionFunctions} from './options.ts'
import {createTcpSocket, type TcpSocket} from './tcp-socket.ts'

const OPTIONS = [
  'keep-alive-enabled',
  'keep-alive-idle-time',
  'keep-alive-interval',
  'keep-alive-count',
  'hop-limit',
  'receive-buffer-size',
  'send-buffer-size',
]

const denied = hostFunction(() => fails('access-denied'))
const invalidState = hostFunction(() => fails('invalid-state'))
const notInProgress = hostFunction(() => fails('not-in-progress'))

export const tcpInterfaces = (grants: SocketGrants): readonly NamedInterface[] => [
  wasiInterface('sockets/tcp-create-socket', {
    'create-tcp-socket': hostFunction((store, family: Family) => createTcpSocket(store, family)),
  }),
  wasiInterface('sockets/tcp', {
    'tcp-socket': hostResource<TcpSocket>((_, self) => self.drop()),
    '[method]tcp-socket.start-bind': denied,
    '[method]tcp-socket.finish-bind': notInProgress,
    '[method]tcp-socket.start-connect': hostFunction((_, self: TcpSocket, _network, remote: SocketAddress) =>
      self.startConnect(grants, remote),
    ),
    '[method]tcp-socket.finish-connect': hostFunction((_, self: TcpSocket) => self.finishConnect()),
    // Listening needs a bound socket, which there never is.
    '[method]tcp-socket.start-listen': invalidState,
    '[method]tcp-socket.finish-listen': notInProgress,
    '[method]tcp-socket.accept': invalidState,
    '[method]tcp-socket.local-address': hostFunction((_, self: TcpSocket) => self.localAddress()),
    '[method]tcp-socket.remote-address': hostFunction((_, self: TcpSocket) => self.remoteAddress()),
    '[method]tcp-socket.is-listening': hostFunction(() => false),
    '[method]tcp-socket.address-family': hostFunction((_, self: TcpSocket) => self.family),
    '[method]tcp-socket.set-listen-backlog-size': hostFunction(
      (_, _self, value: bigint): Result<undefined, ErrorCode> =>
        value === 0n ? fails('invalid-argument') : ok(undefined),
    ),
    ...optionFunctions('tcp-socket', OPTIONS),
    '[method]tcp-socket.subscribe': hostFunction((_, self: TcpSocket) => new Subscription(self)),
    '[method]tcp-socket.shutdown': hostFunction((_, self: TcpSocket, type: 'receive' | 'send' | 'both') =>
      self.shutdown(type),
    ),
  }),
]
