import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import {once} from 'node:events'
import net from 'node:net'
import {describe, test} from 'node:test'
import {err, ok} from '../../base/result.ts'
import {text, unwrap, utf8} from '../fixture.ts'
import {socketAddressOf} from './address.ts'
import {GRANT_ALL} from './grants.ts'
import {connect, type Guest, guestOf, newTcp, newUdp, serve} from './sockets.fixtures.ts'

const closed = {tag: 'err', val: {tag: 'closed'}}

describe('without grants', () => {
  test('sockets can be made, but reach nobody', t => {
    const guest = guestOf(t)
    const {network} = guest
    const denied = err('access-denied')
    const address = socketAddressOf('127.0.0.1', 80)
    assert.deepEqual(guest.tcp(newTcp(guest), 'start-bind', network, address), denied)
    assert.deepEqual(guest.tcp(newTcp(guest), 'start-connect', network, address), denied)
    const udp = newUdp(guest)
    assert.deepEqual(guest.udp(udp, 'udp-socket.start-bind', network, address), denied)
    assert.deepEqual(guest.call('sockets/ip-name-lookup', 'resolve-addresses', network, 'localhost'), denied)
  })
})

describe('grants', () => {
  test('are asked for every peer, with its address and the event', async t => {
    const asked: unknown[] = []
    const guest: Guest = guestOf(t, {
      allowsAddress: (use, {ip, port}, store) => {
        assert.equal(store, guest.store)
        asked.push(`${use} ${ip}:${port}`)
        return use === 'udp-bind'
      },
      allowsName: name => {
        asked.push(name)
        return false
      },
    })
    const denied = err('access-denied')
    const {network} = guest
    assert.deepEqual(
      guest.tcp(newTcp(guest), 'start-connect', network, socketAddressOf('10.0.0.1', 80)),
      denied,
    )
    assert.deepEqual(
      guest.tcp(newTcp(guest, 'ipv6'), 'start-connect', network, socketAddressOf('::1', 80)),
      denied,
    )
    assert.deepEqual(guest.tcp(newTcp(guest), 'start-bind', network, socketAddressOf('127.0.0.1', 0)), denied)
    const udp = newUdp(guest)
    unwrap(guest.udp(udp, 'udp-socket.start-bind', network, socketAddressOf('127.0.0.1', 0)))
    await guest.wait(guest.udp(udp, 'udp-socket.subscribe'))
    unwrap(guest.udp(udp, 'udp-socket.finish-bind'))
    assert.deepEqual(guest.udp(udp, 'udp-socket.stream', socketAddressOf('10.0.0.2', 53)), denied)
    const [, outgoing] = unwrap(guest.udp(udp, 'udp-socket.stream', undefined))
    const datagram = {data: utf8('x'), remoteAddress: socketAddressOf('10.0.0.3', 53)}
    assert.deepEqual(guest.udp(outgoing, 'outgoing-datagram-stream.send', [datagram]), denied)
    const lookUp = (name: string) => guest.call('sockets/ip-name-lookup', 'resolve-addresses', network, name)
    assert.deepEqual(lookUp('Example.COM'), denied)
    assert.deepEqual(asked, [
      'tcp-connect 10.0.0.1:80',
      'tcp-connect 0:0:0:0:0:0:0:1:80',
      'tcp-bind 127.0.0.1:0',
      'udp-bind 127.0.0.1:0',
      'udp-connect 10.0.0.2:53',
      'udp-send 10.0.0.3:53',
      'example.com',
    ])
  })

  test('cannot be got around by an IPv4 address in IPv6 clothes', t => {
    const guest = guestOf(t, GRANT_ALL)
    for (const ip of ['::ffff:127.0.0.1', '::127.0.0.1', '::ffff:a00:1'])
      assert.deepEqual(
        guest.tcp(newTcp(guest, 'ipv6'), 'start-connect', guest.network, socketAddressOf(ip, 80)),
        err('invalid-argument'),
      )
  })
})

describe('tcp', () => {
  test('connects, writes, reads, and hears the end', async t => {
    const port = await serve(t, socket => socket.on('data', data => socket.end(`echo ${data}`)))
    const guest = guestOf(t, GRANT_ALL)
    const {socket, input, output} = await connect(guest, port)
    assert.deepEqual(guest.tcp(socket, 'remote-address'), ok(socketAddressOf('127.0.0.1', port)))
    assert.equal(unwrap(guest.tcp(socket, 'local-address')).val.address[0], 127)
    assert.deepEqual(guest.stream(input, 'input-stream.read', 10n), ok(new Uint8Array(0)))
    await guest.stream(output, 'output-stream.blocking-write-and-flush', utf8('hello'))
    let got = ''
    for (;;) {
      const read = await guest.stream(input, 'input-stream.blocking-read', 4n)
      if (read.tag === 'err') {
        assert.deepEqual(read, closed)
        break
      }
      got += text(read.val)
    }
    assert.equal(got, 'echo hello')
    assert.deepEqual(
      guest.tcp(socket, 'start-connect', guest.network, socketAddressOf('127.0.0.1', port)),
      err('invalid-state'),
    )
  })

  test('passes a large body both ways with bounded buffers', async t => {
    const port = await serve(t, socket => socket.pipe(socket))
    const guest = guestOf(t, GRANT_ALL)
    const {socket, input, output} = await connect(guest, port)
    const total = 5_000_000
    const sending = (async () => {
      for (let sent = 0; sent < total; ) {
        await guest.wait(guest.stream(output, 'output-stream.subscribe'))
        const room = Number(unwrap<bigint>(guest.stream(output, 'output-stream.check-write')))
        assert.ok(room <= 65_536)
        const chunk = new Uint8Array(Math.min(room, total - sent)).fill(sent & 0xff)
        unwrap(guest.stream(output, 'output-stream.write', chunk))
        sent += chunk.length
      }
      unwrap(guest.tcp(socket, 'shutdown', 'send'))
    })()
    let got = 0
    for (;;) {
      const read = await guest.stream(input, 'input-stream.blocking-read', 1n << 40n)
      if (read.tag === 'err') break
      got += read.val.length
    }
    await sending
    assert.equal(got, total)
    assert.deepEqual(guest.stream(output, 'output-stream.check-write'), closed)
  })

  test('a peer that reads nothing stops the writer; a write beyond the permit traps', async t => {
    const port = await serve(t, socket => socket.pause())
    const guest = guestOf(t, GRANT_ALL)
    const {output} = await connect(guest, port)
    let room = 1
    for (let i = 0; i < 10_000 && room > 0; i++) {
      room = Number(unwrap(guest.stream(output, 'output-stream.check-write')))
      unwrap(guest.stream(output, 'output-stream.write', new Uint8Array(room)))
    }
    assert.equal(room, 0)
    assert.equal(output.ready(), false)
    assert.throws(() => guest.stream(output, 'output-stream.write', utf8('x')), {code: 'TRAP_HOST'})
  })

  test('a refused connection and a reset one are told by their codes', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const port = await serve(t, socket => socket.once('data', () => socket.resetAndDestroy()))
    const {input, output} = await connect(guest, port)
    await guest.stream(output, 'output-stream.blocking-write-and-flush', utf8('go'))
    const read = await guest.stream(input, 'input-stream.blocking-read', 1n)
    assert.equal(guest.call('sockets/network', 'network-error-code', read.val.val), 'connection-reset')
    assert.deepEqual(guest.stream(input, 'input-stream.read', 1n), closed)

    const free = net.createServer().listen(0, '127.0.0.1')
    await once(free, 'listening')
    const {port: nobody} = free.address() as net.AddressInfo
    free.close()
    await once(free, 'close')
    const socket = newTcp(guest)
    unwrap(guest.tcp(socket, 'start-connect', guest.network, socketAddressOf('127.0.0.1', nobody)))
    assert.deepEqual(
      guest.tcp(socket, 'start-connect', guest.network, socketAddressOf('127.0.0.1', nobody)),
      err('concurrency-conflict'),
    )
    await guest.wait(guest.tcp(socket, 'subscribe'))
    assert.deepEqual(guest.tcp(socket, 'finish-connect'), err('connection-refused'))
    assert.deepEqual(guest.tcp(socket, 'finish-connect'), err('not-in-progress'))
  })

  test('ends when the guest has dropped the socket and both streams, or when the event ends', async t => {
    const ended: Promise<unknown>[] = []
    const port = await serve(t, socket => {
      socket.resume()
      socket.on('end', () => socket.end())
      ended.push(once(socket, 'close'))
    })
    const guest = guestOf(t, GRANT_ALL)
    const first = await connect(guest, port)
    guest.drop('sockets/tcp', 'tcp-socket', first.socket)
    assert.deepEqual(guest.stream(first.output, 'output-stream.check-write').tag, 'ok')
    guest.drop('io/streams', 'input-stream', first.input)
    guest.drop('io/streams', 'output-stream', first.output)
    await connect(guest, port)
    guest.store.clear()
    assert.equal(ended.length, 2)
    await Promise.all(ended)
    // Handles that the engine drops after the store was cleared.
    guest.drop('sockets/tcp', 'tcp-socket', first.socket)
    guest.drop('io/streams', 'output-stream', first.output)
  })

  test('remembers its options', t => {
    const guest = guestOf(t, GRANT_ALL)
    const socket = newTcp(guest)
    const {tcp} = guest
    assert.equal(tcp(socket, 'address-family'), 'ipv4')
    assert.deepEqual(tcp(socket, 'set-listen-backlog-size', 0n), err('invalid-argument'))
    assert.deepEqual(tcp(socket, 'set-hop-limit', 0), err('invalid-argument'))
    assert.deepEqual(tcp(socket, 'set-hop-limit', 9), ok(undefined))
    assert.deepEqual(tcp(socket, 'hop-limit'), ok(9))
    assert.deepEqual(tcp(socket, 'set-keep-alive-idle-time', (1n << 64n) - 1n), ok(undefined))
    assert.deepEqual(tcp(socket, 'set-keep-alive-enabled', false), ok(undefined))
    for (const [port, ip] of [
      [0, '127.0.0.1'],
      [80, '0.0.0.0'],
      [80, '::1'],
    ] as const)
      assert.deepEqual(
        tcp(socket, 'start-connect', guest.network, socketAddressOf(ip, port)),
        err('invalid-argument'),
      )
  })

  test('an event has only so many sockets', t => {
    const guest = guestOf(t, GRANT_ALL)
    const made = Array.from({length: 200}, () =>
      guest.call('sockets/tcp-create-socket', 'create-tcp-socket', 'ipv4'),
    )
    assert.equal(made.filter(result => result.tag === 'ok').length, 128)
    assert.deepEqual(made.at(-1), err('new-socket-limit'))
    guest.drop('sockets/tcp', 'tcp-socket', made[0].val)
    newTcp(guest)
  })
})

async function bind(guest: Guest) {
  const socket = newUdp(guest)
  assert.deepEqual(guest.udp(socket, 'udp-socket.stream', undefined), err('invalid-state'))
  unwrap(guest.udp(socket, 'udp-socket.start-bind', guest.network, socketAddressOf('127.0.0.1', 0)))
  await guest.wait(guest.udp(socket, 'udp-socket.subscribe'))
  unwrap(guest.udp(socket, 'udp-socket.finish-bind'))
  return socket
}

describe('udp', () => {
  test('sends and receives, to anyone and to one', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const peer = dgram.createSocket('udp4')
    t.after(() => peer.close())
    peer.bind(0, '127.0.0.1')
    await once(peer, 'listening')
    peer.on('message', (data, from) => peer.send(`echo ${data}`, from.port, from.address))
    const there = socketAddressOf('127.0.0.1', peer.address().port)
    const socket = await bind(guest)
    for (const remote of [undefined, there]) {
      const [incoming, outgoing] = unwrap(guest.udp(socket, 'udp-socket.stream', remote))
      assert.deepEqual(guest.udp(incoming, 'incoming-datagram-stream.receive', 1n), ok([]))
      assert.ok(unwrap(guest.udp(outgoing, 'outgoing-datagram-stream.check-send')) > 0n)
      const datagram = {data: utf8('hi'), remoteAddress: remote === undefined ? there : undefined}
      assert.deepEqual(guest.udp(outgoing, 'outgoing-datagram-stream.send', [datagram]), ok(1n))
      await guest.wait(guest.udp(incoming, 'incoming-datagram-stream.subscribe'))
      const [received] = unwrap(guest.udp(incoming, 'incoming-datagram-stream.receive', 1n << 63n))
      assert.equal(text(received.data), 'echo hi')
      assert.deepEqual(received.remoteAddress, there)
      assert.deepEqual(
        guest.udp(socket, 'udp-socket.remote-address'),
        remote === undefined ? err('invalid-state') : ok(there),
      )
      guest.drop('sockets/udp', 'incoming-datagram-stream', incoming)
      guest.drop('sockets/udp', 'outgoing-datagram-stream', outgoing)
    }
    assert.equal(unwrap(guest.udp(socket, 'udp-socket.local-address')).val.address[0], 127)
    assert.deepEqual(guest.udp(socket, 'udp-socket.set-unicast-hop-limit', 7), ok(undefined))
    assert.deepEqual(guest.udp(socket, 'udp-socket.unicast-hop-limit'), ok(7))
  })

  test('a connected stream hears its peer only, and sends to no other', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const [a, b] = [await bind(guest), await bind(guest)]
    const here = unwrap(guest.udp(a, 'udp-socket.local-address'))
    const [incoming, outgoing] = unwrap(guest.udp(a, 'udp-socket.stream', socketAddressOf('127.0.0.1', 9)))
    const stranger = {data: utf8('x'), remoteAddress: here}
    assert.deepEqual(
      guest.udp(outgoing, 'outgoing-datagram-stream.send', [stranger]),
      err('invalid-argument'),
    )
    const [fromB, toA] = unwrap(guest.udp(b, 'udp-socket.stream', undefined))
    unwrap(guest.udp(toA, 'outgoing-datagram-stream.send', [{data: utf8('x'), remoteAddress: here}]))
    // A datagram to itself comes after the one that must not be heard.
    const me = unwrap(guest.udp(b, 'udp-socket.local-address'))
    unwrap(guest.udp(toA, 'outgoing-datagram-stream.send', [{data: utf8('y'), remoteAddress: me}]))
    await guest.wait(guest.udp(fromB, 'incoming-datagram-stream.subscribe'))
    assert.deepEqual(guest.udp(incoming, 'incoming-datagram-stream.receive', 9n), ok([]))
  })

  test('a stream to one peer tells where it sends from, and that nobody is there', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const gone = await bind(guest)
    const there = unwrap(guest.udp(gone, 'udp-socket.local-address'))
    guest.drop('sockets/udp', 'udp-socket', gone)
    const socket = newUdp(guest)
    unwrap(guest.udp(socket, 'udp-socket.start-bind', guest.network, socketAddressOf('0.0.0.0', 0)))
    unwrap(guest.udp(socket, 'udp-socket.finish-bind'))
    const [incoming, outgoing] = unwrap(guest.udp(socket, 'udp-socket.stream', there))
    const {address} = unwrap(guest.udp(socket, 'udp-socket.local-address')).val
    assert.deepEqual(address, [127, 0, 0, 1])
    const hello = {data: utf8('hello'), remoteAddress: undefined}
    unwrap(guest.udp(outgoing, 'outgoing-datagram-stream.send', [hello]))
    await guest.wait(guest.udp(incoming, 'incoming-datagram-stream.subscribe'))
    assert.deepEqual(guest.udp(incoming, 'incoming-datagram-stream.receive', 1n), err('connection-refused'))
    assert.deepEqual(guest.udp(incoming, 'incoming-datagram-stream.receive', 1n), ok([]))
  })

  test('of several pairs of streams only the last one works', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const socket = await bind(guest)
    const to = socketAddressOf('127.0.0.1', 9)
    for (const [first, second] of [
      [undefined, to],
      [to, undefined],
    ]) {
      const [incoming, outgoing] = unwrap(guest.udp(socket, 'udp-socket.stream', first))
      const [, last] = unwrap(guest.udp(socket, 'udp-socket.stream', second))
      const datagram = {data: utf8('x'), remoteAddress: to}
      const send = (stream: unknown) => guest.udp(stream, 'outgoing-datagram-stream.send', [datagram])
      assert.deepEqual(send(outgoing), err('invalid-state'))
      assert.deepEqual(guest.udp(outgoing, 'outgoing-datagram-stream.check-send'), err('invalid-state'))
      assert.deepEqual(guest.udp(incoming, 'incoming-datagram-stream.receive', 1n), err('invalid-state'))
      assert.deepEqual(send(last), ok(1n))
    }
  })

  test('what is bound cannot be bound again, nor used before it is finished', t => {
    const guest = guestOf(t, GRANT_ALL)
    const socket = newUdp(guest)
    const here = socketAddressOf('127.0.0.1', 0)
    const start = () => guest.udp(socket, 'udp-socket.start-bind', guest.network, here)
    unwrap(start())
    assert.deepEqual(start(), err('concurrency-conflict'))
    assert.deepEqual(guest.udp(socket, 'udp-socket.local-address'), err('invalid-state'))
    assert.deepEqual(guest.udp(socket, 'udp-socket.stream', undefined), err('invalid-state'))
    unwrap(guest.udp(socket, 'udp-socket.finish-bind'))
    assert.deepEqual(start(), err('invalid-state'))
    unwrap(guest.udp(socket, 'udp-socket.stream', undefined))
  })

  test('bombs: too many datagrams trap, too large ones fail, nothing without an address goes', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const socket = await bind(guest)
    const [, outgoing] = unwrap(guest.udp(socket, 'udp-socket.stream', undefined))
    const send = (datagrams: unknown[]) => guest.udp(outgoing, 'outgoing-datagram-stream.send', datagrams)
    const to = socketAddressOf('127.0.0.1', 9)
    assert.throws(() => send(Array(1000).fill({data: utf8('x'), remoteAddress: to})), {code: 'TRAP_HOST'})
    assert.deepEqual(send([{data: new Uint8Array(70_000), remoteAddress: to}]), err('datagram-too-large'))
    assert.deepEqual(send([{data: utf8('x'), remoteAddress: undefined}]), err('invalid-argument'))
    assert.deepEqual(send([]), ok(0n))
    const good = {data: utf8('x'), remoteAddress: to}
    assert.deepEqual(send([good, {data: new Uint8Array(70_000), remoteAddress: to}]), ok(1n))
  })

  test('a port in use is told; a socket that is still being bound can be left', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const taken = unwrap(guest.udp(await bind(guest), 'udp-socket.local-address'))
    const socket = newUdp(guest)
    assert.deepEqual(guest.udp(socket, 'udp-socket.start-bind', guest.network, taken), err('address-in-use'))
    assert.deepEqual(guest.udp(socket, 'udp-socket.finish-bind'), err('not-in-progress'))
    const left = newUdp(guest)
    unwrap(guest.udp(left, 'udp-socket.start-bind', guest.network, socketAddressOf('127.0.0.1', 0)))
    guest.drop('sockets/udp', 'udp-socket', left)
    guest.store.clear()
  })
})

describe('names', () => {
  const lookUp = (guest: Guest, name: string) =>
    guest.call('sockets/ip-name-lookup', 'resolve-addresses', guest.network, name)
  const next = (guest: Guest, addresses: unknown) =>
    guest.call('sockets/ip-name-lookup', '[method]resolve-address-stream.resolve-next-address', addresses)

  test('are looked up; numbers are themselves', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const local = unwrap(lookUp(guest, 'localhost'))
    assert.deepEqual(next(guest, local), err('would-block'))
    await guest.wait(guest.call('sockets/ip-name-lookup', '[method]resolve-address-stream.subscribe', local))
    assert.match(unwrap(next(guest, local)).tag, /^ipv[46]$/)
    for (const name of ['::1', '[::1]']) {
      const literal = unwrap(lookUp(guest, name))
      assert.deepEqual(next(guest, literal), ok({tag: 'ipv6', val: [0, 0, 0, 0, 0, 0, 0, 1]}))
      assert.deepEqual(next(guest, literal), ok(undefined))
      assert.deepEqual(next(guest, literal), ok(undefined))
    }
  })

  test('that are none are invalid; numbers in other clothes are no names', t => {
    const guest = guestOf(t, GRANT_ALL)
    for (const name of [
      '',
      'a b',
      'a..b',
      'a/b',
      'http://x',
      'x:80',
      'x\0y',
      '2130706433',
      '0x7f.1',
      'x?y',
      'x%41',
      '[::1',
      'a'.repeat(300),
    ])
      assert.deepEqual(lookUp(guest, name), err('invalid-argument'), name)
  })

  test('an event looks up only so many at once', t => {
    const guest = guestOf(t, GRANT_ALL)
    const results = Array.from({length: 20}, () => lookUp(guest, 'localhost'))
    assert.equal(results.filter(result => result.tag === 'ok').length, 4)
    assert.deepEqual(results.at(-1), err('temporary-resolver-failure'))
  })
})
