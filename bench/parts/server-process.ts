// bench/parts/server-process.ts: servers as processes of their own, ended with this one.
import {type ChildProcess, spawn} from 'node:child_process'
import {pinned} from './machine.ts'

export type ServerProcess = Readonly<{
  url: string
  pid: number
  /** What it has printed; the beginning of it, if that is much. */
  output(): string
  stop(): Promise<void>
}>

export type ServerOptions = Readonly<{core?: number | undefined; env?: NodeJS.ProcessEnv}>

/** All these servers say where they listen, on stdout or stderr. */
const ADDRESS = /http:\/\/127\.0\.0\.1:\d+/
const START_MS = 120_000

const alive = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

/** @throws Error with what it printed, when it ends before it listens */
export async function startServer(
  argv: readonly string[],
  options: ServerOptions = {},
): Promise<ServerProcess> {
  const [command, ...args] = pinned(options.core, argv)
  const child = spawn(command!, args, {env: options.env ?? process.env, stdio: ['ignore', 'pipe', 'pipe']})
  alive.add(child)
  let output = ''
  const ended = new Promise<void>(resolve =>
    child.once('close', () => {
      alive.delete(child)
      resolve()
    }),
  )
  const url = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => fail('did not listen in time'), START_MS)
    const fail = (reason: string): void => {
      clearTimeout(timer)
      reject(new Error(`${argv.join(' ')} ${reason}:\n${output}`))
    }
    const read = (chunk: Buffer): void => {
      if (output.length > 65_536) return
      output += chunk
      const found = ADDRESS.exec(output)
      if (found === null) return
      clearTimeout(timer)
      resolve(found[0])
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.once('error', error => fail(error.message))
    child.once('exit', code => fail(`ended with ${code}`))
  }).catch(error => {
    child.kill('SIGKILL')
    throw error
  })
  return {
    url,
    pid: child.pid!,
    output: () => output,
    async stop() {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
      await ended
      clearTimeout(timer)
    },
  }
}
