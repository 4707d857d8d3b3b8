import assert from 'node:assert/strict'
import {once} from 'node:events'
import net from 'node:net'
import {describe, type TestContext, test} from 'node:test'
import {Store} from '../../../engine/store.ts'
import {unwrap} from '../../fixture.ts'
import {socketAddressOf} from '../../sockets/address.ts'
import type {Owner} from '../../sockets/endpoint.ts'
import {GRANT_ALL} from '../../sockets/grants.ts'
import {TcpSocket} from './tcp-socket.ts'

function ownerOf(t: TestContext): Owner {
  const store = new Store()
  t.after(() => store.clear())
  return {store, grants: GRANT_ALL}
}

function bound(owner: Owner, port = 0): TcpSocket {
  const socket = new TcpSocket(owner, 'ipv4')
  unwrap(socket.bind(socketAddressOf('127.0.0.1', port)))
  return socket
}

const portOf = (socket: TcpSocket): number => unwrap(socket.localAddress()).val.port

/** Who connects, and when it was sent away. */
async function client(t: TestContext, port: number): Promise<{isOver: Promise<unknown>}> {
  const socket = net.connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.on('error', () => {}).resume()
  const isOver = new Promise(resolve => socket.once('close', resolve))
  await once(socket, 'connect')
  return {isOver}
}

describe('listen', () => {
  test('gives the connections one by one, each connected', async t => {
    const socket = bound(ownerOf(t))
    const connections = unwrap(socket.listen())
    assert.equal(socket.isListening, true)
    for (let i = 0; i < 3; i++) {
      await client(t, portOf(socket))
      const {value} = await connections.next()
      assert.equal(portOf(value![0]!), portOf(socket))
      unwrap(value![0]!.remoteAddress())
    }
    assert.deepEqual(socket.listen(), {tag: 'err', val: {tag: 'invalid-state'}})
  })

  test('binds what is not bound', t => {
    const socket = new TcpSocket(ownerOf(t), 'ipv4')
    unwrap(socket.listen())
    assert.ok(portOf(socket) > 0)
  })

  test('of the second of two that are bound to one address fails', t => {
    const owner = ownerOf(t)
    const first = bound(owner)
    const second = bound(owner, portOf(first))
    unwrap(first.listen())
    assert.deepEqual(second.listen(), {tag: 'err', val: {tag: 'address-in-use'}})
    assert.equal(second.isListening, false)
    assert.deepEqual(second.listen(), {tag: 'err', val: {tag: 'invalid-state'}})
  })

  test('sends away who waits when nobody wants the stream any more; the address stays', async t => {
    const socket = bound(ownerOf(t))
    const connections = unwrap(socket.listen())
    const taken = await client(t, portOf(socket))
    await connections.next()
    const waiting = await client(t, portOf(socket))
    await connections.return()
    await waiting.isOver
    await (await client(t, portOf(socket))).isOver
    assert.deepEqual(await connections.next(), {done: true, value: undefined})
    assert.equal(await Promise.race([taken.isOver, 'still there']), 'still there')
  })

  test('goes on after a connection that there was no room for', async t => {
    const owner = ownerOf(t)
    const socket = bound(owner)
    const connections = unwrap(socket.listen())
    const others = Array.from({length: 127}, () => new TcpSocket(owner, 'ipv4'))
    const next = connections.next()
    await (await client(t, portOf(socket))).isOver
    others[0]!.drop()
    await client(t, portOf(socket))
    const {value} = await next
    unwrap(value![0]!.remoteAddress())
  })
})
