// triggers/http/replies.ts: what the server answers without a guest: errors, static responses, health and info.
import {MayflyError} from '../../base/errors.ts'
import {isFieldValue, isForbidden, isToken} from '../../wasi/http/field-syntax.ts'

/** A complete answer; `headers` in node's flat form, without content-length. */
export type Reply = Readonly<{status: number; headers: string[]; body: Buffer}>

const EMPTY = Buffer.alloc(0)

export const emptyReply = (status: number): Reply => ({status, headers: [], body: EMPTY})

/** A route's `static_response`. */
export type StaticResponse = Readonly<{
  status?: number
  headers?: Readonly<Record<string, string>>
  body?: string
}>

/** @throws HTTP_STATIC_INVALID */
export function staticReply(route: string, {status = 200, headers = {}, body = ''}: StaticResponse): Reply {
  const invalid = (reason: string): never => {
    throw new MayflyError('HTTP_STATIC_INVALID', {route, reason})
  }
  if (!Number.isInteger(status) || status < 200 || status > 599) invalid(`status ${status} is not 200 to 599`)
  const flat: string[] = []
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase()
    if (!isToken(name)) invalid(`"${name}" is no header name`)
    if (!isFieldValue(Buffer.from(value))) invalid(`the value of header "${name}" holds a control character`)
    if (isForbidden(key)) invalid(`header "${name}" belongs to the connection`)
    if (key !== 'content-length') flat.push(key, Buffer.from(value).toString('latin1'))
  }
  return {status, headers: flat, body: Buffer.from(body)}
}

export type AppInfo = Readonly<{name: string; version?: string}>

const WELL_KNOWN = '/.well-known/spin/'

export const isReserved = (pattern: string): boolean => `${pattern}/`.startsWith(WELL_KNOWN)

/** The answer to a path that Spin reserves; undefined for all others. */
export function wellKnownReply(path: string, app: AppInfo): Reply | undefined {
  if (!path.startsWith(WELL_KNOWN)) return undefined
  switch (path.slice(WELL_KNOWN.length)) {
    case 'health':
      return {status: 200, headers: [], body: Buffer.from('OK')}
    case 'info':
      return {
        status: 200,
        headers: ['content-type', 'application/json'],
        body: Buffer.from(JSON.stringify({name: app.name, version: app.version}, null, 2)),
      }
    default:
      return emptyReply(404)
  }
}

function statusOf(error: MayflyError): number {
  switch (error.code) {
    case 'LIMIT_CONCURRENCY':
      return 503
    case 'LIMIT_CPU':
    case 'LIMIT_IDLE':
      return 504
    case 'HTTP_BODY_TOO_LONG':
      return 413
    default:
      return 500
  }
}

/** The answer when a guest fails: empty, or a page that tells why where the reader is its developer. */
export function errorReply(error: MayflyError, showErrors: boolean): Reply {
  const status = statusOf(error)
  const headers = status === 503 ? ['retry-after', '1'] : []
  if (!showErrors) return {status, headers, body: EMPTY}
  headers.push('content-type', 'text/html; charset=utf-8', 'cache-control', 'no-store')
  return {status, headers, body: Buffer.from(errorPage(status, error))}
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, found => ESCAPES[found]!)

function errorPage(status: number, error: MayflyError): string {
  const {file, line, column} = error.at ?? {}
  const place = file === undefined ? '' : [file, line, column].filter(part => part !== undefined).join(':')
  const frame = error.details['frame'] ?? ''
  const cause = error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : ''
  return `<!doctype html>
<meta charset="utf-8">
<title>${status} ${error.code}</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 60rem; padding: 0 1rem; color-scheme: light dark }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding: 1rem; border: 1px solid #8888; border-radius: 6px }
</style>
<h1>${status} <code>${error.code}</code></h1>
<pre>${escapeHtml(frame === '' ? error.message : `${error.message}\n${frame}`)}</pre>
${place === '' ? '' : `<p>at <code>${escapeHtml(place)}</code></p>\n`}${
  error.hint === undefined ? '' : `<p>hint: ${escapeHtml(error.hint)}</p>\n`
}${cause === '' ? '' : `<pre>${escapeHtml(cause)}</pre>\n`}`
}
