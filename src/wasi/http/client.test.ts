import assert from 'node:assert/strict'
import http from 'node:http'
import https from 'node:https'
import net, {type AddressInfo} from 'node:net'
import {buffer, text as readText} from 'node:stream/consumers'
import {type TestContext, test} from 'node:test'
import {setTimeout as sleep} from 'node:timers/promises'
import {caller, text, unwrap, utf8} from '../fixture.ts'
import {ioInterfaces} from '../io/io.ts'
import {createHttpClient, type HttpClientOptions, type OutboundPolicy} from './client.ts'
import {errorCodeOf} from './error-code.ts'
import {CERT, KEY} from './fixture-tls.ts'
import {httpInterfaces} from './http.ts'

const OPEN: OutboundPolicy = {check: () => 'allowed'}
const TYPES = 'http/types'

/** A guest's calls through a client made with `options`. */
function guestOf(t: TestContext, options: HttpClientOptions = {policy: OPEN}) {
  const client = createHttpClient(options)
  t.after(() => client.close())
  const {call, drop} = caller([...ioInterfaces(), ...httpInterfaces(() => client)])

  function request(url: string, method = 'get', headers: [string, string][] = []): any {
    const {protocol, host, pathname, search} = new URL(url)
    const fields = unwrap(
      call(
        TYPES,
        '[static]fields.from-list',
        headers.map(([name, value]) => [name, utf8(value)]),
      ),
    )
    const made = call(TYPES, '[constructor]outgoing-request', fields)
    const set = (name: string, value: unknown) =>
      unwrap(call(TYPES, `[method]outgoing-request.set-${name}`, made, value))
    set('method', /^[a-z]+$/.test(method) ? {tag: method} : {tag: 'other', val: method})
    set('scheme', {tag: protocol === 'https:' ? 'HTTPS' : 'HTTP'})
    set('authority', host)
    set('path-with-query', pathname + search)
    return made
  }
  const bodyOf = (made: unknown) => unwrap(call(TYPES, '[method]outgoing-request.body', made))
  const send = (made: unknown, opts?: unknown) => call('http/outgoing-handler', 'handle', made, opts)
  async function outcome(future: unknown): Promise<any> {
    await call(
      'io/poll',
      '[method]pollable.block',
      call(TYPES, '[method]future-incoming-response.subscribe', future),
    )
    return unwrap(call(TYPES, '[method]future-incoming-response.get', future))
  }
  async function read(body: unknown): Promise<string> {
    const stream = unwrap(call(TYPES, '[method]incoming-body.stream', body))
    let all = ''
    for (;;) {
      const bytes = await call('io/streams', '[method]input-stream.blocking-read', stream, 65536n)
      if (bytes.tag === 'ok') all += text(bytes.val)
      else if (bytes.val.tag === 'closed') return all
      else throw Object.assign(new Error('broken'), {code: call(TYPES, 'http-error-code', bytes.val.val).tag})
    }
  }
  const write = (body: unknown, bytes: Uint8Array) =>
    call('io/streams', '[method]output-stream.blocking-write-and-flush', body, bytes)
  const consume = (response: unknown) => unwrap(call(TYPES, '[method]incoming-response.consume', response))
  return {call, drop, request, bodyOf, send, outcome, read, write, consume}
}

async function peer(
  t: TestContext,
  handle: http.RequestListener,
): Promise<{url: string; server: http.Server; sockets: Set<net.Socket>}> {
  const server = http.createServer(handle)
  const sockets = new Set<net.Socket>()
  server.on('connection', socket => sockets.add(socket))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  return {url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, sockets}
}

/** A peer that says `bytes` to whatever it is asked, then does `after` with the socket. */
async function rawPeer(
  t: TestContext,
  bytes: string,
  after: (socket: net.Socket) => void = () => {},
): Promise<string> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer(socket => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(bytes, () => after(socket))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

test('a request and its answer, as the peer and the guest see them; the connection is used again', async t => {
  let connections = 0
  const {url, server} = await peer(t, (request, response) => {
    response.writeHead(203, ['X-Raw', request.rawHeaders.join('|'), 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'])
    response.end(`${request.method} ${request.url}`)
  })
  server.on('connection', () => connections++)
  const guest = guestOf(t)
  for (let i = 0; i < 2; i++) {
    const response = unwrap(
      await guest.outcome(unwrap(guest.send(guest.request(`${url}/a?b=c`, 'get', [['X-A', 'ä']])))),
    )
    assert.equal(guest.call(TYPES, '[method]incoming-response.status', response), 203)
    const headers = guest.call(TYPES, '[method]incoming-response.headers', response)
    assert.deepEqual(guest.call(TYPES, '[method]fields.get', headers, 'set-cookie').map(text), ['a=1', 'b=2'])
    assert.equal(guest.call(TYPES, '[method]fields.has', headers, 'connection'), false)
    assert.equal(
      text(guest.call(TYPES, '[method]fields.get', headers, 'x-raw')[0]),
      `host|${new URL(url).host}|x-a|ä|Connection|keep-alive`,
    )
    assert.equal(guest.call(TYPES, '[method]fields.append', headers, 'a', utf8('b')).val.tag, 'immutable')
    assert.equal(await guest.read(guest.consume(response)), 'GET /a?b=c')
    assert.equal(guest.call(TYPES, '[method]incoming-response.consume', response).tag, 'err')
    await sleep(5)
  }
  assert.equal(connections, 1)
})

const FRAMING: [
  method: string,
  body: string | undefined,
  finishFirst: boolean,
  length: string | undefined,
  expected: string,
][] = [
  ['get', undefined, true, undefined, 'undefined undefined '],
  ['post', undefined, true, undefined, '0 undefined '],
  ['delete', undefined, true, undefined, 'undefined undefined '],
  ['post', 'abc', true, undefined, '3 undefined abc'],
  ['post', 'abc', false, undefined, 'undefined chunked abc'],
  ['post', 'abc', false, '3', '3 undefined abc'],
  ['get', 'abc', true, undefined, '3 undefined abc'],
  ['get', 'abc', false, undefined, 'undefined chunked abc'],
  ['delete', 'abc', false, undefined, 'undefined chunked abc'],
  ['PURGE', 'abc', false, undefined, 'undefined chunked abc'],
  ['post', '', true, undefined, '0 undefined '],
]
for (const [method, body, finishFirst, length, expected] of FRAMING) {
  const when =
    body === undefined
      ? 'without a body'
      : `with ${JSON.stringify(body)} finished ${finishFirst ? 'before' : 'after'} it is sent`
  test(`${method} ${when}${length === undefined ? '' : `, length ${length}`}: the peer reads ${expected}`, async t => {
    const {url} = await peer(t, async (request, response) => {
      const got = await readText(request)
      response.end(`${request.headers['content-length']} ${request.headers['transfer-encoding']} ${got}`)
    })
    const guest = guestOf(t)
    const request = guest.request(url, method, length === undefined ? [] : [['content-length', length]])
    const out = body === undefined ? undefined : guest.bodyOf(request)
    const finish = async () => {
      if (out === undefined) return
      const stream = unwrap(guest.call(TYPES, '[method]outgoing-body.write', out))
      if (body !== '') unwrap(await guest.write(stream, utf8(body!)))
      unwrap(guest.call(TYPES, '[static]outgoing-body.finish', out, undefined))
    }
    if (finishFirst) await finish()
    const future = unwrap(guest.send(request))
    if (!finishFirst) await finish()
    const response = unwrap(await guest.outcome(future))
    assert.equal(await guest.read(guest.consume(response)), expected)
  })
}

test('trailers go out and come in', async t => {
  const {url} = await peer(t, async (request, response) => {
    await readText(request)
    response.writeHead(200, {trailer: 'x-back'})
    response.write('x')
    response.addTrailers({'x-back': request.trailers['x-sum']!})
    response.end()
  })
  const guest = guestOf(t)
  const request = guest.request(url, 'post')
  const body = guest.bodyOf(request)
  unwrap(await guest.write(unwrap(guest.call(TYPES, '[method]outgoing-body.write', body)), utf8('x')))
  unwrap(
    guest.call(
      TYPES,
      '[static]outgoing-body.finish',
      body,
      unwrap(guest.call(TYPES, '[static]fields.from-list', [['x-sum', utf8('9')]])),
    ),
  )
  const response = unwrap(await guest.outcome(unwrap(guest.send(request))))
  const future = guest.call(TYPES, '[static]incoming-body.finish', guest.consume(response))
  await guest.call('io/poll', '[method]pollable.block', future)
  const trailers = unwrap(unwrap(guest.call(TYPES, '[method]future-trailers.get', future)))
  assert.deepEqual(guest.call(TYPES, '[method]fields.get', trailers, 'x-back').map(text), ['9'])
})

test('the policy is asked of scheme, host and port, and what it denies is not connected to', async t => {
  const {url, sockets} = await peer(t, (_request, response) => response.end())
  const asked: unknown[] = []
  const policy: OutboundPolicy = {
    check: (scheme, host, port) => {
      asked.push([scheme, host, port])
      return 'denied'
    },
  }
  const guest = guestOf(t, {policy})
  const {port} = new URL(url)
  for (const target of [url, 'https://EXAMPLE.com/', 'http://example.com/', 'https://[::1]:99/']) {
    assert.deepEqual(await guest.outcome(unwrap(guest.send(guest.request(target)))), {
      tag: 'err',
      val: {tag: 'HTTP-request-denied'},
    })
  }
  assert.deepEqual(asked, [
    ['http', '127.0.0.1', Number(port)],
    ['https', 'example.com', 443],
    ['http', 'example.com', 80],
    ['https', '::1', 99],
  ])
  assert.equal(sockets.size, 0)
})

test('an address that is denied is reached neither by its number nor by a name', async t => {
  const {url, sockets} = await peer(t, (_request, response) => response.end('inside'))
  const {port} = new URL(url)
  const guest = guestOf(t, {policy: {check: () => 'allowed', checkAddress: () => 'denied'}})
  for (const host of ['127.0.0.1', 'localhost']) {
    const got = await guest.outcome(unwrap(guest.send(guest.request(`http://${host}:${port}/`))))
    assert.deepEqual(got, {tag: 'err', val: {tag: 'destination-IP-prohibited'}}, host)
  }
  assert.equal(sockets.size, 0)
  const allowed = guestOf(t, {
    policy: {
      check: () => 'allowed',
      checkAddress: address => (address === '127.0.0.1' ? 'allowed' : 'denied'),
    },
  })
  unwrap(await allowed.outcome(unwrap(allowed.send(allowed.request(`http://localhost:${port}/`)))))
})

test('requests that mean nothing are refused at once', async t => {
  const guest = guestOf(t)
  const bad = (change: (request: any) => void) => {
    const request = guest.request('http://127.0.0.1:9/')
    change(request)
    return guest.send(request).val.tag
  }
  const set = (name: string, value: unknown) => (request: any) =>
    unwrap(guest.call(TYPES, `[method]outgoing-request.set-${name}`, request, value))
  assert.equal(bad(set('authority', undefined)), 'HTTP-request-URI-invalid')
  assert.equal(bad(set('authority', 'h:0')), 'HTTP-request-URI-invalid')
  assert.equal(bad(set('scheme', {tag: 'other', val: 'ws'})), 'HTTP-protocol-error')
  assert.equal(bad(set('method', {tag: 'connect'})), 'HTTP-request-method-invalid')
})

const BROKEN: [name: string, says: string, closes: boolean, code: string][] = [
  ['says nothing and hangs up', '', true, 'connection-terminated'],
  ['speaks no HTTP', 'SSH-2.0-OpenSSH\r\n', false, 'HTTP-protocol-error'],
  [
    'sends endless headers',
    `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(10_000)}`,
    false,
    'HTTP-response-header-section-size',
  ],
  [
    'switches protocols',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    false,
    'HTTP-upgrade-failed',
  ],
]
for (const [name, says, closes, code] of BROKEN) {
  test(`a peer that ${name} is ${code}`, async t => {
    const url = await rawPeer(t, says, socket => closes && socket.destroy())
    const guest = guestOf(t)
    assert.equal((await guest.outcome(unwrap(guest.send(guest.request(url))))).val.tag, code)
  })
}

test('a closed port is connection-refused, a broken body HTTP-response-incomplete', async t => {
  const {url, server} = await peer(t, () => {})
  await new Promise(resolve => server.close(resolve))
  const guest = guestOf(t)
  assert.equal((await guest.outcome(unwrap(guest.send(guest.request(url))))).val.tag, 'connection-refused')

  const half = await rawPeer(t, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', socket =>
    setTimeout(() => socket.destroy(), 20),
  )
  const response = unwrap(await guest.outcome(unwrap(guest.send(guest.request(half)))))
  await assert.rejects(guest.read(guest.consume(response)), {code: 'HTTP-response-incomplete'})
})

test('timeouts: first byte, between bytes', async t => {
  const guest = guestOf(t)
  const options = guest.call(TYPES, '[constructor]request-options')
  unwrap(guest.call(TYPES, '[method]request-options.set-first-byte-timeout', options, 20_000_000n))
  const silent = await rawPeer(t, '')
  assert.equal(
    (await guest.outcome(unwrap(guest.send(guest.request(silent), options)))).val.tag,
    'connection-read-timeout',
  )

  const between = guest.call(TYPES, '[constructor]request-options')
  unwrap(guest.call(TYPES, '[method]request-options.set-between-bytes-timeout', between, 20_000_000n))
  const stops = await rawPeer(t, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')
  const response = unwrap(await guest.outcome(unwrap(guest.send(guest.request(stops), between))))
  await assert.rejects(guest.read(guest.consume(response)), {code: 'connection-read-timeout'})
})

test('the limit for the first byte is no limit for the last', async t => {
  const guest = guestOf(t)
  const options = guest.call(TYPES, '[constructor]request-options')
  unwrap(guest.call(TYPES, '[method]request-options.set-first-byte-timeout', options, 50_000_000n))
  const url = await rawPeer(t, 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab', socket =>
    setTimeout(() => socket.write('cd'), 120),
  )
  const response = unwrap(await guest.outcome(unwrap(guest.send(guest.request(url), options))))
  assert.equal(await guest.read(guest.consume(response)), 'abcd')
})

test('what the guest drops ends at the peer: the future, the response, its body, its own unfinished body', async t => {
  const {url, sockets} = await peer(t, (request, response) => {
    if (request.url === '/silent' || request.method === 'POST') return
    response.writeHead(200)
    response.write('first')
  })
  const guest = guestOf(t)
  const closed = async (): Promise<void> => {
    const [socket] = sockets
    if (!socket!.destroyed) await new Promise(resolve => socket!.once('close', resolve))
    sockets.clear()
  }
  const future = unwrap(guest.send(guest.request(`${url}/silent`)))
  while (sockets.size === 0) await sleep(2)
  guest.drop(TYPES, 'future-incoming-response', future)
  await closed()

  guest.drop(TYPES, 'incoming-response', unwrap(await guest.outcome(unwrap(guest.send(guest.request(url))))))
  await closed()

  guest.drop(
    TYPES,
    'incoming-body',
    guest.consume(unwrap(await guest.outcome(unwrap(guest.send(guest.request(url)))))),
  )
  await closed()

  const request = guest.request(url, 'post')
  const body = guest.bodyOf(request)
  const sent = unwrap(guest.send(request))
  while (sockets.size === 0) await sleep(2)
  guest.drop(TYPES, 'outgoing-body', body)
  await closed()
  assert.equal((await guest.outcome(sent)).val.tag, 'connection-terminated')
})

test('16 MB up and down at the pace of who reads', async t => {
  const TOTAL = 16 * 1024 * 1024
  const {url} = await peer(t, async (request, response) => {
    await sleep(50)
    request.pipe(response)
  })
  const guest = guestOf(t)
  const request = guest.request(url, 'post')
  const body = guest.bodyOf(request)
  const stream = unwrap(guest.call(TYPES, '[method]outgoing-body.write', body))
  const future = unwrap(guest.send(request))
  let written = 0
  const writing = (async () => {
    for (; written < TOTAL; written += 65536)
      unwrap(await guest.write(stream, new Uint8Array(65536).fill(120)))
    unwrap(guest.call(TYPES, '[static]outgoing-body.finish', body, undefined))
  })()
  const response = unwrap(await guest.outcome(future))
  await sleep(100)
  assert.ok(written < TOTAL, 'nobody reads yet, so the writer waits')
  assert.equal((await guest.read(guest.consume(response))).length, TOTAL)
  await writing
})

test('TLS: an unknown certificate is refused, a known one is spoken to', async t => {
  const server = https.createServer({cert: CERT, key: KEY}, async (request, response) =>
    response.end(await buffer(request)),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `https://localhost:${(server.address() as AddressInfo).port}/`
  const stranger = guestOf(t)
  assert.equal(
    (await stranger.outcome(unwrap(stranger.send(stranger.request(url))))).val.tag,
    'TLS-certificate-error',
  )
  const friend = guestOf(t, {policy: OPEN, tls: {ca: CERT}})
  unwrap(await friend.outcome(unwrap(friend.send(friend.request(url)))))
  const plain = await peer(t, () => {})
  const wrong = await friend.outcome(unwrap(friend.send(friend.request(plain.url.replace('http', 'https')))))
  assert.equal(wrong.val.tag, 'TLS-protocol-error')
})

const CODES: [code: string, message: string, expected: unknown][] = [
  ['ENOTFOUND', 'getaddrinfo', {tag: 'DNS-error', val: {rcode: 'address not available', infoCode: 0}}],
  ['EAI_AGAIN', '', {tag: 'DNS-timeout'}],
  ['EHOSTUNREACH', '', {tag: 'destination-unavailable'}],
  ['ENETUNREACH', '', {tag: 'destination-IP-unroutable'}],
  ['ETIMEDOUT', '', {tag: 'connection-timeout'}],
  ['CERT_HAS_EXPIRED', '', {tag: 'TLS-certificate-error'}],
  [
    'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
    'SSL alert number 70',
    {tag: 'TLS-alert-received', val: {alertId: 70, alertMessage: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'}},
  ],
  ['ERR_SSL_WRONG_VERSION_NUMBER', '', {tag: 'TLS-protocol-error'}],
  ['HPE_INVALID_CONSTANT', '', {tag: 'HTTP-protocol-error'}],
  ['SOMETHING', '/home/secret', {tag: 'internal-error', val: 'SOMETHING'}],
]
for (const [code, message, expected] of CODES) {
  test(`node's ${code} is ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(errorCodeOf(Object.assign(new Error(message), {code})), expected)
  })
}
