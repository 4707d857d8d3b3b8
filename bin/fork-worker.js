// bin/fork-worker.js: worker processes: this launcher with the hidden command `worker`. The first is forked before anything
// else is loaded: Node takes as long to start it as this process takes to find out what it is to serve.
'use strict'
const {join} = require('node:path')

/** As in src/server/node-flags.ts, which says what they are for. */
const GUEST_NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--no-force-async-hooks-checks',
  '--max-old-space-size=60000',
  '--min-semi-space-size=8',
  '--max-semi-space-size=8',
]
exports.GUEST_NODE_FLAGS = GUEST_NODE_FLAGS

/**
 * What a component's code is copied to, when V8 takes it over, is had from the system in pages of 2 MB where it has them:
 * in small ones that takes longer than all else that V8 then does with it. Only the start of a process sets this.
 */
const HUGE_PAGES = 'glibc.malloc.hugetlb=1'

/** As in src/cli/commands.ts. */
const SERVING = ['up', 'u', 'serve']

/** Whether a command line is to be served by several processes, if nothing is wrong with it. */
exports.needsWorkers = (args, platform = process.platform) => {
  if (platform !== 'linux' || !SERVING.includes(args[0]) || args.includes('--help') || args.includes('-h'))
    return false
  const asked = /\0--workers[=\0](\d+)(?!.*\0--workers[=\0])/s.exec(`\0${args.join('\0')}`)
  return Number(asked?.[1] ?? require('node:os').availableParallelism()) > 1
}

let early

exports.forkFirst = () => {
  early = fork('script')
}

/** That it was forked for nothing is not to be seen. */
exports.dropFirst = () => {
  early?.kill('SIGKILL')
  early = undefined
}

/** Returns a process that runs what this one does: the `script`, or the `sources`. */
exports.forkWorker = code => {
  const first = early
  early = undefined
  return first !== undefined && isAlive(first) ? first : fork(code)
}

/** Of one that has ended already, nobody would be told any more. */
const isAlive = ({pid, exitCode, signalCode}) => pid !== undefined && exitCode === null && signalCode === null

/** Output goes straight to our own stdout and stderr, so that no line passes through two processes. */
function fork(code) {
  const child = require('node:child_process').fork(join(__dirname, 'mayfly.js'), ['worker', code], {
    execArgv: GUEST_NODE_FLAGS,
    env: {GLIBC_TUNABLES: HUGE_PAGES, ...process.env},
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  // What cannot be started ends as what died at once; without a listener it would end this process.
  return child.on('error', () => {
    if (child.pid === undefined) child.emit('exit', 1, null)
  })
}
