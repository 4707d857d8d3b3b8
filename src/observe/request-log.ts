// observe/request-log.ts: one line for each request.
import {printable} from './printable.ts'
import type {RequestRecord} from './request-record.ts'

/** A client may ask for a path of any length. */
const MAX_PATH = 1_024

/** 'GET /cart 200 1.4 ms cart restored 256 kB', and a second line for what went wrong. */
export function plainRequestLine(record: RequestRecord): string {
  const {method, path, component, status, durationMs, sandbox, memoryTouchedBytes, error} = record
  const guest =
    component === undefined ? '' : ` ${component} ${sandbox} ${Math.ceil(memoryTouchedBytes / 1024)} KiB`
  const line = `${printable(method)} ${printable(shorten(path))} ${status} ${durationMs.toFixed(1)} ms${guest}\n`
  return error === undefined ? line : `${line}  error[${error.code}]: ${indented(error.message)}\n`
}

/** One JSON object on one line; times in ms, `time` as ISO 8601. */
export function jsonRequestLine(record: RequestRecord, time: Date): string {
  const {method, path, route, component, status, durationMs, sandbox, memoryTouchedBytes, error} = record
  return `${JSON.stringify({
    time: time.toISOString(),
    method,
    path: shorten(path),
    route,
    component,
    status,
    ms: Math.round(durationMs * 1000) / 1000,
    sandbox,
    memoryTouchedBytes,
    error,
  })}\n`
}

const shorten = (path: string): string => (path.length <= MAX_PATH ? path : `${path.slice(0, MAX_PATH)}…`)

/** A guest's message may have several lines (a stack); none may look like a line of ours. */
const indented = (message: string): string => message.split('\n').map(printable).join('\n    ')
