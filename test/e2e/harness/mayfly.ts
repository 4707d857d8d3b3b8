// e2e/harness/mayfly.ts: the command line as a user runs it, in a process of its own.
import {type ChildProcess, spawn} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {until} from './until.ts'

const LAUNCHER = fileURLToPath(new URL('../../../bin/mayfly.js', import.meta.url))

/** Longer than anything here takes on a busy machine. */
const START_MS = 90_000
const END_MS = 20_000

type After = Readonly<{after(done: () => Promise<void>): void}>

export type RunOptions = Readonly<{cwd?: string; env?: Readonly<Record<string, string>>}>

export type Ended = Readonly<{code: number | null; signal: NodeJS.Signals | null}>

/** A line of the request log. */
export type Logged = Readonly<{
  method: string
  path: string
  component?: string
  status: number
  ms: number
  sandbox: string
  memoryTouchedBytes: number
  error?: {code: string; message: string}
}>

export type Mayfly = Readonly<{
  url: string
  port: number
  pid: number
  out: () => string
  err: () => string
  /** All requests logged so far. */
  logged: () => readonly Logged[]
  /** The first request logged for which `is` holds, as soon as there is one. */
  untilLogged: (is: (line: Logged) => boolean) => Promise<Logged>
  /** Processes that serve: its children, or itself where it serves alone. */
  workers: () => readonly number[]
  ended: Promise<Ended>
  /** SIGTERM, then how it ended. */
  stop: () => Promise<Ended>
}>

function start(args: readonly string[], {cwd, env}: RunOptions): ChildProcess {
  return spawn(process.execPath, [LAUNCHER, ...args], {
    ...(cwd === undefined ? {} : {cwd}),
    env: {...process.env, NO_COLOR: '1', ...env},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
}

function collect(child: ChildProcess): {out: () => string; err: () => string; ended: Promise<Ended>} {
  let out = ''
  let err = ''
  child.stdout!.setEncoding('utf8').on('data', text => (out += text))
  child.stderr!.setEncoding('utf8').on('data', text => (err += text))
  const ended = new Promise<Ended>(resolve => child.on('close', (code, signal) => resolve({code, signal})))
  return {out: () => out, err: () => err, ended}
}

/** Runs a command to its end. */
export async function run(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended & Readonly<{out: string; err: string}>> {
  const child = start(args, options)
  const {out, err, ended} = collect(child)
  const timer = setTimeout(() => child.kill('SIGKILL'), START_MS)
  const how = await ended
  clearTimeout(timer)
  return {...how, out: out(), err: err()}
}

/**
 * `mayfly up ARGS` on a free port, with one worker unless told otherwise; ended with the test.
 * @throws Error with its stderr when it ends before it serves
 */
export async function up(test: After, args: readonly string[], options: RunOptions = {}): Promise<Mayfly> {
  const defaults = ['--listen', '127.0.0.1:0', '--log-format', 'json']
  if (!args.includes('--workers')) defaults.push('--workers', '1')
  const child = start(['up', ...args, ...defaults], options)
  const {out, err, ended} = collect(child)
  let over: Ended | undefined
  void ended.then(how => (over = how))

  const end = async (): Promise<Ended> => {
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), END_MS)
    const how = await ended
    clearTimeout(timer)
    return how
  }
  test.after(async () => {
    if (over === undefined) await end()
  })

  const serving = (): RegExpExecArray | null => /^Serving (https?:\/\/[^\s:]+:(\d+))$/m.exec(out())
  await until(() => serving() !== null || over !== undefined, {ms: START_MS, what: () => err() || 'Serving'})
  const [, url, port] = serving() ?? []
  if (url === undefined) throw new Error(`it ended with ${JSON.stringify(over)}:\n${err()}`)

  const logged = (): Logged[] => logLines(err())
  return {
    url,
    port: Number(port),
    pid: child.pid!,
    out,
    err,
    logged,
    async untilLogged(is) {
      await until(() => logged().some(is), {
        what: () => `a line of the log; there are\n${err().slice(-2000)}`,
      })
      return logged().find(is)!
    },
    workers() {
      const children = childrenOf(child.pid!)
      return children.length === 0 ? [child.pid!] : children
    },
    ended,
    stop: end,
  }
}

function logLines(text: string): Logged[] {
  const lines = text.split('\n')
  lines.pop()
  return lines.filter(line => line.startsWith('{"time"')).map(line => JSON.parse(line))
}

function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return children === '' ? [] : children.split(' ').map(Number)
  } catch {
    return []
  }
}

/** What of a process's memory is in RAM, in MiB; 0 where the system does not tell. */
export function residentMb(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
  } catch {
    return 0
  }
}
