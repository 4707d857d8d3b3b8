import assert from 'node:assert/strict'
import {test} from 'node:test'
import fc from 'fast-check'
import {type HostPattern, parseAllowedHost} from './allowed-host.ts'
import {resolveAllowedHost} from './hosts.ts'
import {parseTemplate} from './template.ts'

const port = (from: number, to = from + 1) => ({from, to})
const name = (text: string) => ({kind: 'name', name: text}) as const
const address = (text: string) => ({kind: 'address', address: text}) as const

const GOOD: [entry: string, pattern: HostPattern][] = [
  ['http://example.com', {scheme: 'http', host: name('example.com'), ports: port(80)}],
  [' https://example.com/ ', {scheme: 'https', host: name('example.com'), ports: port(443)}],
  ['HTTPS://EXAMPLE.com', {scheme: 'https', host: name('example.com'), ports: port(443)}],
  ['http://example.com:', {scheme: 'http', host: name('example.com'), ports: port(80)}],
  ['postgres://db', {scheme: 'postgres', host: name('db'), ports: port(5432)}],
  ['mysql://db', {scheme: 'mysql', host: name('db'), ports: port(3306)}],
  ['redis://db', {scheme: 'redis', host: name('db'), ports: port(6379)}],
  ['mqtt://db', {scheme: 'mqtt', host: name('db'), ports: port(1883)}],
  ['http://a:0..65536', {scheme: 'http', host: name('a'), ports: port(0, 65536)}],
  ['http://a:4444..5555/', {scheme: 'http', host: name('a'), ports: port(4444, 5555)}],
  ['*://*:*', {scheme: '*', host: {kind: 'any'}, ports: '*'}],
  ['http://*.example.com', {scheme: 'http', host: {kind: 'under', domain: 'example.com'}, ports: port(80)}],
  [
    'http://*.spin.internal',
    {scheme: 'http', host: {kind: 'under', domain: 'spin.internal'}, ports: port(80)},
  ],
  ['http://self', {scheme: 'http', host: {kind: 'self'}, ports: port(80)}],
  ['https://self.alt', {scheme: 'https', host: {kind: 'self'}, ports: port(443)}],
  ['http://192.168.1.1:3002', {scheme: 'http', host: address('192.168.1.1'), ports: port(3002)}],
  ['http://0x7f.1', {scheme: 'http', host: address('127.0.0.1'), ports: port(80)}],
  ['http://2130706433', {scheme: 'http', host: address('127.0.0.1'), ports: port(80)}],
  ['http://[::1]', {scheme: 'http', host: address('::1'), ports: port(80)}],
  ['*://[2001:DB8:0::1]:*', {scheme: '*', host: address('2001:db8::1'), ports: '*'}],
  [
    '*://10.0.0.0/8:80',
    {scheme: '*', host: {kind: 'network', address: '10.0.0.0', prefix: 8}, ports: port(80)},
  ],
  [
    'http://ff00::/8',
    {scheme: 'http', host: {kind: 'network', address: 'ff00::', prefix: 8}, ports: port(80)},
  ],
  ['http://bücher.example', {scheme: 'http', host: name('xn--bcher-kva.example'), ports: port(80)}],
]
for (const [entry, pattern] of GOOD)
  test(`allows ${entry}`, () => assert.deepEqual(parseAllowedHost(entry), {tag: 'ok', val: pattern}))

// What a manifest may not say is in test/golden/manifest/hosts.toml; these look alike and open more than they show.
const BAD = [
  'http://a@b',
  'http://a\\b',
  'http://a#b',
  'http://a?b',
  'http://a%00',
  'http://a%2fb',
  'http://a\u0000',
  'http://a b',
  'http://a\tb',
  'http://*a.com',
  'http://a*',
  'http://*.',
  'http://*.*',
  'http://*.[::1]',
  'http://[::1]junk',
  'http://[::1]::80',
  'http://[v1.]',
  'http://::1',
  'http://:80',
  'http://10.0.0.0/-1',
  'http://10.0.0.0/08x',
  'http://1.2.3.4.5/8',
  'http://256.1.1.1',
  'http://a:-1',
  'http://a:1e3',
  'http://a:80..',
  'http://a:..80',
  'http://a:9..8',
  'http://a:80..70000',
  'http://a:65536',
  'ws://a',
  '*://a',
  'http:///a',
  'http:/a',
  '//a',
  '://a:80',
  'http://a:80/x',
  'http://self/x',
  'http://self:x',
  '*://self',
]
for (const entry of BAD)
  test(`refuses ${JSON.stringify(entry)}`, () => assert.equal(parseAllowedHost(entry).tag, 'err'))

test('any text is an entry or not, and what is one reads the same again', () => {
  const pieces = fc.array(
    fc.constantFrom(
      'http',
      '://',
      '*',
      '.',
      'a',
      'self',
      ':',
      '80',
      '/',
      '8',
      '[',
      ']',
      '::1',
      '10.0.0.0',
      '..',
      '@',
      '%',
      ' ',
    ),
  )
  fc.assert(
    fc.property(
      fc.oneof(
        pieces.map(list => list.join('')),
        pieces.map(list => `http://${list.join('')}`),
        fc.string(),
      ),
      text => {
        const parsed = parseAllowedHost(text)
        if (parsed.tag === 'err') return
        const {scheme, host, ports} = parsed.val
        const written =
          {any: '*', self: 'self'}[host.kind as string] ??
          (host.kind === 'under' ? `*.${host.domain}` : host.kind === 'name' ? host.name : '')
        if (written === '') return
        const again = `${scheme}://${written}:${ports === '*' ? '*' : `${ports.from}..${ports.to}`}`
        assert.deepEqual(parseAllowedHost(again), parsed, again)
      },
    ),
    {numRuns: 1000},
  )
})

test('an entry with variables is read when they are known; an empty one allows nothing', () => {
  const entry = (raw: string) => {
    const parsed = parseTemplate(raw)
    assert.ok(parsed.tag === 'ok')
    return {raw, template: parsed.val}
  }
  assert.deepEqual(resolveAllowedHost(entry('http://{{ h }}'), {h: 'a'}), {
    pattern: {scheme: 'http', host: name('a'), ports: port(80)},
  })
  for (const raw of ['{{ h }}', 'http://{{ h }}', 'https://{{h}}'])
    assert.equal(resolveAllowedHost(entry(raw), {h: ''}), undefined)
  assert.deepEqual(resolveAllowedHost(entry('http://{{ h }}'), {h: 'a/b'}), {
    problem: 'name a host and a port only: a path cannot be allowed',
  })
  assert.throws(() => resolveAllowedHost(entry('http://{{ h }}'), {}), {code: 'MANIFEST_NO_VALUE'})
})
