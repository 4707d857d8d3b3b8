// build/command.ts: a component that is built by commands of its own.
import {spawn} from 'node:child_process'
import {createInterface} from 'node:readline'
import {MayflyError} from '../base/errors.ts'

export type CommandOptions = Readonly<{
  component: string
  /** Absolute. */
  workdir: string
  output: (line: string) => void
  signal?: AbortSignal
}>

/**
 * Runs the commands one after the other by the shell and passes on what they print.
 * @throws BUILD_COMMAND at the first that fails
 */
export async function runCommands(commands: readonly string[], options: CommandOptions): Promise<void> {
  for (const command of commands) {
    const reason = await run(command, options)
    if (reason === undefined) continue
    throw new MayflyError('BUILD_COMMAND', {component: options.component, command, reason})
  }
}

/** Resolves to why it failed, or to undefined. */
function run(command: string, {workdir, output, signal}: CommandOptions): Promise<string | undefined> {
  if (signal?.aborted) return Promise.resolve('it was stopped')
  return new Promise(resolve => {
    // A group of its own, so that stopping it stops what it started.
    const grouped = process.platform !== 'win32'
    const child = spawn(command, {
      cwd: workdir,
      shell: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: grouped,
    })
    const stop = () => {
      if (child.pid === undefined) return
      try {
        if (grouped) process.kill(-child.pid, 'SIGTERM')
        else child.kill()
      } catch {
        // It has ended meanwhile.
      }
    }
    signal?.addEventListener('abort', stop, {once: true})
    for (const stream of [child.stdout, child.stderr]) createInterface({input: stream}).on('line', output)
    const end = (reason: string | undefined) => {
      signal?.removeEventListener('abort', stop)
      resolve(signal?.aborted ? 'it was stopped' : reason)
    }
    child.once('error', error => end(spawnReason(error, workdir)))
    child.once('close', (exitCode, endedBy) => {
      if (exitCode === 0) end(undefined)
      else end(endedBy === null ? `exit code ${exitCode}` : `ended by ${endedBy}`)
    })
  })
}

/** Node names the shell in the error of a folder that does not exist. */
const spawnReason = (error: Error, workdir: string): string =>
  (error as {code?: unknown}).code === 'ENOENT' ? `the folder ${workdir} does not exist` : error.message
