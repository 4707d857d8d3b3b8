// cli/fork-worker.ts: a worker process: this very launcher with the hidden command `worker`.
import {type ChildProcess, fork} from 'node:child_process'
import {fileURLToPath} from 'node:url'
import {GUEST_NODE_FLAGS} from '../server/node-flags.ts'

const LAUNCHER = fileURLToPath(new URL('../../bin/mayfly.js', import.meta.url))

/** Output goes straight to our own stdout and stderr, so that no line passes through two processes. */
export function forkWorker(): ChildProcess {
  return fork(LAUNCHER, ['worker'], {
    execArgv: [...GUEST_NODE_FLAGS],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
}
