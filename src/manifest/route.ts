// manifest/route.ts: the syntax of HTTP routes: `/exact`, `/:name/exact`, and at the end `/...` (or `/*`) for all below.
import {type Check, textWhere, then} from './check.ts'

/** @returns what is wrong and what to write instead, or undefined for a good route */
export function checkRoute(route: string): string | undefined {
  if (/[?#]/.test(route)) return 'a route is a path: it holds no "?" and no "#"'
  if (/[\u0000-\u0020\u007f]/.test(route)) return 'a route holds no spaces and no control characters'
  const segments = route.replace(/^\//, '').split('/')
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1
    if (segment === '...' || segment === '*') {
      if (!last) return `"${segment}" stands at the end only; for one segment in the middle write ":name"`
    } else if (segment === ':') return 'name the parameter, such as ":id"'
    else if (segment.startsWith('*') || segment.startsWith('...') || segment.endsWith('...'))
      return 'a wildcard is a segment by itself: end the route in "/..."'
    else if (segment === '' && !last) return 'a segment is empty: remove one "/"'
  }
  return undefined
}

/** As Spin does, a route without its first slash gets one. */
export const route: Check<string> = then(
  textWhere('a route such as "/", "/cart/:id" or "/static/..."', checkRoute),
  text => (text.startsWith('/') ? text : `/${text}`),
)
