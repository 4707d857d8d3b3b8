// wasi/http/field-syntax.ts: what may stand in a header (RFC 9110, 5.1 and 5.5) and what a guest may not set.
import {lowerCase} from './common-texts.ts'

const NO_TOKEN = 0
const UPPER_CASE = 2

/** What a character is in a token, RFC 9110 5.6.2, by its code. */
const CLASSES = new Uint8Array(128)
for (let code = 0; code < CLASSES.length; code++) {
  const char = String.fromCharCode(code)
  if (/[A-Z]/.test(char)) CLASSES[code] = UPPER_CASE
  else if (/[!#$%&'*+\-.^_`|~0-9a-z]/.test(char)) CLASSES[code] = 1
}

/** The name of a field in lower case; undefined where it is no token. */
export function keyOf(name: string): string | undefined {
  let upper = false
  for (let i = 0; i < name.length; i++) {
    const kind = CLASSES[name.charCodeAt(i)] ?? NO_TOKEN
    if (kind === NO_TOKEN) return undefined
    if (kind === UPPER_CASE) upper = true
  }
  if (name === '') return undefined
  return upper ? lowerCase(name) : name
}

export const isToken = (text: string): boolean => keyOf(text) !== undefined

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

/** More digits than this make no exact number. */
const MAX_DIGITS = 15

/** The length that a content-length value states; undefined where it states none. */
export function parseLength(value: Uint8Array): number | undefined {
  if (value.length === 0 || value.length > MAX_DIGITS) return undefined
  let length = 0
  for (let i = 0; i < value.length; i++) {
    const digit = value[i]! - 0x30
    if (digit < 0 || digit > 9) return undefined
    length = length * 10 + digit
  }
  return length
}
