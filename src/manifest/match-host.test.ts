import assert from 'node:assert/strict'
import {test} from 'node:test'
import {parseAllowedHost} from './allowed-host.ts'
import {allowsDestination} from './match-host.ts'

const CASES: readonly (readonly [entry: string, url: string, allowed: boolean])[] = [
  ['https://example.com', 'https://example.com:443', true],
  ['https://example.com', 'http://example.com:443', false],
  ['https://example.com', 'https://example.com:8443', false],
  ['https://example.com', 'https://evil-example.com:443', false],
  ['https://*.example.com', 'https://a.example.com:443', true],
  ['https://*.example.com', 'https://example.com:443', false],
  ['https://*.example.com', 'https://aexample.com:443', false],
  ['*://*:*', 'http://10.0.0.1:1', true],
  ['http://10.0.0.0/8:*', 'http://10.200.0.1:99', true],
  ['http://10.0.0.0/8:*', 'http://11.0.0.1:99', false],
  ['http://10.0.0.0/8:*', 'http://10.example.com:99', false],
  ['http://127.0.0.1:8000..9000', 'http://127.0.0.1:8999', true],
  ['http://127.0.0.1:8000..9000', 'http://127.0.0.1:9000', false],
  ['http://[::1]:80', 'http://[::1]:80', true],
  ['http://self', 'http://127.0.0.1:3000', true],
  ['http://self', 'http://127.0.0.1:3001', false],
]

test('an entry allows exactly the destinations it names', () => {
  for (const [entry, target, allowed] of CASES) {
    const parsed = parseAllowedHost(entry)
    assert.ok(parsed.tag === 'ok', entry)
    const [, scheme, rawHost, port] = /^(\w+):\/\/(.+):(\d+)$/.exec(target)!
    const to = {scheme: scheme!, host: rawHost!.replace(/^\[|\]$/g, ''), port: Number(port)}
    const isSelf = ({host, port}: {host: string; port: number}) => host === '127.0.0.1' && port === 3000
    assert.equal(allowsDestination(parsed.val, to, isSelf), allowed, `${entry} and ${target}`)
  }
})
