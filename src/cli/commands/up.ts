// cli/commands/up.ts: mayfly up.
import {takeOwnTurns} from '../../engine/own-turns.ts'
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
    // One worker runs in this very process, which was not started as those are that run guests.
    if (options.workers === 1 && !mayRunGuests(process.execArgv)) {
      if ((options.settings.sandboxes ?? 0) > SANDBOXES_IN_PLAIN_NODE) restartForGuests()
      takeOwnTurns()
    }
    const {serve} = await import('../serve.ts')
    const {forkWorker} = await import('../fork-worker.ts')
    return await serve(options, {
      // Loaded when workers have been forked: they come up meanwhile.
      prepare: async what => await (await import('../compose.ts')).prepareApp(what),
      startApp: async what => await (await import('../compose.ts')).startApp(what),
      fork: forkWorker,
      terminal: invocation.terminal,
    })
  },
})

/** V8's own limit of the heap has room for more, if not for twice as many. To start again costs as long as Node takes. */
const SANDBOXES_IN_PLAIN_NODE = 2_000

/** Puts the same command in this process's place, with the flags; where a system cannot do that, they are done without. */
function restartForGuests(): void {
  const {execve, execPath, execArgv, argv, env} = process
  if (execve === undefined || process.platform === 'win32') return
  const missing = GUEST_NODE_FLAGS.filter(flag => !execArgv.includes(flag))
  execve.call(process, execPath, [execPath, ...execArgv, ...missing, ...argv.slice(1)], env)
}
