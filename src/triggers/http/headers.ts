// triggers/http/headers.ts: the headers a guest sees: the client's, without what the client may not say, and Spin's own.
import type {RouteMatch} from './routes.ts'

/** What the injected headers tell. */
export type RequestFacts = Readonly<{
  scheme: 'http' | 'https'
  authority: string
  pathWithQuery: string
  /** ip:port, an IPv6 address in brackets. */
  clientAddress: string
  match: RouteMatch<unknown>
}>

const INJECTED: ReadonlySet<string> = new Set([
  'spin-path-info',
  'spin-full-url',
  'spin-matched-route',
  'spin-base-path',
  'spin-raw-component-route',
  'spin-component-route',
  'spin-client-addr',
])
const PATH_MATCH = 'spin-path-match-'

// Guests trust these: a client that sent its own would be believed. `_` is what CGI-like guests turn into `-`.
function isReserved(name: string): boolean {
  const first = name.charCodeAt(0)
  if (first !== 0x73 && first !== 0x53) return false
  const key = name.toLowerCase().replaceAll('_', '-')
  return INJECTED.has(key) || key.startsWith(PATH_MATCH)
}

/** Node's flat list: the client's headers, then ours. */
export function guestHeaders(raw: readonly string[], facts: RequestFacts): string[] {
  const headers: string[] = []
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!
    if (!isReserved(name)) headers.push(name, raw[i + 1]!)
  }
  const {route, values, pathInfo} = facts.match
  headers.push(
    'spin-path-info',
    pathInfo,
    'spin-full-url',
    `${facts.scheme}://${facts.authority}${facts.pathWithQuery}`,
    'spin-matched-route',
    route.raw,
    'spin-base-path',
    '/',
    'spin-raw-component-route',
    route.raw,
    'spin-component-route',
    route.prefix,
    'spin-client-addr',
    facts.clientAddress,
  )
  for (let i = 0; i < values.length; i++) {
    headers.push(PATH_MATCH + route.params[i]!.toLowerCase().replaceAll('_', '-'), values[i]!)
  }
  return headers
}

const AUTHORITY = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]+)(?::[0-9]{0,5})?$/
let lastValid = ''

/**
 * The authority of a request from its Host headers and, where the request line has one, its target's.
 * Undefined where there is none, or more than one, or not the same: such a request means different things to different readers.
 */
export function authorityOf(raw: readonly string[], ofTarget: string | undefined): string | undefined {
  let host: string | undefined
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!
    if (name.length !== 4 || (name !== 'Host' && name !== 'host' && name.toLowerCase() !== 'host')) continue
    if (host !== undefined) return undefined
    host = raw[i + 1]!
  }
  if (ofTarget !== undefined) {
    if (host !== undefined && host.toLowerCase() !== ofTarget.toLowerCase()) return undefined
    host = ofTarget
  }
  if (host === undefined) return undefined
  if (host === lastValid) return host
  if (!AUTHORITY.test(host)) return undefined
  lastValid = host
  return host
}
