// cli/main.ts: from argv to an exit code.
import {MayflyError} from '../base/errors.ts'
import {keepAll} from '../server/keep-later.ts'
import {type CompiledCode, keepCompiledCode, useCompiledCode} from '../server/kept-code.ts'
import {parseArgs} from './args.ts'
import type {Terminal} from './command.ts'
import {ALIASES, COMMANDS} from './commands.ts'
import {type ForkWorker, useForkWorker} from './fork-worker.ts'
import {processTerminal} from './terminal.ts'
import {version} from './version.ts'

/**
 * Runs the command line of this process and sets its exit code. The launcher keeps its compiled code, and forks its workers.
 */
export async function main(
  argv: readonly string[],
  compiled: CompiledCode,
  forkWorker: ForkWorker,
): Promise<void> {
  useCompiledCode(compiled)
  useForkWorker(forkWorker)
  const code = await runCommand(argv, processTerminal())
  // Ended by a second signal: what is still under way is not waited for.
  if (code > 128) process.exit(code)
  process.exitCode = code
  await keepAll()
  keepCompiledCode()
}

/** Runs one command; errors are printed, never thrown. */
export async function runCommand(argv: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(argv, terminal)
  } catch (thrown) {
    const {reportThrown} = await import('./report.ts')
    return reportThrown(thrown, terminal)
  }
}

async function dispatch(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...rest] = argv
  if (first === '--version' || first === '-V') {
    terminal.out(`mayfly ${version()}\n`)
    return 0
  }
  if (first === undefined || first === '--help' || first === '-h') {
    const {overview} = await import('./help.ts')
    ;(first === undefined ? terminal.err : terminal.out)(overview(version()))
    return first === undefined ? 2 : 0
  }
  if (first === 'help') return await dispatch(rest.length === 0 ? ['--help'] : [rest[0]!, '--help'], terminal)
  const name = ALIASES[first] ?? first
  if (!Object.hasOwn(COMMANDS, name)) throw await unknownCommand(first)
  const command = await COMMANDS[name]!.load()
  const parsed = parseArgs(
    {command: name, flags: command.flags, maxPositionals: command.maxPositionals},
    rest,
    terminal.env,
  )
  if (parsed.help) {
    const {commandHelp} = await import('./help.ts')
    terminal.out(commandHelp(command))
    return 0
  }
  return await command.run({values: parsed.values, positionals: parsed.positionals, terminal})
}

async function unknownCommand(name: string): Promise<MayflyError> {
  const {nearest} = await import('../manifest/nearest.ts')
  const visible = Object.keys(COMMANDS).filter(known => !COMMANDS[known]!.hidden)
  const known = nearest(name, visible)
  const looksLikeSource = /[./]/.test(name)
  const suggestion = looksLikeSource
    ? `did you mean \`mayfly up ${name}\`?`
    : known === undefined
      ? `commands: ${visible.join(', ')}`
      : `did you mean \`mayfly ${known}\`?`
  return new MayflyError('CLI_UNKNOWN_COMMAND', {name, suggestion})
}
