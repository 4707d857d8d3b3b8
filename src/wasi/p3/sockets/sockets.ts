// wasi/p3/sockets/sockets.ts: the package wasi:sockets@0.3.0.
import type {GuestStream} from '../../../engine/async/host-sink.ts'
import {blockingFunction, type HostItem, hostFunction, hostResource} from '../../../engine/link/imports.ts'
import {type NamedInterface, p3Interface} from '../../interface.ts'
import type {Family, SocketAddress} from '../../sockets/address.ts'
import {openEndpoint} from '../../sockets/endpoint.ts'
import {GRANT_NOTHING, type SocketGrants} from '../../sockets/grants.ts'
import type {SocketsConfig} from '../../sockets/sockets.ts'
import {CODE, told} from './error-code.ts'
import {nameLookupInterface} from './name-lookup.ts'
import {optionFunctions} from './options.ts'
import {TcpSocket} from './tcp-socket.ts'
import {UdpSocket} from './udp-socket.ts'

// As engine/link/signature.ts writes them.
const TYPES = 'wasi:sockets/types@0.3'
const TCP = `${TYPES}#tcp-socket`
const UDP = `${TYPES}#udp-socket`
const FAMILY = 'enum{ipv4, ipv6}'
const tuple = (count: number, type: string): string => `tuple<${new Array(count).fill(type).join(', ')}>`
const ADDRESS =
  `variant{ipv4(record{port: u16, address: ${tuple(4, 'u8')}}), ` +
  `ipv6(record{port: u16, flow-info: u32, address: ${tuple(8, 'u16')}, scope-id: u32})}`
const result = (type: string): string => `result<${type}, ${CODE}>`
const DONE = result('_')

const tcp = (grants: SocketGrants): Readonly<Record<string, HostItem>> => ({
  'tcp-socket': hostResource<TcpSocket>((_, self) => self.drop()),
  '[static]tcp-socket.create': hostFunction(
    (store, family: Family) => told(openEndpoint(TcpSocket, {store, grants}, family)),
    `func(${FAMILY}) -> ${result(`own<${TCP}>`)}`,
  ),
  '[method]tcp-socket.bind': hostFunction(
    (_, self: TcpSocket, local: SocketAddress) => told(self.bind(local)),
    `func(borrow<${TCP}>, ${ADDRESS}) -> ${DONE}`,
  ),
  '[method]tcp-socket.connect': blockingFunction(
    (_, self: TcpSocket, remote: SocketAddress) => self.connect(remote),
    `async func(borrow<${TCP}>, ${ADDRESS}) -> ${DONE}`,
  ),
  '[method]tcp-socket.listen': hostFunction(
    (_, self: TcpSocket) => self.listen(),
    `func(borrow<${TCP}>) -> ${result(`stream<own<${TCP}>>`)}`,
  ),
  '[method]tcp-socket.send': hostFunction(
    (_, self: TcpSocket, data: GuestStream) => self.send(data),
    `func(borrow<${TCP}>, stream<u8>) -> future<${DONE}>`,
  ),
  '[method]tcp-socket.receive': hostFunction(
    (_, self: TcpSocket) => self.receive(),
    `func(borrow<${TCP}>) -> tuple<stream<u8>, future<${DONE}>>`,
  ),
  '[method]tcp-socket.get-local-address': hostFunction(
    (_, self: TcpSocket) => told(self.localAddress()),
    `func(borrow<${TCP}>) -> ${result(ADDRESS)}`,
  ),
  '[method]tcp-socket.get-remote-address': hostFunction(
    (_, self: TcpSocket) => told(self.remoteAddress()),
    `func(borrow<${TCP}>) -> ${result(ADDRESS)}`,
  ),
  '[method]tcp-socket.get-is-listening': hostFunction((_, self: TcpSocket) => self.isListening),
  '[method]tcp-socket.get-address-family': hostFunction((_, self: TcpSocket) => self.family),
  '[method]tcp-socket.set-listen-backlog-size': hostFunction(
    (_, self: TcpSocket, size: bigint) => told(self.setBacklog(size)),
    `func(borrow<${TCP}>, u64) -> ${DONE}`,
  ),
  ...optionFunctions('tcp-socket', {
    'keep-alive-enabled': 'bool',
    'keep-alive-idle-time': 'u64',
    'keep-alive-interval': 'u64',
    'keep-alive-count': 'u32',
    'hop-limit': 'u8',
    'receive-buffer-size': 'u64',
    'send-buffer-size': 'u64',
  }),
})

const udp = (grants: SocketGrants): Readonly<Record<string, HostItem>> => ({
  'udp-socket': hostResource<UdpSocket>((_, self) => self.drop()),
  '[static]udp-socket.create': hostFunction(
    (store, family: Family) => told(openEndpoint(UdpSocket, {store, grants}, family)),
    `func(${FAMILY}) -> ${result(`own<${UDP}>`)}`,
  ),
  '[method]udp-socket.bind': hostFunction(
    (_, self: UdpSocket, local: SocketAddress) => told(self.bind(local)),
    `func(borrow<${UDP}>, ${ADDRESS}) -> ${DONE}`,
  ),
  '[method]udp-socket.connect': hostFunction(
    (_, self: UdpSocket, remote: SocketAddress) => self.connect(remote),
    `func(borrow<${UDP}>, ${ADDRESS}) -> ${DONE}`,
  ),
  '[method]udp-socket.disconnect': hostFunction(
    (_, self: UdpSocket) => self.disconnect(),
    `func(borrow<${UDP}>) -> ${DONE}`,
  ),
  '[method]udp-socket.send': blockingFunction(
    (_, self: UdpSocket, data: Uint8Array, to: SocketAddress | undefined) => self.send(data, to),
    `async func(borrow<${UDP}>, list<u8>, option<${ADDRESS}>) -> ${DONE}`,
  ),
  '[method]udp-socket.receive': blockingFunction(
    (_, self: UdpSocket) => self.receive(),
    `async func(borrow<${UDP}>) -> ${result(`tuple<list<u8>, ${ADDRESS}>`)}`,
  ),
  '[method]udp-socket.get-local-address': hostFunction(
    (_, self: UdpSocket) => told(self.localAddress()),
    `func(borrow<${UDP}>) -> ${result(ADDRESS)}`,
  ),
  '[method]udp-socket.get-remote-address': hostFunction(
    (_, self: UdpSocket) => told(self.remoteAddress()),
    `func(borrow<${UDP}>) -> ${result(ADDRESS)}`,
  ),
  '[method]udp-socket.get-address-family': hostFunction((_, self: UdpSocket) => self.family),
  ...optionFunctions('udp-socket', {
    'unicast-hop-limit': 'u8',
    'receive-buffer-size': 'u64',
    'send-buffer-size': 'u64',
  }),
})

export const socketsInterfaces = ({
  grants = GRANT_NOTHING,
}: SocketsConfig = {}): readonly NamedInterface[] => [
  p3Interface('sockets/types', {...tcp(grants), ...udp(grants)}),
  nameLookupInterface(grants),
]
