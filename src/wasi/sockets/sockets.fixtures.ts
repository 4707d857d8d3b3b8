// wasi/sockets/sockets.fixtures.ts: for tests: a guest that calls wasi:sockets of 0.2, and whom it talks to.
import assert from 'node:assert/strict'
import {once} from 'node:events'
import net from 'node:net'
import type {TestContext} from 'node:test'
import {err} from '../../base/result.ts'
import {type Caller, caller, unwrap} from '../fixture.ts'
import {ioInterfaces} from '../io/io.ts'
import {socketAddressOf} from './address.ts'
import type {SocketGrants} from './grants.ts'
import {socketsInterfaces} from './sockets.ts'

export type Guest = Caller & {
  network: unknown
  tcp(self: unknown, name: string, ...args: unknown[]): any
  udp(self: unknown, name: string, ...args: unknown[]): any
  stream(self: unknown, name: string, ...args: unknown[]): any
  wait(pollable: unknown): Promise<void>
}

export function guestOf(t: TestContext, grants?: SocketGrants): Guest {
  const guest = caller([...socketsInterfaces(grants === undefined ? {} : {grants}), ...ioInterfaces()])
  t.after(() => guest.store.clear())
  return {
    ...guest,
    network: guest.call('sockets/instance-network', 'instance-network'),
    tcp: (self, name, ...args) => guest.call('sockets/tcp', `[method]tcp-socket.${name}`, self, ...args),
    udp: (self, name, ...args) => guest.call('sockets/udp', `[method]${name}`, self, ...args),
    stream: (self, name, ...args) => guest.call('io/streams', `[method]${name}`, self, ...args),
    wait: async pollable => {
      await guest.call('io/poll', 'poll', [pollable])
    },
  }
}

export const newTcp = (guest: Guest, family = 'ipv4') =>
  unwrap(guest.call('sockets/tcp-create-socket', 'create-tcp-socket', family))
export const newUdp = (guest: Guest, family = 'ipv4') =>
  unwrap(guest.call('sockets/udp-create-socket', 'create-udp-socket', family))

export async function serve(t: TestContext, handle: (socket: net.Socket) => void): Promise<number> {
  const sockets: net.Socket[] = []
  const server = net.createServer({allowHalfOpen: true}, socket => {
    sockets.push(socket)
    socket.on('error', () => undefined)
    handle(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as net.AddressInfo).port
}

export async function connect(guest: Guest, port: number) {
  const socket = newTcp(guest)
  unwrap(guest.tcp(socket, 'start-connect', guest.network, socketAddressOf('127.0.0.1', port)))
  assert.deepEqual(guest.tcp(socket, 'finish-connect'), err('would-block'))
  await guest.wait(guest.tcp(socket, 'subscribe'))
  const [input, output] = unwrap(guest.tcp(socket, 'finish-connect'))
  return {socket, input, output}
}
