#!/usr/bin/env node
// bin/mayfly.js: starts the command line on a Node that is new enough. CommonJS, which Node starts some milliseconds
// sooner than a module, and plain JavaScript that runs on Node 20.
'use strict'
const {existsSync} = require('node:fs')
const {dirname, join} = require('node:path')

const NEEDED_MAJOR = 26
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

if (Number(process.versions.node.split('.')[0]) < NEEDED_MAJOR) runOnNewerNode()
else {
  hideExperimentalWarnings()
  const args = process.argv.slice(2)
  const {dropFirst, forkFirst, forkWorker, needsWorkers} = require('./fork-worker.js')
  if (needsWorkers(args) && existsSync(join(__dirname, '../dist/cli/main.cjs'))) forkFirst()
  require('./load.js')
    .load(dirname(__dirname))
    .then(({main, code}) => {
      // It was forked for the script.
      if (code.identity === undefined) dropFirst()
      return main(args, code, forkWorker)
    })
    .finally(dropFirst)
}

/** What `--disable-warning=ExperimentalWarning` does, for a process that has started without it. */
function hideExperimentalWarnings() {
  const emitWarning = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    const type = typeof rest[0] === 'object' ? rest[0]?.type : rest[0]
    if (type !== 'ExperimentalWarning') emitWarning.call(process, warning, ...rest)
  }
}

function runOnNewerNode() {
  const node = newerNode()
  if (node === undefined) {
    console.error(
      `error[NODE_TOO_OLD]: Mayfly needs Node ${NEEDED_MAJOR}; this is ${process.versions.node}, and the package that brings a newer one is not installed\n` +
        `  hint: reinstall without --omit=optional, or install Node ${NEEDED_MAJOR}`,
    )
    process.exitCode = 1
    return
  }
  // The child gets the terminal and the signals; this process only waits for it.
  const {spawn} = require('node:child_process')
  const child = spawn(node, [__filename, ...process.argv.slice(2)], {stdio: 'inherit'})
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal))
  child.on('error', error => {
    console.error(`error[NODE_TOO_OLD]: cannot start ${node}: ${error.message}`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    // Die of the same signal, so that a shell or a service manager sees the truth.
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** The Node that npm installed for this platform, beside this package or above it. */
function newerNode() {
  const names = [`node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`]
  names.push(names[0].replace(/^node-/, 'node-bin-'))
  const program = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'
  for (const name of names) {
    try {
      const found = join(dirname(require.resolve(`${name}/package.json`)), program)
      if (existsSync(found)) return found
    } catch {
      // Not installed here; try the next.
    }
  }
  return undefined
}
