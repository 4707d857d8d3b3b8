// triggers/http/wagi/environment.ts: a request as the environment of a program (RFC 3875, 4.1), with the names that Spin adds.
import type {Environment} from '../../../wasi/cli/cli.ts'
import type {RequestSource} from '../../../wasi/http/incoming-message.ts'

/** Headers that the server has put there, which no client can send. */
const INJECTED: Readonly<Record<string, string>> = {
  'spin-path-info': 'PATH_INFO',
  'spin-full-url': 'X_FULL_URL',
  'spin-matched-route': 'X_MATCHED_ROUTE',
  'spin-base-path': 'X_BASE_PATH',
  'spin-raw-component-route': 'X_RAW_COMPONENT_ROUTE',
  'spin-component-route': 'X_COMPONENT_ROUTE',
  'spin-client-addr': 'X_CLIENT_ADDR',
}
const PATH_MATCH = 'spin-path-match-'

/** Credentials are not for every program (4.1.18); `proxy` would become what many take for their own proxy's address. */
const WITHHELD: ReadonlySet<string> = new Set(['authorization', 'connection', 'proxy'])

const variable = (prefix: string, name: string): string =>
  `${prefix}${name.toUpperCase().replaceAll('-', '_')}`

/** Node gives the bytes of a header as characters of latin1. */
const textOf = (value: string): string => Buffer.from(value, 'latin1').toString()

export function environmentOf(request: RequestSource, contentLength: number): Environment {
  const {method, pathWithQuery, authority = ''} = request
  const headers = new Map<string, string>()
  const injected: [string, string][] = []
  let protocol = 'HTTP/1.1'
  const raw = request.rawHeaders()
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase()
    const value = textOf(raw[i + 1]!)
    const known = INJECTED[name]
    // Only HTTP/2 has such names.
    if (name.startsWith(':')) protocol = 'HTTP/2.0'
    else if (known !== undefined) injected.push([known, value])
    else if (name.startsWith(PATH_MATCH))
      injected.push([variable('X_PATH_MATCH_', name.slice(PATH_MATCH.length)), value])
    else if (!WITHHELD.has(name)) join(headers, name, value)
  }
  if (!headers.has('host')) headers.set('host', authority)
  const told = new Map(injected)
  const {host, port} = hostOf(authority, told.get('X_FULL_URL')!)
  const pathInfo = told.get('PATH_INFO')!
  const address = told
    .get('X_CLIENT_ADDR')!
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
  return [
    ['AUTH_TYPE', ''],
    ['CONTENT_LENGTH', String(contentLength)],
    ['CONTENT_TYPE', headers.get('content-type') ?? ''],
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['PATH_TRANSLATED', decoded(pathInfo)],
    ['QUERY_STRING', pathWithQuery.split('?').slice(1).join('?')],
    ['REMOTE_ADDR', address],
    ['REMOTE_HOST', address],
    ['REMOTE_USER', ''],
    ['REQUEST_METHOD', method],
    ['SCRIPT_NAME', told.get('X_COMPONENT_ROUTE')!],
    ['SERVER_NAME', host],
    ['SERVER_PORT', port],
    ['SERVER_PROTOCOL', protocol],
    ['SERVER_SOFTWARE', 'WAGI/1'],
    ['X_RAW_PATH_INFO', pathInfo],
    ...injected,
    ...[...headers].map(([name, value]): [string, string] => [variable('HTTP_', name), value]),
  ]
}

/** Of a name that stands there more than once, the values in one (4.1.18). */
function join(headers: Map<string, string>, name: string, value: string): void {
  const before = headers.get(name)
  headers.set(name, before === undefined ? value : `${before}${name === 'cookie' ? '; ' : ', '}${value}`)
}

function hostOf(authority: string, url: string): {host: string; port: string} {
  const [, host = authority, port] = /^(.*?)(?::(\d+))?$/.exec(authority) ?? []
  return {host, port: port ?? (url.startsWith('https:') ? '443' : '80')}
}

/** A path as a file's name has it. What no name can hold stays as it is. */
function decoded(path: string): string {
  const bytes = path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
  return bytes.includes('\0') ? path : textOf(bytes)
}

/** What stands for them in `argv` are the path, and the query's parts apart. */
export function argumentsOf(argv: string, {pathWithQuery}: RequestSource): readonly string[] {
  const [path = '', ...query] = pathWithQuery.split('?')
  const values: Readonly<Record<string, string>> = {
    SCRIPT_NAME: path,
    ARGS: query.join('?').replaceAll('&', ' '),
  }
  return argv.replace(/\$\{(SCRIPT_NAME|ARGS)\}/g, (_, name) => values[name]!).split(' ')
}
