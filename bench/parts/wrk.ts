// bench/parts/wrk.ts: load by wrk, and what it measured.
import {execFile} from 'node:child_process'
import {promisify} from 'node:util'
import {findProgram, pinned} from './machine.ts'

export type LoadOptions = Readonly<{seconds: number; connections: number; core?: number | undefined}>

export type LoadResult = Readonly<{
  requestsPerSecond: number
  requests: number
  p50Ms: number
  p99Ms: number
  /** Answers that are not 2xx or 3xx, and connections that broke. */
  failed: number
}>

const MICROSECONDS: Readonly<Record<string, number>> = {us: 1, ms: 1000, s: 1e6, m: 60e6}

/** As clients name a host: an address in its place is dearer to a guest that takes it apart. */
const HOST = 'hello.example.com'

/** @throws Error when wrk is not installed or cannot connect */
export async function load(url: string, options: LoadOptions): Promise<LoadResult> {
  const wrk = findProgram('wrk')
  if (wrk === undefined) throw new Error('wrk is not on the PATH; on Debian and Ubuntu: apt-get install wrk')
  const argv = [
    ...[wrk, '-t1', `-c${options.connections}`, `-d${options.seconds}s`, '--latency'],
    ...['--header', `Host: ${HOST}`, url],
  ]
  const [command, ...args] = pinned(options.core, argv)
  const {stdout} = await promisify(execFile)(command!, args)
  return parseWrk(stdout)
}

/** Reads what `wrk --latency` prints. */
export function parseWrk(text: string): LoadResult {
  const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1])
  const percentile = (share: number): number => {
    const [, value, unit] = new RegExp(`^\\s+${share}%\\s+([\\d.]+)(us|ms|s|m)\\s*$`, 'm').exec(text) ?? []
    return (Number(value) * (MICROSECONDS[unit ?? ''] ?? Number.NaN)) / 1000
  }
  const socketErrors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(text)
  const broken = (socketErrors?.slice(1) ?? []).reduce((sum, count) => sum + Number(count), 0)
  return {
    requestsPerSecond: number(/^Requests\/sec:\s+([\d.]+)/m),
    requests: number(/^\s+(\d+) requests in /m),
    p50Ms: percentile(50),
    p99Ms: percentile(99),
    failed: (number(/Non-2xx or 3xx responses: (\d+)/) || 0) + broken,
  }
}
