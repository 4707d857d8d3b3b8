// cli/up-options.ts: the flags of `up`, checked and made absolute.
import {readFileSync} from 'node:fs'
import {availableParallelism} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import {canShareListening} from '../server/port.ts'
import {type AppSource, findSource} from './app-source.ts'
import type {Values} from './args.ts'
import type {Invocation} from './command.ts'
import {parsePairs, parseVariables} from './key-values.ts'
import {type Address, DEFAULT_ADDRESS, parseListen} from './listen.ts'
import type {ServeSettings} from './parts.ts'
import type {UP_FLAGS} from './up-flags.ts'

export type UpOptions = Readonly<{
  source: AppSource
  settings: ServeSettings
  build: boolean
  watch: boolean
  workers: number
  address: Address
  findFreePort: boolean
  tls: Readonly<{certPath: string; keyPath: string}> | undefined
  truncateLogs: boolean
  format: 'plain' | 'json'
  graceMs: number
  /** Things worth knowing before it starts. */
  notes: readonly string[]
}>

const DEFAULT_GRACE_SECONDS = 10

/** @throws CLI_ and SOURCE_ errors, and what reading a file of variables throws */
export async function readUpOptions({
  values,
  positionals,
  terminal,
}: Invocation<typeof UP_FLAGS>): Promise<UpOptions> {
  const {cwd} = terminal
  if (values.from !== undefined && positionals[0] !== undefined) {
    throw new MayflyError('CLI_UNEXPECTED_ARGUMENT', {argument: positionals[0], command: 'up'})
  }
  const source = findSource(values.from ?? positionals[0] ?? '.', cwd)
  const readText = (path: string): string => readFileSync(path, 'utf8')
  const {workers, notes} = howManyWorkers(values.workers, availableParallelism(), canShareListening())
  // Spin keeps state beside a manifest; a lone file has none.
  const ownState = source.kind === 'manifest' ? join(dirname(source.path), '.spin') : undefined
  const stateDir = absolute(cwd, values['state-dir']) ?? ownState
  const logDir =
    absolute(cwd, values['log-dir']) ?? (stateDir === undefined ? undefined : join(stateDir, 'logs'))
  return {
    source,
    settings: {
      env: Object.fromEntries(parsePairs('--env', values.env)),
      variables: Object.fromEntries(await parseVariables(values.variable, {cwd, readText})),
      components: values['component-id'],
      profile: values.profile,
      directMounts: values['direct-mounts'],
      production: values.production,
      sandboxes: values.sandboxes,
      maxMemoryBytes: values['max-instance-memory'],
      stateDir,
      logs: {
        format: values['log-format'] === 'json' ? 'json' : 'plain',
        quiet: values.quiet,
        dir: logDir,
        follow: values.follow,
      },
    },
    build: values.build,
    watch: values.watch,
    workers,
    address: values.listen === undefined ? DEFAULT_ADDRESS : parseListen(values.listen),
    findFreePort: values['find-free-port'],
    tls: readTls(values, cwd),
    truncateLogs: values['truncate-logs'],
    format: values.format === 'json' ? 'json' : 'plain',
    graceMs: (values.grace ?? DEFAULT_GRACE_SECONDS) * 1000,
    notes,
  }
}

/** One worker a core, where workers can share a port. */
export function howManyWorkers(
  asked: number | undefined,
  cores: number,
  canShare: boolean,
): Readonly<{workers: number; notes: readonly string[]}> {
  if (canShare) return {workers: asked ?? cores, notes: []}
  if (asked === undefined || asked === 1) return {workers: 1, notes: []}
  return {workers: 1, notes: ['on this system processes cannot share a port: serving with one worker']}
}

function readTls(values: Values<typeof UP_FLAGS>, cwd: string): UpOptions['tls'] {
  const certPath = absolute(cwd, values['tls-cert'])
  const keyPath = absolute(cwd, values['tls-key'])
  if (certPath === undefined && keyPath === undefined) return undefined
  if (certPath !== undefined && keyPath !== undefined) return {certPath, keyPath}
  const argument =
    certPath === undefined ? '--tls-cert (--tls-key needs it)' : '--tls-key (--tls-cert needs it)'
  throw new MayflyError('CLI_MISSING_ARGUMENT', {argument, command: 'up'})
}

const absolute = (cwd: string, path: string | undefined): string | undefined =>
  path === undefined || path === '' ? undefined : resolve(cwd, path)
