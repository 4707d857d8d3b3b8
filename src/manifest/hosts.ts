// manifest/hosts.ts: the fields that open the network to a component.

import {type HostPattern, parseAllowedHost} from './allowed-host.ts'
import type {AllowedHost} from './app.ts'
import {badValue, type Check, list, text, then} from './check.ts'
import {isLiteral, resolveTemplate, template} from './template.ts'

const EXPECTED = '"scheme://host:port", such as "https://example.com" or "redis://*.example.com:6379"'

const allowedHost: Check<AllowedHost> = then(template, (host, value, path, reader) => {
  if (!isLiteral(host)) return {raw: host.raw, template: host}
  const parsed = parseAllowedHost(host.raw)
  if (parsed.tag === 'err') return badValue(value, path, reader, EXPECTED, parsed.val)
  return {raw: host.raw, pattern: parsed.val}
})

export const allowedOutboundHosts = list(allowedHost, 'an array of hosts')

/**
 * What an entry allows once the variables are known. An entry that comes out empty, or with no host behind `http://`
 * or `https://`, allows nothing: so an optional endpoint can be left unset.
 * @returns the reason when the entry came out malformed; undefined when it allows nothing
 * @throws MANIFEST_NO_VALUE
 */
export function resolveAllowedHost(
  host: AllowedHost,
  variables: Readonly<Record<string, string>>,
): {pattern: HostPattern} | {problem: string} | undefined {
  if ('pattern' in host) return {pattern: host.pattern}
  const resolved = resolveTemplate(host.template, variables)
  if (resolved === '' || resolved === 'http://' || resolved === 'https://') return undefined
  const parsed = parseAllowedHost(resolved)
  return parsed.tag === 'ok' ? {pattern: parsed.val} : {problem: parsed.val}
}

const FIELD_OF_OLD = 'a host such as "example.com" or "example.com:8080"'

/** `allowed_http_hosts`, the field of old: hosts, for http and https alike. */
export const allowedHttpHosts: Check<readonly AllowedHost[]> = then(
  list(
    then(
      text,
      (host, value, path, reader) => fromHttpHost(host) ?? badValue(value, path, reader, FIELD_OF_OLD),
    ),
  ),
  entries => entries.flat(),
)

/** What version 1 let every component reach that has no `allowed_outbound_hosts`. */
export const DATABASES_OF_OLD = patterns(['redis://*:*', 'mysql://*:*', 'postgres://*:*']) ?? []

function fromHttpHost(host: string): AllowedHost[] | undefined {
  if (host === 'insecure:allow-all') return patterns(['http://*:*', 'https://*:*', 'http://self'])
  const url = host.includes('//') ? host : `http://${host}`
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return undefined
  const {pathname, hostname, port, search, hash, username, password} = new URL(url)
  if (pathname !== '/' || `${search}${hash}${username}${password}` !== '') return undefined
  if (hostname === 'self') return patterns(['http://self'])
  const authority = port === '' ? hostname : `${hostname}:${port}`
  return patterns([`http://${authority}`, `https://${authority}`])
}

function patterns(entries: string[]): AllowedHost[] | undefined {
  const parsed = entries.map(raw => ({raw, result: parseAllowedHost(raw)}))
  const hosts = parsed.flatMap(({raw, result}) => (result.tag === 'ok' ? [{raw, pattern: result.val}] : []))
  return hosts.length === entries.length ? hosts : undefined
}
