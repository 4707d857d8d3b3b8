// cli/grants.ts: a component's allowed_outbound_hosts as what HTTP requests and sockets ask.
import {MayflyError, MayflyErrors} from '../base/errors.ts'
import type {HostPattern} from '../manifest/allowed-host.ts'
import type {App, Component} from '../manifest/app.ts'
import {resolveAllowedHost} from '../manifest/hosts.ts'
import {allowsDestination, type Destination} from '../manifest/match-host.ts'
import {placeOf} from '../manifest/places.ts'
import type {OutboundPolicy} from '../wasi/http/client.ts'
import type {SocketGrants} from '../wasi/sockets/grants.ts'

export type Grants = Readonly<{http: OutboundPolicy; sockets: SocketGrants}>

/** @throws MANIFEST_BAD_VALUE for an entry whose template came out malformed, MANIFEST_NO_VALUE */
export function grantsOf(
  app: App,
  component: Component,
  options: {variables: Readonly<Record<string, string>>; isSelf: (to: Destination) => boolean},
): Grants {
  const patterns: HostPattern[] = []
  const errors: MayflyError[] = []
  for (const host of component.allowedOutboundHosts) {
    const resolved = resolveAllowedHost(host, options.variables)
    if (resolved === undefined) continue
    if ('pattern' in resolved) patterns.push(resolved.pattern)
    else {
      const field = `component.${component.id}.allowed_outbound_hosts`
      errors.push(
        new MayflyError(
          'SERVE_BAD_HOST',
          {field, host: host.raw, reason: resolved.problem},
          {at: placeOf(app, field)},
        ),
      )
    }
  }
  if (errors.length > 0) throw new MayflyErrors(errors)
  const allows = (to: Destination) => patterns.some(pattern => allowsDestination(pattern, to, options.isSelf))
  return {
    http: {check: (scheme, host, port) => (allows({scheme, host, port}) ? 'allowed' : 'denied')},
    sockets: {
      allowsAddress: (use, {ip, port}) => {
        // What comes in comes by triggers.
        if (use === 'tcp-bind') return false
        if (use === 'udp-bind') return patterns.length > 0
        return allows({scheme: use === 'tcp-connect' ? 'tcp' : 'udp', host: ip, port})
      },
      // Names are looked up only by components that may reach something; where to is asked at the connection.
      allowsName: () => patterns.length > 0,
    },
  }
}
