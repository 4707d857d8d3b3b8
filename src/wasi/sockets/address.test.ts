import assert from 'node:assert/strict'
import {isIP} from 'node:net'
import {test} from 'node:test'
import fc from 'fast-check'
import {
  hostText,
  ipText,
  isBindable,
  isPeer,
  parseIp,
  type SocketAddress,
  socketAddressOf,
} from './address.ts'

const at = (ip: string, port = 80): SocketAddress => socketAddressOf(ip, port)

test('addresses are read and written', () => {
  for (const [text, groups] of [
    ['127.0.0.1', [127, 0, 0, 1]],
    ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['fe80::1%eth0', [0xfe80, 0, 0, 0, 0, 0, 0, 1]],
    ['2001:db8::8:800:200c:417a', [0x2001, 0xdb8, 0, 0, 8, 0x800, 0x200c, 0x417a]],
    ['1:2:3:4:5:6:7::', [1, 2, 3, 4, 5, 6, 7, 0]],
    ['::ffff:10.0.0.1', [0, 0, 0, 0, 0, 0xffff, 0x0a00, 1]],
  ] as const)
    assert.deepEqual(parseIp(text)?.val, groups, text)
  for (const text of ['', 'localhost', '1.2.3', '1.2.3.4.5', '::1::', '0x7f.1', '127.1', ' 1.2.3.4'])
    assert.equal(parseIp(text), undefined, text)
  const scoped: SocketAddress = {
    tag: 'ipv6',
    val: {port: 1, flowInfo: 0, scopeId: 3, address: [0xfe80, 0, 0, 0, 0, 0, 0, 1]},
  }
  assert.equal(ipText(scoped), 'fe80:0:0:0:0:0:0:1')
  assert.equal(hostText(scoped), 'fe80:0:0:0:0:0:0:1%3')
})

test('what is written is read as the same, and by Node', () => {
  const group = fc.integer({min: 0, max: 0xffff})
  fc.assert(
    fc.property(fc.array(group, {minLength: 8, maxLength: 8}), address => {
      const text = ipText({tag: 'ipv6', val: {port: 0, flowInfo: 0, scopeId: 0, address}})
      assert.equal(isIP(text), 6)
      assert.deepEqual(parseIp(text)?.val, address)
    }),
  )
})

test('which addresses a socket may have', () => {
  for (const [ip, family, port, bindable, peer] of [
    ['10.0.0.1', 'ipv4', 80, true, true],
    ['10.0.0.1', 'ipv6', 80, false, false],
    ['10.0.0.1', 'ipv4', 0, true, false],
    ['0.0.0.0', 'ipv4', 80, true, false],
    ['255.255.255.255', 'ipv4', 80, false, false],
    ['224.0.0.1', 'ipv4', 80, false, false],
    ['::1', 'ipv6', 80, true, true],
    ['::', 'ipv6', 80, true, false],
    ['ff02::1', 'ipv6', 80, false, false],
    ['::ffff:127.0.0.1', 'ipv6', 80, false, false],
    ['::127.0.0.1', 'ipv6', 80, false, false],
    ['::2', 'ipv6', 80, false, false],
    ['2001:db8::1', 'ipv6', 80, true, true],
  ] as const) {
    const address = at(ip, port)
    assert.deepEqual(
      [isBindable(family, address), isPeer(family, address)],
      [bindable, peer],
      `${ip} ${port} ${family}`,
    )
  }
})
