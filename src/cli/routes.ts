// cli/routes.ts: the routes of an app, for people and for programs.
import type {RouteRow} from './parts.ts'

/** One line a route: '  cart: http://127.0.0.1:3000/cart/...', longest ids aligned. */
export function routeTable(base: string, routes: readonly RouteRow[]): string {
  if (routes.length === 0) return ''
  const names = routes.map(({component}) => component ?? '(static)')
  const width = Math.max(...names.map(name => name.length))
  const lines = routes.map(({route, description}, i) => {
    const line = `  ${names[i]!.padEnd(width)}  ${base}${route}`
    return description === '' ? line : `${line}  ${description}`
  })
  return `Available Routes:\n${lines.join('\n')}\n`
}

/** As Spin prints it with `--format json`. */
export function routesJson(base: string, routes: readonly RouteRow[]): string {
  const rows = routes.map(({route, component, description}) => ({
    id: component ?? '',
    route: route.replace(/\/(\.\.\.|\*)$/, '') || '/',
    wildcard: /\/(\.\.\.|\*)$/.test(route),
    ...(description === '' ? {} : {description}),
  }))
  return `${JSON.stringify({base_url: base, routes: rows}, null, 2)}\n`
}
