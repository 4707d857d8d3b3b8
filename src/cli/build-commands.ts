// cli/build-commands.ts: the build commands of a manifest.
import {spawn} from 'node:child_process'
import {resolve} from 'node:path'
import {MayflyError} from '../base/errors.ts'
import type {Build} from '../manifest/app.ts'

/**
 * Runs the commands one after the other, in the shell, in the build's directory; what they print goes to stderr, so
 * that stdout stays ours.
 * @throws BUILD_COMMAND for the first that fails
 */
export async function runBuildCommands(component: string, build: Build, root: string): Promise<void> {
  const cwd = resolve(root, build.workdir ?? '.')
  for (const command of build.commands) {
    const outcome = await new Promise<string | undefined>(done => {
      const child = spawn(command, {cwd, shell: true, stdio: ['ignore', 2, 2]})
      child.on('error', error => done(error.message))
      child.on('exit', (code, signal) => {
        if (code === 0) done(undefined)
        else done(signal === null ? `exit code ${code}` : `signal ${signal}`)
      })
    })
    if (outcome !== undefined) throw new MayflyError('BUILD_COMMAND', {component, command, reason: outcome})
  }
}
