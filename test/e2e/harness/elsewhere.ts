// e2e/harness/elsewhere.ts: a component served by another program, and what a client can tell two hosts apart by.
import {type ChildProcess, spawn} from 'node:child_process'
import net from 'node:net'
import {ask} from './client.ts'
import {until} from './until.ts'

type After = Readonly<{after(done: () => Promise<void>): void}>

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => server.once('listening', resolve))
  const {port} = server.address() as net.AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

/** Where it answers, as soon as it does. */
export async function serveElsewhere(
  t: After,
  cwd: string,
  commandLine: (port: number) => readonly string[],
): Promise<string> {
  const port = await freePort()
  const [program, ...args] = commandLine(port)
  const other: ChildProcess = spawn(program!, args, {cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true})
  let said = ''
  for (const stream of [other.stdout!, other.stderr!]) stream.on('data', data => (said += data))
  t.after(async () => {
    // With the processes that it started itself, which have its group.
    process.kill(-other.pid!, 'SIGKILL')
  })
  const url = `http://127.0.0.1:${port}`
  const isUp = (): Promise<boolean> =>
    ask(url).then(
      () => true,
      () => false,
    )
  await until(isUp, {ms: 60_000, what: () => said})
  return url
}

export type Question = readonly [path: string, method: string, body?: string]

export async function answersOf(
  url: string,
  questions: readonly Question[],
  headers: readonly string[],
): Promise<unknown[]> {
  const answers: unknown[] = []
  for (const [path, method, body] of questions) {
    const answer = await ask(url + path, {method, ...(body && {body})})
    answers.push([path, answer.status, ...headers.map(name => answer.headers[name]), answer.body])
  }
  return answers
}
