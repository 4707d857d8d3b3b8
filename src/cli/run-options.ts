// cli/run-options.ts: what `mayfly run` was asked for, from its flags.
import {basename, resolve} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import type {Preopen} from '../wasi/filesystem/mounts.ts'
import type {Environment, Flags, Values} from './args.ts'

export const RUN_FLAGS = {
  dir: {
    type: 'list',
    value: 'HOST[::GUEST]',
    help: "give the guest a directory, to read and write, under its own or the guest's name",
  },
  env: {
    type: 'list',
    value: 'NAME[=VALUE]',
    help: "set a variable; without a value, this process's own",
  },
  network: {
    type: 'switch',
    help: 'let the guest use the network: sockets that connect and listen, and HTTP requests to any host',
  },
  invoke: {type: 'text', value: 'NAME', help: 'call this export of a core module, with ARGS as its numbers'},
  argv0: {type: 'text', value: 'NAME', help: "the program's own name (default: that of the file)"},
} as const satisfies Flags

export type RunOptions = Readonly<{
  /** Absolute. */
  file: string
  /** The program's name first. */
  args: readonly string[]
  environment: readonly (readonly [name: string, value: string])[]
  dirs: readonly Preopen[]
  /** Whether all of the network is granted; none of it is otherwise. */
  network: boolean
  invoke: string | undefined
}>

/** @throws CLI_MISSING_ARGUMENT, CLI_BAD_VALUE */
export function readRunOptions(
  values: Values<typeof RUN_FLAGS>,
  positionals: readonly string[],
  {env, cwd}: {env: Environment; cwd: string},
): RunOptions {
  const [file, ...args] = positionals
  if (file === undefined) throw new MayflyError('CLI_MISSING_ARGUMENT', {argument: 'FILE', command: 'run'})
  return {
    file: resolve(cwd, file),
    args: [values.argv0 ?? basename(file), ...args],
    environment: values.env.flatMap(given => variableOf(given, env)),
    dirs: values.dir.map(given => preopenOf(given, cwd)),
    network: values.network,
    invoke: values.invoke,
  }
}

/** A variable without a value that this process has not is left out. */
function variableOf(given: string, env: Environment): [string, string][] {
  const equals = given.indexOf('=')
  if (given === '' || equals === 0)
    throw new MayflyError('CLI_BAD_VALUE', {option: '--env', value: given, reason: 'it names no variable'})
  if (equals > 0) return [[given.slice(0, equals), given.slice(equals + 1)]]
  const value = env[given]
  return value === undefined ? [] : [[given, value]]
}

function preopenOf(given: string, cwd: string): Preopen {
  const [host, guest = host, ...rest] = given.split('::')
  if (!host || !guest || rest.length > 0)
    throw new MayflyError('CLI_BAD_VALUE', {option: '--dir', value: given, reason: 'it is no HOST::GUEST'})
  return {hostPath: resolve(cwd, host), guestPath: guest, writable: true}
}
