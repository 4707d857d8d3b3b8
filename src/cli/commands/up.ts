// cli/commands/up.ts: mayfly up.
import {GUEST_NODE_FLAGS, mayRunGuests} from '../../server/node-flags.ts'
import {defineCommand} from '../command.ts'
import {UP_FLAGS} from '../up-flags.ts'
import {readUpOptions} from '../up-options.ts'

export const command = defineCommand({
  name: 'up',
  usage: '[spin.toml | DIR | handler.ts | app.wasm | app.wat] [OPTIONS]',
  summary: 'build what is stale, then serve; every request in a sandbox of its own',
  details: [
    'examples:',
    '  mayfly up                        the app in this directory',
    '  mayfly up shop --watch           the app in shop/, anew with every saved edit',
    '  mayfly up handler.ts --listen 127.0.0.1:0',
  ].join('\n'),
  flags: UP_FLAGS,
  maxPositionals: 1,
  async run(invocation) {
    const options = await readUpOptions(invocation)
    // One worker runs in this very process, which must then have been started as those are that run guests.
    if (options.workers === 1 && !mayRunGuests(process.execArgv)) restartForGuests()
    const {serve} = await import('../serve.ts')
    const {prepareApp, startApp} = await import('../compose.ts')
    const {forkWorker} = await import('../fork-worker.ts')
    return await serve(options, {
      prepare: prepareApp,
      startApp,
      fork: forkWorker,
      terminal: invocation.terminal,
    })
  },
})

/** Puts the same command in this process's place, with the flags; where a system cannot do that, they are done without. */
function restartForGuests(): void {
  const {execve, execPath, execArgv, argv, env} = process
  if (execve === undefined || process.platform === 'win32') return
  const missing = GUEST_NODE_FLAGS.filter(flag => !execArgv.includes(flag))
  execve.call(process, execPath, [execPath, ...execArgv, ...missing, ...argv.slice(1)], env)
}
