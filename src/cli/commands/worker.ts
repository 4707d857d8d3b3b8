// cli/commands/worker.ts: the process that the supervisor forks.
import {runWorker} from '../../server/worker.ts'
import {defineCommand} from '../command.ts'
import {startApp} from '../start-app.ts'

export const command = defineCommand({
  name: 'worker',
  usage: 'script | sources',
  summary: 'one worker process of `up`, which starts it',
  flags: {},
  maxPositionals: 1,
  async run() {
    if (!process.connected) return 2
    runWorker(startApp)
    // Ends by the supervisor's word, or when the supervisor is gone.
    return await new Promise<never>(() => {})
  },
})
