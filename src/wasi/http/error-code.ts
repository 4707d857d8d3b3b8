// wasi/http/error-code.ts: wasi:http error-code, the stream error that carries it, and what node's errors mean in it.
import type {IoError} from '../io/streams.ts'

/** wasi:http/types error-code: the label and, where the case has one, its payload. */
export type ErrorCode = Readonly<{tag: string; val?: unknown}>

export const errorCode = (tag: string, val?: unknown): ErrorCode => (val === undefined ? {tag} : {tag, val})

/** `text` becomes the payload of internal-error: for people, so it names no path and no address of ours. */
export const internalError = (text: string): ErrorCode => ({tag: 'internal-error', val: text})

/** The wasi:io error of a failed body; `http-error-code` gives its code back to the guest. */
export class HttpIoError implements IoError {
  readonly cause: ErrorCode

  constructor(cause: ErrorCode) {
    this.cause = cause
  }

  get debugString(): string {
    const {tag, val} = this.cause
    return val === undefined ? `HTTP error: ${tag}` : `HTTP error: ${tag} (${JSON.stringify(val)})`
  }
}

const PLAIN: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-terminated',
  EPIPE: 'connection-terminated',
  ECONNABORTED: 'connection-terminated',
  ETIMEDOUT: 'connection-timeout',
  EHOSTUNREACH: 'destination-unavailable',
  EHOSTDOWN: 'destination-unavailable',
  ENETUNREACH: 'destination-IP-unroutable',
  ENETDOWN: 'destination-IP-unroutable',
  EADDRNOTAVAIL: 'destination-IP-unroutable',
  EINVAL: 'destination-IP-unroutable',
  EACCES: 'destination-IP-prohibited',
  EPERM: 'destination-IP-prohibited',
  EMFILE: 'connection-limit-reached',
  ENFILE: 'connection-limit-reached',
  EADDRINUSE: 'connection-limit-reached',
  ENOBUFS: 'connection-limit-reached',
  HPE_INVALID_TRANSFER_ENCODING: 'HTTP-response-transfer-coding',
  HPE_HEADER_OVERFLOW: 'HTTP-response-header-section-size',
  ERR_INVALID_URL: 'HTTP-request-URI-invalid',
  ERR_UNESCAPED_CHARACTERS: 'HTTP-request-URI-invalid',
  ERR_INVALID_HTTP_TOKEN: 'HTTP-request-method-invalid',
  ERR_TLS_CERT_ALTNAME_INVALID: 'TLS-certificate-error',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'connection-timeout',
}

const DNS: Readonly<Record<string, readonly [rcode: string, infoCode: number]>> = {
  ENOTFOUND: ['address not available', 0],
  ENODATA: ['address not available', 0],
  EAI_NONAME: ['address not available', 0],
  EAI_FAIL: ['server failure', 2],
  ESERVFAIL: ['server failure', 2],
  EREFUSED: ['refused', 5],
}

/** Of what a message was, when it broke off. */
export type Side = 'request' | 'response'

/** What the error of a node socket, resolver, TLS layer or HTTP parser is called in wasi:http. */
export function errorCodeOf(error: unknown, side: Side = 'response'): ErrorCode {
  if (error instanceof HttpIoError) return error.cause
  const code = String((error as {code?: unknown} | null)?.code ?? '')
  if (code === 'ECONNRESET' && (error as Error).message === 'aborted' && side === 'response') {
    return errorCode('HTTP-response-incomplete')
  }
  const plain = PLAIN[code]
  if (plain !== undefined) return errorCode(plain)
  if (code === 'EAI_AGAIN' || code === 'ETIMEOUT') return errorCode('DNS-timeout')
  const dns = DNS[code]
  if (dns !== undefined) return errorCode('DNS-error', {rcode: dns[0], infoCode: dns[1]})
  const alert = /alert number (\d+)/.exec((error as Error | null)?.message ?? '')
  if (alert !== null || code.includes('_ALERT_')) {
    const alertId = alert === null ? undefined : Number(alert[1])
    return errorCode('TLS-alert-received', {alertId, alertMessage: code})
  }
  // OpenSSL's certificate verdicts have names of their own: CERT_HAS_EXPIRED, DEPTH_ZERO_SELF_SIGNED_CERT …
  if (/CERT|UNABLE_TO_|SIGNATURE|CRL/.test(code)) return errorCode('TLS-certificate-error')
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    return errorCode('TLS-protocol-error')
  }
  if (code.startsWith('HPE_')) return errorCode('HTTP-protocol-error')
  return internalError(code === '' ? 'the connection failed' : code)
}
