// embed/limits.ts: what a sandbox may use, as an embedding program says it.
import {isMainThread} from 'node:worker_threads'
import {MayflyError} from '../base/errors.ts'

/** What each sandbox of a component may use. `Infinity` is no limit. */
export type Limits = Readonly<{
  /** Processor time of one lease, and of loading, in milliseconds: 5000 by default. Only in the main thread. */
  cpuMs?: number
  /** How long a guest may wait for host functions without anything happening, in milliseconds: 60,000 by default. */
  idleMs?: number
  /** All memories of a sandbox together, in MiB: 512 by default, 4096 at most. */
  memoryMb?: number
  /** Sandboxes at once, 32 by default. Further calls wait for one. */
  concurrency?: number
}>

export type CheckedLimits = Readonly<{
  cpuMs: number
  idleMs: number
  limitPages: number
  concurrency: number
}>

const DEFAULTS = {cpuMs: 5000, idleMs: 60_000, memoryMb: 512, concurrency: 32} as const
/** The most that fits where the watchdog looks. */
const LONGEST_MS = 0x7fff_ffff
const MOST_PAGES = 65_536

/** @throws EMBED_BAD_OPTION, EMBED_CPU_LIMIT */
export function checkedLimits(limits: Limits = {}): CheckedLimits {
  const chosen = {...DEFAULTS, ...limits}
  knownOptions('limits.', limits, Object.keys(DEFAULTS))
  for (const [name, value] of Object.entries(chosen))
    if (typeof value !== 'number' || !(value > 0)) bad(name, String(value), 'it must be a number above 0')
  const {cpuMs, idleMs, memoryMb, concurrency} = chosen
  if (!isMainThread && cpuMs !== Number.POSITIVE_INFINITY) throw new MayflyError('EMBED_CPU_LIMIT')
  return {
    cpuMs: Math.min(cpuMs, LONGEST_MS),
    idleMs,
    limitPages: Math.min(Math.floor(memoryMb * 16), MOST_PAGES),
    concurrency: Math.max(1, Math.floor(concurrency)),
  }
}

/** A misspelt option would be no option. @throws EMBED_BAD_OPTION */
export function knownOptions(prefix: string, given: object, known: readonly string[]): void {
  const unknown = Object.keys(given).find(name => !known.includes(name))
  if (unknown !== undefined)
    throw new MayflyError('EMBED_BAD_OPTION', {
      option: `${prefix}${unknown}`,
      value: 'given',
      reason: `the options are ${known.map(name => `${prefix}${name}`).join(', ')}`,
    })
}

function bad(name: string, value: string, reason: string): never {
  throw new MayflyError('EMBED_BAD_OPTION', {option: `limits.${name}`, value, reason})
}

const HINTS: Readonly<Record<string, string>> = {
  LIMIT_CPU: 'raise limits.cpuMs in the options of load()',
  LIMIT_START: 'raise limits.cpuMs in the options of load()',
  LIMIT_IDLE: 'raise limits.idleMs in the options of load()',
  LIMIT_MEMORY: 'raise limits.memoryMb in the options of load()',
  FILES_MOUNT: 'correct wasi.files in the options of load()',
}

/** The same failure, with what an embedding program can do about it. */
export function embedded(error: MayflyError): MayflyError {
  const hint = HINTS[error.code]
  return hint === undefined ? error : new MayflyError(error.code, error.details, {cause: error, hint})
}
