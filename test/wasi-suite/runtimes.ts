// test/wasi-suite/runtimes.ts: the command lines that run a test.
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import type {Case} from './spec.ts'

export type Run = Readonly<{
  args: readonly string[]
  env: Readonly<Record<string, string>>
  /** The directory that the guest sees as '/'. */
  root: string | undefined
  /** A directory for files of the runtime's own. */
  scratch: string
}>

export type Runtime = (test: Case, run: Run) => readonly [program: string, args: readonly string[]]

const LAUNCHER = fileURLToPath(new URL('../../bin/mayfly.js', import.meta.url))
const ANY_PORT = '127.0.0.1:0'

const environment = ({env}: Run): string[] =>
  Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`])
const directory = ({root}: Run): string[] => (root === undefined ? [] : ['--dir', `${root}::/`])

/** An app of one component, which may reach the network. */
const manifest = ({wasm}: Case, {env}: Run): string => `spin_manifest_version = 2
[application]
name = "suite"
version = "1.0.0"
[[trigger.http]]
route = "/..."
component = "guest"
[component.guest]
source = ${JSON.stringify(wasm)}
allowed_outbound_hosts = ["*://*:*"]
[component.guest.environment]
${Object.entries(env)
  .map(([name, value]) => `${name} = ${JSON.stringify(value)}\n`)
  .join('')}`

const mayfly: Runtime = (test, run) => {
  if (test.world === 'wasi:http/service') {
    const file = join(run.scratch, 'spin.toml')
    writeFileSync(file, manifest(test, run))
    return [process.execPath, [LAUNCHER, 'up', file, '--listen', ANY_PORT, '--workers', '1']]
  }
  const network = test.proposals.length > 0 ? ['--network'] : []
  return [
    process.execPath,
    [LAUNCHER, 'run', ...network, ...environment(run), ...directory(run), test.wasm, '--', ...run.args],
  ]
}

const wasmtime: Runtime = (test, run) => {
  const grants = [
    ...(test.proposals.includes('http') ? ['http'] : []),
    ...(test.proposals.includes('sockets') ? ['inherit-network'] : []),
  ]
  const p3 = test.version === 'wasip3' ? ['-Wcomponent-model-async', `-S${['p3', ...grants].join()}`] : []
  const serve = test.world === 'wasi:http/service' ? ['serve', '-Scli', `--addr=${ANY_PORT}`] : ['run']
  return ['wasmtime', [...serve, ...p3, ...environment(run), ...directory(run), test.wasm, ...run.args]]
}

export const RUNTIMES: Readonly<Record<string, Runtime>> = {mayfly, wasmtime}
