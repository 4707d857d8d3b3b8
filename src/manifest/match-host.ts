// manifest/match-host.ts: whether an entry of allowed_outbound_hosts allows a connection.
import {BlockList, isIP} from 'node:net'
import type {HostMatch, HostPattern} from './allowed-host.ts'

/** `host` in the form that `new URL().hostname` gives it, IPv6 without brackets. */
export type Destination = Readonly<{scheme: string; host: string; port: number}>

/** `isSelf` tells whether a destination is the application's own listener. */
export function allowsDestination(
  {scheme, host, ports}: HostPattern,
  to: Destination,
  isSelf: (to: Destination) => boolean = () => false,
): boolean {
  if (scheme !== '*' && scheme !== to.scheme) return false
  if (host.kind === 'self') return isSelf(to)
  if (ports !== '*' && (to.port < ports.from || to.port >= ports.to)) return false
  return matchesHost(host, to.host)
}

function matchesHost(match: Exclude<HostMatch, {kind: 'self'}>, host: string): boolean {
  switch (match.kind) {
    case 'any':
      return true
    case 'under':
      return host.length > match.domain.length + 1 && host.endsWith(`.${match.domain}`)
    case 'name':
      return host === match.name
    case 'address':
      return host === match.address
    case 'network': {
      const version = isIP(host)
      if (version === 0) return false
      return networkOf(match).check(host, version === 4 ? 'ipv4' : 'ipv6')
    }
  }
}

type Network = HostMatch & {kind: 'network'}
const networks = new WeakMap<Network, BlockList>()

function networkOf(match: Network): BlockList {
  let network = networks.get(match)
  if (network === undefined) {
    network = new BlockList()
    network.addSubnet(match.address, match.prefix, isIP(match.address) === 4 ? 'ipv4' : 'ipv6')
    networks.set(match, network)
  }
  return network
}
