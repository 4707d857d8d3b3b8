// The states of TcpSocketOperationalSemantics.md of WASI 0.2, and what each function says in each of them.
import assert from 'node:assert/strict'
import {describe, type TestContext, test} from 'node:test'
import {unwrap} from '../fixture.ts'
import {socketAddressOf} from './address.ts'
import {GRANT_ALL} from './grants.ts'
import {connect, type Guest, guestOf, newTcp, serve} from './sockets.fixtures.ts'

const ANY = socketAddressOf('127.0.0.1', 0)

type State = (guest: Guest, t: TestContext) => Promise<unknown>

const bound = (guest: Guest): unknown => {
  const socket = newTcp(guest)
  unwrap(guest.tcp(socket, 'start-bind', guest.network, ANY))
  unwrap(guest.tcp(socket, 'finish-bind'))
  return socket
}

const listening = (guest: Guest): unknown => {
  const socket = bound(guest)
  unwrap(guest.tcp(socket, 'start-listen'))
  unwrap(guest.tcp(socket, 'finish-listen'))
  return socket
}

/** An address where nobody listens any more. */
function nobody(guest: Guest) {
  const socket = bound(guest)
  const address = unwrap(guest.tcp(socket, 'local-address'))
  guest.drop('sockets/tcp', 'tcp-socket', socket)
  return address
}

const connecting = (guest: Guest): unknown => {
  const socket = newTcp(guest)
  unwrap(guest.tcp(socket, 'start-connect', guest.network, nobody(guest)))
  return socket
}

const STATES: Readonly<Record<string, State>> = {
  unbound: async guest => newTcp(guest),
  'bind-in-progress': async guest => {
    const socket = newTcp(guest)
    unwrap(guest.tcp(socket, 'start-bind', guest.network, ANY))
    return socket
  },
  bound: async guest => bound(guest),
  'listen-in-progress': async guest => {
    const socket = bound(guest)
    unwrap(guest.tcp(socket, 'start-listen'))
    return socket
  },
  listening: async guest => listening(guest),
  'connect-in-progress': async guest => connecting(guest),
  connected: async (guest, t) => (await connect(guest, await serve(t, () => {}))).socket,
  closed: async guest => {
    const socket = connecting(guest)
    await guest.wait(guest.tcp(socket, 'subscribe'))
    assert.equal(guest.tcp(socket, 'finish-connect').val, 'connection-refused')
    return socket
  },
}

const CODES = {
  ok: 'ok',
  inv: 'invalid-state',
  nip: 'not-in-progress',
  cc: 'concurrency-conflict',
  wb: 'would-block',
} as const

const REMOTE = socketAddressOf('127.0.0.1', 9)

/** Whether it is ready comes last; connecting is done after the call, if ever. */
const FUNCTIONS: readonly (readonly [name: string, args: (guest: Guest) => unknown[]])[] = [
  ['start-bind', ({network}) => [network, ANY]],
  ['finish-bind', () => []],
  ['start-connect', ({network}) => [network, REMOTE]],
  ['finish-connect', () => []],
  ['start-listen', () => []],
  ['finish-listen', () => []],
  ['accept', () => []],
  ['local-address', () => []],
  ['remote-address', () => []],
  ['set-listen-backlog-size', () => [32n]],
  ['shutdown', () => ['both']],
]

// In the order of FUNCTIONS; then `is-listening`, and whether the pollable is ready.
const EXPECTED: readonly (readonly [state: string, codes: string, isListening: boolean, ready: boolean])[] = [
  ['unbound            ', ' ok nip  ok nip inv nip inv inv inv  ok inv', false, true],
  ['bind-in-progress   ', ' cc  ok  cc nip  cc nip inv inv inv  ok inv', false, true],
  ['bound              ', 'inv nip  ok nip  ok nip inv  ok inv  ok inv', false, true],
  ['listen-in-progress ', ' cc nip  cc nip  cc  ok inv  ok inv  ok inv', false, true],
  ['listening          ', 'inv nip inv nip inv nip  wb  ok inv  ok inv', true, false],
  ['connect-in-progress', ' cc nip  cc  wb  cc nip inv inv inv inv inv', false, false],
  ['connected          ', 'inv nip inv nip inv nip inv  ok  ok inv  ok', false, true],
  ['closed             ', 'inv nip inv nip inv nip inv inv inv  ok inv', false, true],
]

for (const [padded, codes, isListening, isReady] of EXPECTED) {
  const state = padded.trim()
  const expected = codes.trim().split(/ +/)
  describe(state, () => {
    for (const [at, [name, args]] of FUNCTIONS.entries()) {
      const code = CODES[expected[at] as keyof typeof CODES]
      test(`${name}: ${code}`, async t => {
        const guest = guestOf(t, GRANT_ALL)
        const socket = await STATES[state]!(guest, t)
        const {tag, val} = guest.tcp(socket, name, ...args(guest))
        assert.equal(tag === 'ok' ? 'ok' : val, code)
      })
    }

    test(`is ${isReady ? '' : 'not '}ready, and ${isListening ? 'listens' : 'does not listen'}`, async t => {
      const guest = guestOf(t, GRANT_ALL)
      const socket = await STATES[state]!(guest, t)
      assert.equal(guest.tcp(socket, 'is-listening'), isListening)
      const pollable = guest.tcp(socket, 'subscribe')
      assert.equal(guest.call('io/poll', '[method]pollable.ready', pollable), isReady)
    })

    test('an option can be set and read', async t => {
      const guest = guestOf(t, GRANT_ALL)
      const socket = await STATES[state]!(guest, t)
      unwrap(guest.tcp(socket, 'set-keep-alive-enabled', true))
      unwrap(guest.tcp(socket, 'set-keep-alive-count', 3))
      assert.equal(unwrap(guest.tcp(socket, 'keep-alive-count')), 3)
    })
  })
}

describe('start-bind', () => {
  for (const [name, family, ip, code] of [
    ['another family', 'ipv4', '::1', 'invalid-argument'],
    ['another family', 'ipv6', '127.0.0.1', 'invalid-argument'],
    ['multicast', 'ipv4', '224.254.0.0', 'invalid-argument'],
    ['broadcast', 'ipv4', '255.255.255.255', 'invalid-argument'],
    ['multicast', 'ipv6', 'ff00::', 'invalid-argument'],
    ['IPv4 in IPv6 clothes', 'ipv6', '::ffff:127.0.0.1', 'invalid-argument'],
    ['an address of another machine', 'ipv4', '192.0.2.1', 'address-not-bindable'],
  ] as const)
    test(`to ${ip} (${name}) of ${family}: ${code}, and it may be bound elsewhere`, t => {
      const guest = guestOf(t, GRANT_ALL)
      const socket = newTcp(guest, family)
      const bind = (ip: string) => guest.tcp(socket, 'start-bind', guest.network, socketAddressOf(ip, 0))
      assert.deepEqual(bind(ip), {tag: 'err', val: code})
      if (family === 'ipv4') unwrap(bind('127.0.0.1'))
    })

  test('to where another listens: address-in-use', t => {
    const guest = guestOf(t, GRANT_ALL)
    const taken = unwrap(guest.tcp(listening(guest), 'local-address'))
    const result = guest.tcp(newTcp(guest), 'start-bind', guest.network, taken)
    assert.deepEqual(result, {tag: 'err', val: 'address-in-use'})
  })

  test('to the address of one that listened a moment ago', async t => {
    const guest = guestOf(t, GRANT_ALL)
    const first = listening(guest)
    const address = unwrap(guest.tcp(first, 'local-address'))
    await connect(guest, address.val.port)
    guest.drop('sockets/tcp', 'tcp-socket', first)
    const second = newTcp(guest)
    unwrap(guest.tcp(second, 'start-bind', guest.network, address))
    unwrap(guest.tcp(second, 'finish-bind'))
    unwrap(guest.tcp(second, 'start-listen'))
    unwrap(guest.tcp(second, 'finish-listen'))
  })
})

test('of two bound to one address the second cannot listen, and is closed', async t => {
  const guest = guestOf(t, GRANT_ALL)
  const first = bound(guest)
  const address = unwrap(guest.tcp(first, 'local-address'))
  const second = newTcp(guest)
  unwrap(guest.tcp(second, 'start-bind', guest.network, address))
  unwrap(guest.tcp(second, 'finish-bind'))
  unwrap(guest.tcp(first, 'start-listen'))
  unwrap(guest.tcp(first, 'finish-listen'))
  unwrap(guest.tcp(second, 'start-listen'))
  assert.deepEqual(guest.tcp(second, 'finish-listen'), {tag: 'err', val: 'would-block'})
  await guest.wait(guest.tcp(second, 'subscribe'))
  assert.deepEqual(guest.tcp(second, 'finish-listen'), {tag: 'err', val: 'address-in-use'})
  assert.deepEqual(guest.tcp(second, 'start-listen'), {tag: 'err', val: 'invalid-state'})
  assert.equal(guest.tcp(second, 'is-listening'), false)
})
