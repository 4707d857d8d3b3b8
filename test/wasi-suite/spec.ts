// test/wasi-suite/spec.ts: a test of WebAssembly/wasi-testsuite: NAME.wasm, and NAME.json beside it with what to do.
import {existsSync, readdirSync, readFileSync} from 'node:fs'
import {basename, join, relative} from 'node:path'

export type Endpoint = Readonly<{
  method?: string
  path?: string
  mode?: 'static' | 'echo-body' | 'echo-headers'
  response?:
    | string
    | Readonly<{
        status?: number
        headers?: Readonly<Record<string, string>>
        body?: string
        chunks?: readonly string[]
        trailers?: Readonly<Record<string, string>>
      }>
}>

/** The guest finds its address in HTTP_SERVER_NAME; `closed` is one where nobody listens. */
export type ServerSpec = Readonly<{
  name: string
  kind?: 'listening' | 'closed'
  endpoints?: readonly Endpoint[]
}>

export type Operation = Readonly<
  | {type: 'run'; args?: readonly string[]; env?: Readonly<Record<string, string>>; root?: string | null}
  | {type: 'wait'; exit_code?: number}
  | {type: 'read'; id?: 'stdout' | 'stderr'; payload?: string}
  | {type: 'write'; payload?: string}
  | {type: 'connect'; id?: string; protocol_type?: string}
  | {type: 'send' | 'recv'; id: string; payload?: string}
  | {
      type: 'request'
      method?: string
      path?: string
      headers?: Readonly<Record<string, string>>
      body?: string
      response?: Readonly<{status?: number; headers?: Readonly<Record<string, string>>; body?: string}>
    }
  | {type: 'kill'; signal?: NodeJS.Signals}
>

export type Case = Readonly<{
  /** 'rust/testsuite/wasm32-wasip3/random' */
  name: string
  /** Absolute. */
  wasm: string
  version: 'wasip1' | 'wasip3'
  world: 'wasi:cli/command' | 'wasi:http/service'
  proposals: readonly string[]
  servers: readonly ServerSpec[]
  operations: readonly Operation[]
}>

type Config = Partial<Pick<Case, 'world' | 'proposals' | 'servers' | 'operations'>> &
  Readonly<{
    args?: readonly string[]
    env?: Readonly<Record<string, string>>
    root?: string | null
    exit_code?: number
    stdout?: string
    stderr?: string
  }>

/** All tests below `directory`, in order. */
export function casesIn(directory: string): Case[] {
  return readdirSync(directory, {recursive: true, withFileTypes: true})
    .filter(entry => entry.isFile() && entry.name.endsWith('.wasm'))
    .map(entry => join(entry.parentPath, entry.name))
    .filter(wasm => /wasm32-wasip[13]/.test(wasm))
    .sort()
    .map(wasm => caseOf(directory, wasm))
}

function caseOf(directory: string, wasm: string): Case {
  const json = wasm.replace(/\.wasm$/, '.json')
  const config: Config = existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : {}
  const {world = 'wasi:cli/command', proposals = [], servers = []} = config
  return {
    name: join(relative(directory, join(wasm, '..')), basename(wasm, '.wasm')),
    wasm,
    version: wasm.includes('wasip3') ? 'wasip3' : 'wasip1',
    world,
    proposals,
    servers,
    operations: config.operations ?? operationsOf(config),
  }
}

/** The older form: one run, and what it prints and ends with. */
function operationsOf({args, env, root, exit_code, stdout, stderr}: Config): Operation[] {
  const run: Operation = {
    type: 'run',
    ...(args && {args}),
    ...(env && {env}),
    ...(root != null && {root}),
  }
  return [
    run,
    ...(stdout === undefined ? [] : [{type: 'read', id: 'stdout', payload: stdout} as const]),
    ...(stderr === undefined ? [] : [{type: 'read', id: 'stderr', payload: stderr} as const]),
    {type: 'wait', ...(exit_code !== undefined && {exit_code})},
  ]
}
