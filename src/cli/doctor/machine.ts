// cli/doctor/machine.ts: what this machine's processor, kernel and limits allow.
import {accessSync, constants, mkdirSync, readFileSync} from 'node:fs'
import {availableParallelism, release, totalmem} from 'node:os'
import type {Environment} from '../args.ts'
import {cacheDir} from '../cache-dir.ts'
import {byteSize} from '../units.ts'
import type {Finding} from './finding.ts'

export type Tier = Readonly<{name: string; reason: string}>

/** V8 maps some five regions for a sandbox; below this many a worker holds fewer sandboxes than its address space allows. */
const GOOD_MAP_COUNT = 65_530
const NODE_MAJOR = 26

export function machineFindings({tier, env}: Readonly<{tier: Tier; env: Environment}>): readonly Finding[] {
  return [
    nodeFinding(process.versions.node),
    {subject: 'platform', state: 'ok', found: `${process.platform} ${process.arch}, kernel ${release()}`},
    {subject: 'memory', state: 'ok', found: `${availableParallelism()} cores, ${byteSize(totalmem())}`},
    tierFinding(tier),
    ...(process.platform === 'linux'
      ? [mapCountFinding(readNumber('/proc/sys/vm/max_map_count')), addressSpaceFinding(readLimit())]
      : []),
    cacheFinding(cacheDir(env)),
  ]
}

export function nodeFinding(version: string): Finding {
  if (Number.parseInt(version, 10) >= NODE_MAJOR) return {subject: 'Node', state: 'ok', found: version}
  return {subject: 'Node', state: 'error', found: version, remedy: `install Node ${NODE_MAJOR} or newer`}
}

export function tierFinding({name, reason}: Tier): Finding {
  const found = reason === '' ? name : `${name}: ${reason}`
  if (name === 'cow') return {subject: 'restore tier', state: 'ok', found}
  const remedy =
    'sandboxes are as safe, but restored more slowly; Linux 6.7 or newer has all that `cow` needs'
  return {subject: 'restore tier', state: 'warn', found, remedy}
}

export function mapCountFinding(count: number | undefined): Finding {
  const subject = 'vm.max_map_count'
  if (count === undefined) return {subject, state: 'warn', found: 'unknown: /proc is not readable'}
  if (count >= GOOD_MAP_COUNT) return {subject, state: 'ok', found: String(count)}
  return {
    subject,
    state: 'warn',
    found: String(count),
    remedy: `sysctl -w vm.max_map_count=${GOOD_MAP_COUNT}`,
  }
}

/** V8 reserves 8 to 10 GiB of addresses for each memory. `limit` in kB as `ulimit -v` shows it; undefined without one. */
export function addressSpaceFinding(limit: number | undefined): Finding {
  const subject = 'address space'
  if (limit === undefined) return {subject, state: 'ok', found: 'unlimited'}
  const sandboxes = Math.floor(limit / (10 * 1024 * 1024))
  return {
    subject,
    state: sandboxes === 0 ? 'error' : 'warn',
    found: `limited to ${byteSize(limit * 1024)}: room for about ${sandboxes} sandboxes`,
    remedy: 'ulimit -v unlimited',
  }
}

export function cacheFinding(directory: string): Finding {
  const subject = 'cache'
  try {
    mkdirSync(directory, {recursive: true})
    accessSync(directory, constants.W_OK)
    return {subject, state: 'ok', found: directory}
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException
    const remedy = 'make it writable, or set MAYFLY_CACHE_DIR to a directory that is'
    return {subject, state: 'warn', found: `${directory} is not writable (${code})`, remedy}
  }
}

function readNumber(path: string): number | undefined {
  try {
    return Number(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** The soft limit in kB. */
function readLimit(): number | undefined {
  try {
    const soft = /^Max address space\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]
    return soft === undefined || soft === 'unlimited' ? undefined : Number(soft) / 1024
  } catch {
    return undefined
  }
}
