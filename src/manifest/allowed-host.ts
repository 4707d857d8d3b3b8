// manifest/allowed-host.ts: one entry of allowed_outbound_hosts, `scheme://host[:port]`, parsed.
import {isIP} from 'node:net'
import {err, ok, type Result} from '../base/result.ts'

/** `{scheme: 'https', host: {kind: 'under', domain: 'example.com'}, ports: {from: 443, to: 444}}` */
export type HostPattern = Readonly<{scheme: string; host: HostMatch; ports: '*' | PortRange}>

/**
 * `under`: every name that ends in `.domain`, not `domain` itself. `self`: the application's own routes, whatever its port.
 * Names and addresses are in the form that `new URL().hostname` gives them, IPv6 without brackets.
 */
export type HostMatch = Readonly<
  | {kind: 'any'}
  | {kind: 'self'}
  | {kind: 'under'; domain: string}
  | {kind: 'name'; name: string}
  | {kind: 'address'; address: string}
  | {kind: 'network'; address: string; prefix: number}
>

/** `to` is not part of the range. */
export type PortRange = Readonly<{from: number; to: number}>

const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ['http', 80],
  ['https', 443],
  ['postgres', 5432],
  ['mysql', 3306],
  ['redis', 6379],
  ['mqtt', 1883],
])

/** @returns what is wrong and what to write instead, when something is */
export function parseAllowedHost(entry: string): Result<HostPattern, string> {
  const text = entry.trim()
  if (text === 'insecure:allow-all' || text === '*') return err('to allow every host write "*://*:*"')
  const colons = text.indexOf('://')
  if (colons < 0) return err(`start with the scheme, such as "https://" or "*://"`)
  const scheme = text.slice(0, colons)
  if (scheme.startsWith('{')) return err('lists of schemes are not possible: write one entry for each')
  if (!/^(?:\*|[A-Za-z]+)$/.test(scheme)) return err('a scheme is letters only, or "*"')
  const split = splitPort(
    text
      .slice(colons + 3)
      .trim()
      .replace(/\/$/, ''),
  )
  if (split.tag === 'err') return split
  const host = parseHost(split.val.host)
  if (host.tag === 'err') return host
  const ports = parsePorts(split.val.port, scheme.toLowerCase())
  if (ports.tag === 'err') return ports
  return ok({scheme: scheme.toLowerCase(), host: host.val, ports: ports.val})
}

const NO_PATH = 'name a host and a port only: a path cannot be allowed'

function splitPort(text: string): Result<{host: string; port: string}, string> {
  // IPv6 and networks hold colons and slashes of their own.
  const special = /^(\[[^\]]*\]|[0-9a-fA-F:.]+\/\d{1,3})(?::(.*))?$/.exec(text)
  if (special !== null) return ok({host: special[1]!, port: special[2] ?? ''})
  if (text.includes('/')) return err(NO_PATH)
  const colon = text.lastIndexOf(':')
  const host = colon < 0 ? text : text.slice(0, colon)
  if (host.includes(':')) return err('write an IPv6 address in brackets, such as "[::1]"')
  return ok({host, port: colon < 0 ? '' : text.slice(colon + 1)})
}

function parseHost(host: string): Result<HostMatch, string> {
  if (host === '*') return ok({kind: 'any'})
  if (host === 'self' || host === 'self.alt') return ok({kind: 'self'})
  if (host === '') return err('name a host, or "*" for any')
  if (host.startsWith('{')) return err('lists of hosts are not possible: write one entry for each')
  const network = /^(.+)\/(\d+)$/.exec(host)
  if (network !== null) return parseNetwork(network[1]!, Number(network[2]))
  if (host.startsWith('*.')) {
    const domain = canonical(host.slice(2))
    if (domain === undefined || domain.kind !== 'name')
      return err('"*." stands before the name of a domain only')
    return ok({kind: 'under', domain: domain.name})
  }
  if (host.includes('*')) return err('"*" stands alone or in front, such as "*.example.com"')
  const literal = canonical(host)
  return literal === undefined ? err('this is no name of a host, and no address') : ok(literal)
}

function parseNetwork(address: string, prefix: number): Result<HostMatch, string> {
  const version = isIP(address)
  if (version === 0 || prefix > (version === 4 ? 32 : 128))
    return err('a network is an address and a length, such as "10.0.0.0/8"')
  const literal = canonical(version === 6 ? `[${address}]` : address)
  if (literal?.kind !== 'address') return err('a network is an address and a length, such as "10.0.0.0/8"')
  return ok({kind: 'network', address: literal.address, prefix})
}

/** The form in which requests will name the host, or undefined when none can. */
function canonical(
  host: string,
): {kind: 'name'; name: string} | {kind: 'address'; address: string} | undefined {
  if (/[*/?#@\\\s]/.test(host) || !URL.canParse(`http://${host}/`)) return undefined
  const {hostname, port} = new URL(`http://${host}/`)
  if (port !== '' || hostname === '') return undefined
  const address = hostname.replace(/^\[|\]$/g, '')
  return isIP(address) === 0 ? {kind: 'name', name: hostname} : {kind: 'address', address}
}

function parsePorts(port: string, scheme: string): Result<'*' | PortRange, string> {
  if (port === '*') return ok('*')
  if (port === '') {
    const known = DEFAULT_PORTS.get(scheme)
    return known === undefined
      ? err('add a port, such as ":443", or ":*" for any')
      : ok({from: known, to: known + 1})
  }
  if (port.startsWith('{')) return err('lists of ports are not possible: write one entry for each')
  if (port.includes('/')) return err(NO_PATH)
  const range = /^(\d{1,5})(?:\.\.(\d{1,5}))?$/.exec(port)
  const from = Number(range?.[1])
  const to = range?.[2] === undefined ? from + 1 : Number(range[2])
  if (range === null || from > 65535 || to > 65536)
    return err('a port is a number up to 65535, a range such as "8000..9000", or "*"')
  if (from >= to) return err('this range of ports is empty: its end is not part of it')
  return ok({from, to})
}
