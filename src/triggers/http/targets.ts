// triggers/http/targets.ts: what routes lead to, made ready once: static responses rendered, paces shared by component.
import type {ComponentTarget} from './exchange-context.ts'
import type {HttpGuest} from './guest.ts'
import {isReserved, type Reply, type StaticResponse, staticReply} from './replies.ts'
import {prepareRoutes, type RouteEntry, type Router} from './routes.ts'
import type {Pace} from './stages.ts'

/** What a route leads to: a component, or a fixed answer. */
export type HttpTarget =
  | Readonly<{kind: 'component'; component: string; guest: HttpGuest}>
  | Readonly<{kind: 'static'; response: StaticResponse}>

export type Prepared = ComponentTarget | Readonly<{kind: 'static'; reply: Reply}>

/** @throws MayflyErrors of HTTP_ROUTE_INVALID, HTTP_STATIC_INVALID */
export function prepareTargets(
  entries: readonly RouteEntry<HttpTarget>[],
  warn: (message: string) => void = () => {},
): Router<Prepared> {
  const paces = new Map<string, Pace>()
  const prepare = (route: string, target: HttpTarget): Prepared => {
    if (target.kind === 'static') return {kind: 'static', reply: staticReply(route, target.response)}
    const pace = paces.get(target.component) ?? {averageMs: 0}
    paces.set(target.component, pace)
    return {...target, pace}
  }
  const nameOf = (target: HttpTarget): string =>
    target.kind === 'static' ? 'a static response' : `component "${target.component}"`
  const {routes} = prepareRoutes(entries, ({route, replaced, effective}) => {
    warn(`route "${route}" is given twice: ${nameOf(effective)} answers it, ${nameOf(replaced)} never does`)
  })
  for (const {raw, pattern} of routes) {
    if (isReserved(pattern))
      warn(`route "${raw}" is never reached: /.well-known/spin/ is answered by the server`)
  }
  return prepareRoutes(routes.map(({raw, target}) => ({route: raw, target: prepare(raw, target)})))
}
