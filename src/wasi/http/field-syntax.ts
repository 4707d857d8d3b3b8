// wasi/http/field-syntax.ts: what may stand in a header (RFC 9110, 5.1 and 5.5) and what a guest may not set.

/** A token, RFC 9110 5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

export const isToken = (text: string): boolean => TOKEN.test(text)

/** Visible bytes, space, tab and bytes over 0x7f; no line ends, no zero. */
export function isFieldValue(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if ((byte < 0x20 && byte !== 0x09) || byte === 0x7f) return false
  }
  return true
}

// They belong to the connection, or (host) repeat what the request says elsewhere: the server and the client write them.
// A guest neither sets nor sees them, so a guest that copies all headers of a request to another succeeds.
const FORBIDDEN: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
])

/** `name` in lower case. */
export const isForbidden = (name: string): boolean => FORBIDDEN.has(name)

const DIGITS = /^[0-9]{1,15}$/

/** The length that a content-length value states; undefined where it states none. */
export const parseLength = (text: string): number | undefined =>
  DIGITS.test(text) ? Number(text) : undefined
