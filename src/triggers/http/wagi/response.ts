// triggers/http/wagi/response.ts: what a program has printed, as a response (RFC 3875, 6).
import {err, ok, type Result} from '../../../base/result.ts'
import {isForbidden} from '../../../wasi/http/field-syntax.ts'
import {Fields, latin1} from '../../../wasi/http/fields.ts'
import {OutgoingResponse} from '../../../wasi/http/outgoing-message.ts'

const LINE_FEED = 10
const FOUND = 302
const BAD_GATEWAY = 502

/** Lines until the first empty one, and what comes after it; undefined where there is none. */
function split(output: Buffer): {lines: string[]; body: Buffer} | undefined {
  const lines: string[] = []
  for (let at = 0; ; ) {
    const end = output.indexOf(LINE_FEED, at)
    if (end < 0) return undefined
    const line = latin1(output.subarray(at, end)).replace(/\r$/, '')
    at = end + 1
    if (line === '') return {lines, body: output.subarray(at)}
    lines.push(line)
  }
}

/** Or why it is none. `method` is the request's: what answers HEAD has a length, but no body. */
export function responseOf(output: Buffer, method: string): Result<OutgoingResponse, string> {
  if (output.length === 0) return err('it has printed nothing')
  const parts = split(output)
  if (parts === undefined) return err('no empty line ends the headers')
  const {lines, body} = parts
  const headers = new Fields()
  let status: number | undefined
  let redirects = false
  for (const line of lines) {
    const [, name = '', value = ''] = /^\s*([^:]*?)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    const key = name.toLowerCase()
    const bytes = Buffer.from(value, 'latin1')
    if (key === 'status') status = statusOf(value)
    else if (key === 'content-length' ? method === 'HEAD' : !isForbidden(key)) {
      // What is no header is left out.
      if (key === 'content-type' || key === 'location') headers.set(key, [bytes])
      else headers.append(name, bytes)
    }
    redirects ||= key === 'location'
  }
  if (status === undefined && !redirects && !headers.has('content-type'))
    return err('it has neither Content-Type, Location nor Status')
  const response = new OutgoingResponse(headers)
  response.setStatusCode(status ?? (redirects ? FOUND : response.statusCode))
  if (body.length > 0) {
    const out = response.openBody()
    out?.write(body)
    out?.finish(undefined)
  }
  return ok(response)
}

/** `404 Not Found`: the number counts. */
function statusOf(value: string): number {
  const code = /^\d{3}(?=\s|$)/.exec(value)?.[0]
  return code === undefined || Number(code) < 200 ? BAD_GATEWAY : Number(code)
}
