import assert from 'node:assert/strict'
import {test} from 'node:test'
import {authorityOf, guestHeaders} from './headers.ts'
import {prepareRoutes} from './routes.ts'

const facts = (route: string, path: string) => ({
  scheme: 'http' as const,
  authority: 'fermyon.dev',
  pathWithQuery: `${path}?k=v`,
  clientAddress: '127.0.0.1:8777',
  match: prepareRoutes([{route, target: 0}]).match(path)!,
})
const pairsOf = (flat: string[]) => flat.flatMap((name, i) => (i % 2 === 0 ? [[name, flat[i + 1]!]] : []))

test('the injected headers say what Spin says', () => {
  assert.deepEqual(pairsOf(guestHeaders([], facts('/foo/:user_id/...', '/foo/42/bar'))), [
    ['spin-path-info', '/bar'],
    ['spin-full-url', 'http://fermyon.dev/foo/42/bar?k=v'],
    ['spin-matched-route', '/foo/:user_id/...'],
    ['spin-base-path', '/'],
    ['spin-raw-component-route', '/foo/:user_id/...'],
    ['spin-component-route', '/foo/:user_id'],
    ['spin-client-addr', '127.0.0.1:8777'],
    ['spin-path-match-user-id', '42'],
  ])
})

test('what a client sends under our names is not believed, in any spelling', () => {
  const forged = [
    'spin-path-info',
    'Spin-Full-Url',
    'SPIN_CLIENT_ADDR',
    'spin-path-match-user',
    'SPIN-path_match-x',
  ]
  const kept = ['accept', 'spin-custom', 'spinning', 'S']
  const raw = [...forged, ...kept].flatMap(name => [name, 'evil'])
  const names = pairsOf(guestHeaders(raw, facts('/a', '/a')))
    .filter(([, value]) => value === 'evil')
    .map(([name]) => name)
  assert.deepEqual(names, kept)
})

const AUTHORITIES: [raw: string[], target: string | undefined, expected: string | undefined][] = [
  [['Host', 'example.com'], undefined, 'example.com'],
  [['HOST', 'example.com:80'], undefined, 'example.com:80'],
  [['host', '[::1]:3000'], undefined, '[::1]:3000'],
  [[], undefined, undefined],
  [[], 'a.example', 'a.example'],
  [['Host', 'A.example'], 'a.example', 'a.example'],
  [['Host', 'a.example'], 'b.example', undefined],
  [['Host', 'a.example', 'x', 'y', 'hOsT', 'b.example'], undefined, undefined],
  [['Host', 'a.example', 'Host', 'a.example'], undefined, undefined],
  [['Host', 'user@a.example'], undefined, undefined],
  [['Host', 'a.example/path'], undefined, undefined],
  [['Host', 'a b'], undefined, undefined],
  [['Host', ''], undefined, undefined],
]
for (const [raw, target, expected] of AUTHORITIES) {
  test(`Host ${JSON.stringify(raw)} and target ${target} are ${expected}`, () => {
    assert.equal(authorityOf(raw, target), expected)
  })
}
