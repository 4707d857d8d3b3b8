#!/usr/bin/env node
// bin/mayfly.js: starts the command line on a Node that is new enough. Plain JavaScript that runs on Node 20.
import {existsSync} from 'node:fs'
import * as module from 'node:module'
import {homedir} from 'node:os'
import {dirname, join} from 'node:path'
import {fileURLToPath, pathToFileURL} from 'node:url'

const NEEDED_MAJOR = 26
/** As in server/node-flags.ts. */
const GUEST_NODE_FLAGS = [
  '--disable-warning=ExperimentalWarning',
  '--no-force-async-hooks-checks',
  '--max-old-space-size=60000',
  '--min-semi-space-size=2',
  '--max-semi-space-size=2',
  '--no-wasm-inlining',
]
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
const self = fileURLToPath(import.meta.url)
const packageRoot = dirname(dirname(self))

if (Number(process.versions.node.split('.')[0]) < NEEDED_MAJOR) await runOnNewerNode()
else {
  if (runsGuests() && process.execArgv.length === 0) restartForGuests()
  await runHere()
}

/** Whether this very process is to run guests, as far as can be told before anything is loaded. */
function runsGuests() {
  return /^up\0.*--workers[=\0]1(\0|$)/.test(process.argv.slice(2).join('\0'))
}

/** Puts the same command in this process's place; `up` does it later where this did not. */
function restartForGuests() {
  if (process.execve === undefined || process.platform === 'win32') return
  process.execve(
    process.execPath,
    [process.execPath, ...GUEST_NODE_FLAGS, ...process.argv.slice(1)],
    process.env,
  )
}

async function runHere() {
  hideExperimentalWarnings()
  if (process.env.NODE_COMPILE_CACHE === undefined) module.enableCompileCache(join(cacheDir(), 'node'))
  const source = join(packageRoot, 'src/cli/main.ts')
  const main = existsSync(source) ? source : join(packageRoot, 'dist/cli/main.js')
  const {main: run} = await import(pathToFileURL(main).href)
  await run(process.argv.slice(2))
}

/** What `--disable-warning=ExperimentalWarning` does, for a process that has started without it. */
function hideExperimentalWarnings() {
  const emitWarning = process.emitWarning
  process.emitWarning = (warning, ...rest) => {
    const type = typeof rest[0] === 'object' ? rest[0]?.type : rest[0]
    if (type !== 'ExperimentalWarning') emitWarning.call(process, warning, ...rest)
  }
}

function cacheDir() {
  if (process.env.MAYFLY_CACHE_DIR) return process.env.MAYFLY_CACHE_DIR
  if (process.env.XDG_CACHE_HOME) return join(process.env.XDG_CACHE_HOME, 'mayfly')
  return join(homedir(), '.cache', 'mayfly')
}

async function runOnNewerNode() {
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
  const {spawn} = await import('node:child_process')
  const flags = runsGuests() ? GUEST_NODE_FLAGS : []
  const child = spawn(node, [...flags, self, ...process.argv.slice(2)], {stdio: 'inherit'})
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
  const {resolve} = module.createRequire(self)
  const names = [`node-${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`]
  names.push(names[0].replace(/^node-/, 'node-bin-'))
  const program = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'
  for (const name of names) {
    try {
      const found = join(dirname(resolve(`${name}/package.json`)), program)
      if (existsSync(found)) return found
    } catch {
      // Not installed here; try the next.
    }
  }
  return undefined
}
