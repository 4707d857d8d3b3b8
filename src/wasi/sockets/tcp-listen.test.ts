import assert from 'node:assert/strict'
import {once} from 'node:events'
import {readdirSync} from 'node:fs'
import net from 'node:net'
import {describe, type TestContext, test} from 'node:test'
import {err, ok} from '../../base/result.ts'
import {text, unwrap, utf8} from '../fixture.ts'
import {socketAddressOf} from './address.ts'
import {GRANT_ALL} from './grants.ts'
import {connect, type Guest, guestOf, newTcp} from './sockets.fixtures.ts'

/** A guest's socket that listens, and its port. */
function listen(guest: Guest): {socket: unknown; port: number} {
  const socket = newTcp(guest)
  unwrap(guest.tcp(socket, 'start-bind', guest.network, socketAddressOf('127.0.0.1', 0)))
  unwrap(guest.tcp(socket, 'finish-bind'))
  unwrap(guest.tcp(socket, 'start-listen'))
  unwrap(guest.tcp(socket, 'finish-listen'))
  return {socket, port: unwrap(guest.tcp(socket, 'local-address')).val.port}
}

async function accept(guest: Guest, listener: unknown) {
  await guest.wait(guest.tcp(listener, 'subscribe'))
  const [socket, input, output] = unwrap(guest.tcp(listener, 'accept'))
  return {socket, input, output}
}

/** Who connects from outside. Errors show as the end. */
async function client(t: TestContext, port: number): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1')
  t.after(() => socket.destroy())
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

const closes = (socket: net.Socket): Promise<unknown> => {
  socket.resume()
  return socket.closed ? Promise.resolve() : new Promise(resolve => socket.once('close', resolve))
}

async function readAll(guest: Guest, input: unknown): Promise<string> {
  let got = ''
  for (;;) {
    const read = await guest.stream(input, 'input-stream.blocking-read', 1n << 40n)
    if (read.tag === 'err') {
      assert.deepEqual(read.val, {tag: 'closed'})
      return got
    }
    got += text(read.val)
  }
}

const send = (guest: Guest, output: unknown, bytes: string) =>
  guest.stream(output, 'output-stream.blocking-write-and-flush', utf8(bytes))

describe('a guest that listens', () => {
  test('takes a connection from outside, and talks both ways', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const {socket: listener, port} = listen(guest)
    assert.deepEqual(guest.tcp(listener, 'accept'), err('would-block'))
    const peer = await client(t, port)
    const {socket, input, output} = await accept(guest, listener)
    assert.deepEqual(guest.tcp(listener, 'accept'), err('would-block'))
    const there = socketAddressOf('127.0.0.1', (peer.address() as net.AddressInfo).port)
    assert.deepEqual(guest.tcp(socket, 'remote-address'), ok(there))
    assert.deepEqual(guest.tcp(socket, 'local-address'), ok(socketAddressOf('127.0.0.1', port)))
    peer.end('from outside')
    assert.equal(await readAll(guest, input), 'from outside')
    await send(guest, output, 'from inside')
    unwrap(guest.tcp(socket, 'shutdown', 'send'))
    let got = ''
    for await (const chunk of peer) got += chunk
    assert.equal(got, 'from inside')
  })

  test('reads what came before it accepted, and that this was all', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const {socket: listener, port} = listen(guest)
    for (const sent of ['all of it', '']) {
      const peer = await client(t, port)
      peer.end(sent)
      await once(peer, 'finish')
      // A turn in which the end arrives, too.
      const other = await client(t, port)
      other.destroy()
      const {input} = await accept(guest, listener)
      assert.equal(await readAll(guest, input), sent)
      await accept(guest, listener)
    }
  })

  test('talks with itself', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const {socket: listener, port} = listen(guest)
    const inner = await connect(guest, port)
    const {input, output} = await accept(guest, listener)
    for (let i = 0; i < 3; i++) {
      await send(guest, inner.output, `ping ${i}`)
      assert.equal(text(unwrap(await guest.stream(input, 'input-stream.blocking-read', 100n))), `ping ${i}`)
      await send(guest, output, `pong ${i}`)
      assert.equal(
        text(unwrap(await guest.stream(inner.input, 'input-stream.blocking-read', 100n))),
        `pong ${i}`,
      )
    }
  })

  test('gives its options on to what it accepts', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const {socket: listener, port} = listen(guest)
    const options = [
      ['keep-alive-enabled', true],
      ['keep-alive-idle-time', 60_000_000_000n],
      ['keep-alive-interval', 5_000_000_000n],
      ['keep-alive-count', 3],
      ['hop-limit', 42],
      ['receive-buffer-size', 4096n],
      ['send-buffer-size', 8192n],
    ] as const
    for (const [name, value] of options) unwrap(guest.tcp(listener, `set-${name}`, value))
    await client(t, port)
    const {socket} = await accept(guest, listener)
    assert.equal(guest.tcp(socket, 'address-family'), 'ipv4')
    for (const [name, value] of options) assert.deepEqual(guest.tcp(socket, name), ok(value), name)
    unwrap(guest.tcp(socket, 'set-hop-limit', 7))
    assert.deepEqual(guest.tcp(listener, 'hop-limit'), ok(42))
  })

  test('is told of a connection that was broken off before it was taken', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const {socket: listener, port} = listen(guest)
    const peer = await client(t, port)
    await guest.wait(guest.tcp(listener, 'subscribe'))
    peer.resetAndDestroy()
    // Its own end has not heard of it yet; who comes later and is heard of tells that it has.
    const later = await client(t, port)
    later.resetAndDestroy()
    await once(later, 'close')
    for (let turns = 0; turns < 10; turns++) await new Promise(resolve => setImmediate(resolve))
    assert.deepEqual(guest.tcp(listener, 'accept'), err('connection-aborted'))
  })

  test('that was only bound can connect from that address', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const {socket: listener, port} = listen(guest)
    const inner = newTcp(guest)
    unwrap(guest.tcp(inner, 'start-bind', guest.network, socketAddressOf('127.0.0.1', 0)))
    unwrap(guest.tcp(inner, 'finish-bind'))
    const from = unwrap(guest.tcp(inner, 'local-address'))
    unwrap(guest.tcp(inner, 'start-connect', guest.network, socketAddressOf('127.0.0.1', port)))
    await guest.wait(guest.tcp(inner, 'subscribe'))
    unwrap(guest.tcp(inner, 'finish-connect'))
    const {socket} = await accept(guest, listener)
    assert.deepEqual(guest.tcp(socket, 'remote-address'), ok(from))
  })

  test('may shut down what it receives: the rest is forgotten, and the peer need not wait', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const {socket: listener, port} = listen(guest)
    const peer = await client(t, port)
    peer.write('unread')
    const {socket, input, output} = await accept(guest, listener)
    await guest.wait(guest.stream(input, 'input-stream.subscribe'))
    for (let i = 0; i < 2; i++) unwrap(guest.tcp(socket, 'shutdown', 'receive'))
    assert.deepEqual(guest.stream(input, 'input-stream.read', 10n), err({tag: 'closed'}))
    await new Promise(resolve => peer.end(Buffer.alloc(10_000_000), () => resolve(undefined)))
    await send(guest, output, 'still here')
    unwrap(guest.tcp(socket, 'shutdown', 'both'))
    let got = ''
    for await (const chunk of peer) got += chunk
    assert.equal(got, 'still here')
  })
})

describe('a listening socket ends', () => {
  const refused = async (port: number): Promise<string> => {
    const socket = net.connect(port, '127.0.0.1')
    const [error] = await once(socket, 'error')
    return error.code
  }

  test('when the guest drops it; who waited is sent away, who was taken stays', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const {socket: listener, port} = listen(guest)
    const taken = await client(t, port)
    const {output} = await accept(guest, listener)
    const waiting = await client(t, port)
    await guest.wait(guest.tcp(listener, 'subscribe'))
    guest.drop('sockets/tcp', 'tcp-socket', listener)
    await closes(waiting)
    assert.equal(await refused(port), 'ECONNREFUSED')
    await send(guest, output, 'x')
    assert.equal(String((await once(taken, 'data'))[0]), 'x')
  })

  test('when the event ends, with all that waited and all that were taken', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const {socket: listener, port} = listen(guest)
    const taken = await client(t, port)
    await accept(guest, listener)
    const waiting = await client(t, port)
    await guest.wait(guest.tcp(listener, 'subscribe'))
    guest.store.clear()
    await Promise.all([closes(taken), closes(waiting)])
    assert.equal(await refused(port), 'ECONNREFUSED')
    // Nothing of it counts in the next event.
    for (let i = 0; i < 128; i++) newTcp(guest)
  })
})

describe('a hostile guest', () => {
  test('that never accepts keeps few waiting; the others are sent away', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const {port} = listen(guest)
    const peers = await Promise.all(Array.from({length: 100}, () => client(t, port)))
    let sentAway = 0
    await new Promise<void>(resolve => {
      for (const peer of peers)
        closes(peer).then(() => {
          if (++sentAway === 36) resolve()
        })
    })
    // Those that wait count as its sockets.
    for (let i = 0; i < 63; i++) newTcp(guest)
    assert.throws(() => newTcp(guest), /new-socket-limit/)
    guest.store.clear()
    await Promise.all(peers.map(closes))
  })

  test('that binds thousands has a hundred, and all of their ports are free when the event ends', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const ports: number[] = []
    for (let i = 0; i < 3000; i++) {
      const made = guest.call('sockets/tcp-create-socket', 'create-tcp-socket', 'ipv4')
      if (made.tag === 'err') {
        assert.equal(made.val, 'new-socket-limit')
        continue
      }
      unwrap(guest.tcp(made.val, 'start-bind', guest.network, socketAddressOf('127.0.0.1', 0)))
      unwrap(guest.tcp(made.val, 'finish-bind'))
      ports.push(unwrap(guest.tcp(made.val, 'local-address')).val.port)
      // Every other one listens.
      if (i % 2 === 0) unwrap(guest.tcp(made.val, 'start-listen'))
    }
    assert.equal(ports.length, 128)
    guest.store.clear()
    await new Promise(resolve => setImmediate(resolve))
    for (const port of ports) new net.BoundSocket({host: '127.0.0.1', port}).close()
  })

  test('that only binds leaves no descriptor open', {
    skip: process.platform !== 'linux' && 'descriptors are counted in /proc',
  }, t => {
    const guest = guestOf(t, GRANT_ALL)
    const count = () => readdirSync('/proc/self/fd').length
    const before = count()
    for (let i = 0; i < 100; i++)
      unwrap(guest.tcp(newTcp(guest), 'start-bind', guest.network, socketAddressOf('127.0.0.1', 0)))
    assert.equal(count(), before + 100)
    guest.store.clear()
    assert.equal(count(), before)
  })

  test('with all the sockets it may have is told that it cannot have the next connection', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const {socket: listener, port} = listen(guest)
    const others = Array.from({length: 127}, () => newTcp(guest))
    await closes(await client(t, port))
    assert.deepEqual(guest.tcp(listener, 'accept'), err('new-socket-limit'))
    assert.deepEqual(guest.tcp(listener, 'accept'), err('would-block'))
    guest.drop('sockets/tcp', 'tcp-socket', others[0])
    await client(t, port)
    await accept(guest, listener)
  })
})
