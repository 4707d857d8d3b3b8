// bench/parts/machine.ts: the machine's cores, who works on them, and pinning processes to them.
import {execFileSync} from 'node:child_process'
import {accessSync, constants, readFileSync} from 'node:fs'
import {availableParallelism, cpus, loadavg} from 'node:os'
import {delimiter, join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'

/** Share of one core or more taken by others, above which figures are not to be trusted. */
const BUSY = 0.15

/** A program on the PATH. */
export function findProgram(name: string): string | undefined {
  for (const dir of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(dir, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not here; the next.
    }
  }
  return undefined
}

export type Cores = Readonly<{
  /** Undefined where processes cannot be pinned: one core only, or no taskset. */
  server: number | undefined
  load: number | undefined
}>

/** The first two cores that this process may use: one for servers, one for the load. */
export function pickCores(): Cores {
  if (findProgram('taskset') === undefined || availableParallelism() < 2)
    return {server: undefined, load: undefined}
  const list = execFileSync('taskset', ['-cp', String(process.pid)], {encoding: 'utf8'})
    .split(':')
    .pop()!
  const [server, load] = list.split(',').flatMap(part => {
    const [first, last = first] = part.trim().split('-').map(Number) as [number, number?]
    return Array.from({length: last! - first + 1}, (_, i) => first + i)
  })
  return {server, load}
}

export const pinned = (core: number | undefined, argv: readonly string[]): readonly string[] =>
  core === undefined ? argv : ['taskset', '-c', String(core), ...argv]

/** Milliseconds that a core, or all of them, have worked since the machine started. */
export function busyMs(core: number | undefined): number {
  const all = cpus()
  const chosen = core === undefined ? all : [all[core]!]
  return chosen.reduce((sum, {times}) => sum + times.user + times.sys + times.nice + times.irq, 0)
}

const TICK_MS = 10

/** Processor time of a process with all its threads; NaN where the system does not tell. */
export function cpuMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return Number.NaN
  }
}

/**
 * kB of a process's resident memory: `own` is what nothing else maps; `proportional` adds its part of what is mapped
 * several times, so that the image that a thousand sandboxes show is counted once.
 */
export function memoryKb(pid: number | 'self'): Readonly<{proportional: number; own: number}> {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
  const kb = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1])
  return {proportional: kb('Pss'), own: kb('Private_Clean') + kb('Private_Dirty')}
}

/** Lines that say what machine this is and whether it is quiet enough to be believed. */
export async function describeMachine(): Promise<Readonly<{lines: readonly string[]; busyCores: number}>> {
  const model = cpus()[0]?.model ?? 'unknown processor'
  const before = busyMs(undefined)
  await sleep(1000)
  const busyCores = (busyMs(undefined) - before) / 1000
  const lines = [
    `${model}, ${cpus().length} cores, Node ${process.versions.node}, load average ${loadavg()[0]!.toFixed(2)}, busy now: ${busyCores.toFixed(2)} cores`,
  ]
  if (busyCores > BUSY)
    lines.push('warning: the machine is busy with other work; believe the ratios more than the figures')
  return {lines, busyCores}
}
