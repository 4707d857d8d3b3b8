// triggers/http/request-target.ts: the target of a request line (RFC 9112, 3.2).

export type RequestTarget = Readonly<{pathWithQuery: string; path: string; authority: string | undefined}>

/** Origin form (/path?query), absolute form (http://host/path), or `*`; undefined for all else. */
export function parseTarget(url: string): RequestTarget | undefined {
  let pathWithQuery = url
  let authority: string | undefined
  if (url.charCodeAt(0) !== 0x2f && url !== '*') {
    const absolute = /^https?:\/\/([^/?#]+)([/?][^#]*)?$/i.exec(url)
    if (absolute === null) return undefined
    authority = absolute[1]!
    const rest = absolute[2] ?? '/'
    pathWithQuery = rest.startsWith('?') ? `/${rest}` : rest
  }
  const query = pathWithQuery.indexOf('?')
  return {pathWithQuery, path: query < 0 ? pathWithQuery : pathWithQuery.slice(0, query), authority}
}
