import assert from 'node:assert/strict'
import {test} from 'node:test'
import type {RequestSource} from '../../../wasi/http/incoming-message.ts'
import {guestHeaders, type RequestFacts} from '../headers.ts'
import {prepareRoutes} from '../routes.ts'
import {argumentsOf, environmentOf} from './environment.ts'

type Asked = Readonly<{
  route?: string
  path?: string
  authority?: string
  scheme?: RequestFacts['scheme']
  client?: string
  headers?: readonly string[]
}>

function requestOf({
  route = '/app/...',
  path = '/app/a/b?x=1&y=2',
  authority = 'example.com:3000',
  scheme = 'http',
  client = '10.0.0.7:5555',
  headers = ['Host', 'example.com:3000'],
}: Asked): RequestSource {
  const match = prepareRoutes([{route, target: 0}]).match(path.split('?')[0]!)!
  return {
    method: 'POST',
    pathWithQuery: path,
    authority,
    rawHeaders: () =>
      guestHeaders(headers, {scheme, authority, pathWithQuery: path, clientAddress: client, match}),
    openBody: () => assert.fail('nobody asked'),
  }
}

const environment = (asked: Asked = {}, length = 0): Record<string, string> =>
  Object.fromEntries(environmentOf(requestOf(asked), length))

test('a program is told all of RFC 3875, and what Spin adds', () => {
  assert.deepEqual(environment({headers: ['Host', 'example.com:3000', 'Content-Type', 'text/plain']}, 12), {
    AUTH_TYPE: '',
    CONTENT_LENGTH: '12',
    CONTENT_TYPE: 'text/plain',
    GATEWAY_INTERFACE: 'CGI/1.1',
    HTTP_CONTENT_TYPE: 'text/plain',
    HTTP_HOST: 'example.com:3000',
    PATH_INFO: '/a/b',
    PATH_TRANSLATED: '/a/b',
    QUERY_STRING: 'x=1&y=2',
    REMOTE_ADDR: '10.0.0.7',
    REMOTE_HOST: '10.0.0.7',
    REMOTE_USER: '',
    REQUEST_METHOD: 'POST',
    SCRIPT_NAME: '/app',
    SERVER_NAME: 'example.com',
    SERVER_PORT: '3000',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_SOFTWARE: 'WAGI/1',
    X_BASE_PATH: '/',
    X_CLIENT_ADDR: '10.0.0.7:5555',
    X_COMPONENT_ROUTE: '/app',
    X_FULL_URL: 'http://example.com:3000/app/a/b?x=1&y=2',
    X_MATCHED_ROUTE: '/app/...',
    X_RAW_COMPONENT_ROUTE: '/app/...',
    X_RAW_PATH_INFO: '/a/b',
  })
})

const CASES: readonly (readonly [
  what: string,
  asked: Asked,
  expected: Record<string, string | undefined>,
])[] = [
  [
    'an exact route has no path beyond it',
    {route: '/x', path: '/x'},
    {PATH_INFO: '', SCRIPT_NAME: '/x', QUERY_STRING: ''},
  ],
  ['what a route names is told', {route: '/u/:user_id', path: '/u/7'}, {X_PATH_MATCH_USER_ID: '7'}],
  [
    'a path is decoded where it stands for a file',
    {path: '/app/caf%C3%A9%20x'},
    {PATH_TRANSLATED: '/café x', X_RAW_PATH_INFO: '/caf%C3%A9%20x'},
  ],
  ['but not to what ends a string', {path: '/app/a%00b'}, {PATH_TRANSLATED: '/a%00b'}],
  [
    'credentials are withheld, and what would be taken for a proxy',
    {headers: ['Authorization', 'secret', 'Proxy', 'http://evil', 'X-Ok', '1']},
    {HTTP_AUTHORIZATION: undefined, HTTP_PROXY: undefined, HTTP_X_OK: '1'},
  ],
  [
    'values of one name stand in one variable',
    {headers: ['A', '1', 'a', '2', 'Cookie', 'x=1', 'cookie', 'y=2']},
    {HTTP_A: '1, 2', HTTP_COOKIE: 'x=1; y=2'},
  ],
  [
    'no client tells it of its route',
    {headers: ['spin-path-info', '/evil', 'Spin_Path_Info', '/evil']},
    {PATH_INFO: '/a/b', HTTP_SPIN_PATH_INFO: undefined},
  ],
  ['header bytes are UTF-8', {headers: ['X-Name', 'caf\xc3\xa9']}, {HTTP_X_NAME: 'café'}],
  [
    'HTTP/2 has no Host',
    {authority: 'h2.test', scheme: 'https', headers: [':method', 'GET', ':path', '/']},
    {SERVER_PROTOCOL: 'HTTP/2.0', HTTP_HOST: 'h2.test', SERVER_PORT: '443', SERVER_NAME: 'h2.test'},
  ],
  [
    'addresses may be of the other family',
    {authority: '[::1]:80', client: '[fe80::1]:4000'},
    {SERVER_NAME: '[::1]', SERVER_PORT: '80', REMOTE_ADDR: 'fe80::1'},
  ],
]
for (const [what, asked, expected] of CASES)
  test(what, () => {
    const found = environment(asked)
    for (const [name, value] of Object.entries(expected)) assert.equal(found[name], value, name)
  })

test('arguments are the path, and the parts of the query', () => {
  const of = (argv: string, path: string) => argumentsOf(argv, requestOf({path}))
  const spin = '$' + '{SCRIPT_NAME} $' + '{ARGS}'
  assert.deepEqual(of(spin, '/app/x?a=1&b=2'), ['/app/x', 'a=1', 'b=2'])
  assert.deepEqual(of(spin, '/app/x'), ['/app/x', ''])
  assert.deepEqual(of('tool --fast', '/app/x?a'), ['tool', '--fast'])
  assert.deepEqual(of(`$${'{ARGS}'}`, '/app/x?$&$1'), ['$', '$1'])
})
