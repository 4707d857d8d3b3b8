// triggers/http/routes.ts: which trigger gets a path, as Spin decides it (routefinder's rules, spin crates/routes).
import {MayflyError, MayflyErrors} from '../../base/errors.ts'

/** `{route: '/user/:id/...', target}`; a private route is never matched. */
export type RouteEntry<T> = Readonly<{route: string | Readonly<{private: true}>; target: T}>

type Part =
  | Readonly<{kind: 'text'; text: string}>
  | Readonly<{kind: 'param'; name: string}>
  | Readonly<{kind: 'slash' | 'dot' | 'wildcard'}>

export type Route<T> = Readonly<{
  /** As written in the manifest. */
  raw: string
  /** With one slash in front and none at the end. */
  pattern: string
  /** `raw` without its trailing wildcard. */
  prefix: string
  params: readonly string[]
  target: T
  /** The path's parts as they are matched, and what decides between routes that match alike. */
  parts: readonly Part[]
  ranks: readonly number[]
}>

export type RouteMatch<T> = Readonly<{
  route: Route<T>
  /** The values of `route.params`, as they stand in the path (not percent-decoded). */
  values: readonly string[]
  /** What the trailing wildcard took, with its slash; empty without one. */
  pathInfo: string
}>

export interface Router<T> {
  /** `path` is without query. */
  match(path: string): RouteMatch<T> | undefined
  readonly routes: readonly Route<T>[]
}

/** Two routes say the same: the later one counts. */
export type Duplicate<T> = Readonly<{route: string; replaced: T; effective: T}>

const NO_VALUES: readonly string[] = []

/** @throws MayflyErrors of HTTP_ROUTE_INVALID, for all routes together */
export function prepareRoutes<T>(
  entries: readonly RouteEntry<T>[],
  onDuplicate: (duplicate: Duplicate<T>) => void = () => {},
): Router<T> {
  const errors: MayflyError[] = []
  const byPattern = new Map<string, Route<T>>()
  for (const {route, target} of entries) {
    if (typeof route !== 'string') continue
    try {
      const prepared = parseRoute(route, target)
      const replaced = byPattern.get(prepared.pattern)
      if (replaced !== undefined) onDuplicate({route, replaced: replaced.target, effective: target})
      byPattern.set(prepared.pattern, prepared)
    } catch (error) {
      if (!(error instanceof MayflyError)) throw error
      errors.push(error)
    }
  }
  if (errors.length > 0) throw new MayflyErrors(errors)

  const routes = [...byPattern.values()]
  const exact = new Map<string, RouteMatch<T>>()
  const patterns: Route<T>[] = []
  for (const route of routes) {
    if (route.params.length === 0 && route.raw === route.prefix) {
      exact.set(route.pattern, {route, values: NO_VALUES, pathInfo: ''})
    } else {
      patterns.push(route)
    }
  }
  patterns.sort(bySpecificity)

  return {
    routes,
    match(path) {
      // A path that is literally a route is matched by nothing more specific.
      const found = exact.get(path) ?? (exact.size > 0 ? exact.get(normalize(path)) : undefined)
      if (found !== undefined) return found
      for (const route of patterns) {
        const match = matchRoute(route, path)
        if (match !== undefined) return match
      }
      return undefined
    },
  }
}

const trimSlashes = (path: string): string => {
  let start = 0
  let end = path.length
  while (start < end && path.charCodeAt(start) === 0x2f) start++
  while (end > start && path.charCodeAt(end - 1) === 0x2f) end--
  return path.slice(start, end)
}

const normalize = (path: string): string => `/${trimSlashes(path).replace(/\/{2,}/g, '/')}`

function parseRoute<T>(raw: string, target: T): Route<T> {
  const invalid = (reason: string): never => {
    throw new MayflyError('HTTP_ROUTE_INVALID', {route: raw, reason})
  }
  if (/[\s?#]/.test(raw)) invalid('it holds a space, "?" or "#", which no path holds')
  const pattern = normalize(raw.replace(/(^|\/)(\.\.\.|\*)$/, '$1*'))
  const parts: Part[] = []
  const ranks: number[] = []
  const params: string[] = []
  const segments = pattern === '/' ? [] : pattern.slice(1).split('/')
  segments.forEach((segment, index) => {
    if (index > 0) parts.push({kind: 'slash'})
    if (segment === '*') {
      if (index !== segments.length - 1) invalid('only its last segment can stand for the rest of a path')
      parts.push({kind: 'wildcard'})
    } else if (segment === '...') {
      invalid('only its last segment can stand for the rest of a path')
    } else if (segment.includes('*')) {
      invalid('"*" must be a segment of its own, at the end')
    } else {
      segment.split('.').forEach((piece, place) => {
        if (place > 0) parts.push({kind: 'dot'})
        if (!piece.startsWith(':')) {
          if (piece !== '') parts.push({kind: 'text', text: piece})
          return
        }
        const name = piece.slice(1)
        if (!/^[A-Za-z0-9_-]+$/.test(name)) invalid(`":${name}" is no name: letters, digits, "_" and "-"`)
        if (params.includes(name)) invalid(`":${name}" stands in it twice`)
        params.push(name)
        parts.push({kind: 'param', name})
      })
    }
    ranks.push(rankOf(segment))
  })
  const prefix = raw.replace(/\/(?:\.\.\.|\*)$/, '')
  return {raw, pattern, prefix, params, target, parts, ranks}
}

// A segment is the more specific the more of it is text: word, word.:param, :param.word, other mixtures, :param, *.
function rankOf(segment: string): number {
  if (segment === '*') return 5
  const params = segment.split('.').filter(piece => piece.startsWith(':')).length
  if (params === 0) return 0
  const pieces = segment.split('.').length
  if (pieces === 1) return 4
  if (pieces === 2 && params === 1) return segment.startsWith(':') ? 2 : 1
  return 3
}

function bySpecificity(a: Route<unknown>, b: Route<unknown>): number {
  const common = Math.min(a.ranks.length, b.ranks.length)
  for (let i = 0; i < common; i++) {
    const difference = a.ranks[i]! - b.ranks[i]!
    if (difference !== 0) return difference
  }
  return b.ranks.length - a.ranks.length
}

function matchRoute<T>(route: Route<T>, path: string): RouteMatch<T> | undefined {
  const trimmed = trimSlashes(path)
  const {parts} = route
  const values: string[] = []
  let pathInfo = ''
  let at = 0
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]!
    switch (part.kind) {
      case 'text':
        if (!trimmed.startsWith(part.text, at)) return undefined
        at += part.text.length
        break
      case 'param': {
        const beforeDot = parts[i + 1]?.kind === 'dot'
        let end = at
        while (end < trimmed.length && trimmed[end] !== '/' && !(beforeDot && trimmed[end] === '.')) end++
        if (end === at || (beforeDot && trimmed[end] !== '.')) return undefined
        values.push(trimmed.slice(at, end))
        at = end
        break
      }
      case 'dot':
        if (trimmed[at] !== '.') return undefined
        at++
        break
      case 'slash':
        // At the end of the path only a wildcard may follow: /foo/... takes /foo.
        if (at === trimmed.length && parts[i + 1]?.kind === 'wildcard') break
        if (trimmed[at] !== '/') return undefined
        while (trimmed[at] === '/') at++
        break
      case 'wildcard': {
        const rest = trimmed.slice(at)
        const slash = path.endsWith('/') ? '/' : ''
        pathInfo = rest === '' ? slash : `/${rest}${slash}`
        at = trimmed.length
      }
    }
  }
  return at === trimmed.length ? {route, values, pathInfo} : undefined
}
