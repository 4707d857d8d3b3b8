// test/wasi-suite/session.ts: one test as it runs: its process, and what its operations talk to.
import {type ChildProcessWithoutNullStreams, spawn} from 'node:child_process'
import {once} from 'node:events'
import {cpSync, mkdtempSync, realpathSync, rmSync} from 'node:fs'
import {request as httpRequest, type IncomingMessage} from 'node:http'
import {connect, type Socket} from 'node:net'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import type {Readable} from 'node:stream'
import {startServers} from './endpoints.ts'
import type {Runtime} from './runtimes.ts'
import type {Case, Operation} from './spec.ts'

/** An operation that takes longer has failed. */
const PATIENCE_MS = 30_000

export type Verdict = Readonly<{passed: boolean; reason: string}>

/** Runs a test in directories of its own. */
export async function runCase(test: Case, runtime: Runtime): Promise<Verdict> {
  const scratch = mkdtempSync(join(realpathSync(tmpdir()), 'mayfly-suite-'))
  const servers = await startServers(test.servers)
  const session = new Session(test, runtime, {scratch, env: servers.env})
  try {
    for (const operation of test.operations) await inTime(operation.type, session.do(operation))
    return {passed: true, reason: ''}
  } catch (error) {
    await session.end()
    const reason = `${(error as Error).message}\n${session.stderr}`.trim()
    return {passed: false, reason}
  } finally {
    await session.end()
    servers.close()
    rmSync(scratch, {recursive: true, force: true})
  }
}

async function inTime(what: string, work: Promise<void>): Promise<void> {
  const {promise, reject} = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`${what} takes too long`)), PATIENCE_MS)
  try {
    await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

function expect(what: string, actual: unknown, expected: unknown): void {
  if (actual !== expected)
    throw new Error(`${what}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`)
}

/** What a pipe or socket has given so far; `take` waits for as many bytes, or its end. */
class Bytes {
  all = Buffer.alloc(0)
  #taken = 0
  #ended = false
  #changed = Promise.withResolvers<void>()

  constructor(readable: Readable | Socket) {
    const change = (): void => {
      this.#changed.resolve()
      this.#changed = Promise.withResolvers()
    }
    readable.on('data', chunk => {
      this.all = Buffer.concat([this.all, chunk])
      change()
    })
    const end = (): void => {
      this.#ended = true
      change()
    }
    readable.on('close', end).on('end', end).on('error', end)
  }

  async take(isEnough: (left: Buffer) => number): Promise<string> {
    for (;;) {
      const left = this.all.subarray(this.#taken)
      const count = this.#ended ? Math.max(0, isEnough(left)) || left.length : isEnough(left)
      if (count >= 0) {
        this.#taken += count
        return left.subarray(0, count).toString()
      }
      await this.#changed.promise
    }
  }

  bytes = (length: number): Promise<string> => this.take(left => (left.length >= length ? length : -1))

  line = (): Promise<string> =>
    this.take(left => {
      const end = left.indexOf(10)
      return end < 0 ? -1 : end + 1
    })
}

class Session {
  readonly #test: Case
  readonly #runtime: Runtime
  readonly #place: Readonly<{scratch: string; env: Readonly<Record<string, string>>}>
  #child: ChildProcessWithoutNullStreams | undefined
  #exited: Promise<unknown> | undefined
  #stdout: Bytes | undefined
  #stderr: Bytes | undefined
  readonly #sockets = new Map<string, {socket: Socket; bytes: Bytes}>()
  #base: string | undefined

  constructor(
    test: Case,
    runtime: Runtime,
    place: Readonly<{scratch: string; env: Readonly<Record<string, string>>}>,
  ) {
    this.#test = test
    this.#runtime = runtime
    this.#place = place
  }

  get stderr(): string {
    return this.#stderr?.all.toString() ?? ''
  }

  async do(operation: Operation): Promise<void> {
    switch (operation.type) {
      case 'run':
        return this.#run(operation)
      case 'wait': {
        this.#child!.stdin.end()
        const [code, signal] = (await this.#exited) as [number | null, string | null]
        return expect('exit code', code ?? signal, operation.exit_code ?? 0)
      }
      case 'read': {
        const {id = 'stdout', payload = ''} = operation
        const bytes = id === 'stdout' ? this.#stdout! : this.#stderr!
        return expect(id, await bytes.bytes(Buffer.byteLength(payload)), payload)
      }
      case 'write':
        this.#child!.stdin.write(operation.payload ?? '')
        return
      case 'connect':
        return this.#connect(operation.id ?? 'server')
      case 'send':
        this.#sockets.get(operation.id)!.socket.write(operation.payload ?? '')
        return
      case 'recv': {
        const {id, payload = ''} = operation
        const {bytes} = this.#sockets.get(id)!
        return expect(id, await bytes.bytes(Buffer.byteLength(payload)), payload)
      }
      case 'request':
        return this.#request(operation)
      case 'kill':
        this.#child!.kill(operation.signal ?? 'SIGTERM')
    }
  }

  async #run({args = [], env = {}, root}: Operation & {type: 'run'}): Promise<void> {
    const {scratch, env: servers} = this.#place
    const guestRoot = root == null ? undefined : join(scratch, 'root')
    if (guestRoot !== undefined)
      cpSync(join(dirname(this.#test.wasm), root!), guestRoot, {recursive: true, verbatimSymlinks: true})
    const run = {args, env: {...env, ...servers}, root: guestRoot, scratch}
    const [program, argv] = this.#runtime(this.#test, run)
    const child = spawn(program, argv, {cwd: scratch})
    child.stdin.on('error', () => {})
    this.#child = child
    this.#exited = once(child, 'close')
    this.#stdout = new Bytes(child.stdout)
    this.#stderr = new Bytes(child.stderr)
    await once(child, 'spawn')
  }

  /** The guest prints HOST:PORT first. */
  async #connect(id: string): Promise<void> {
    const line = await this.#stdout!.line()
    const [, host, port] = /^(.*):(\d+)\s*$/.exec(line) ?? []
    if (host === undefined) throw new Error(`no address: ${JSON.stringify(line)}`)
    const socket = connect(Number(port), host)
    await once(socket, 'connect')
    socket.on('error', () => {})
    this.#sockets.set(id, {socket, bytes: new Bytes(socket)})
  }

  /** Whoever serves prints its address in its first line, on one of its outputs. */
  async #address(): Promise<string> {
    const first = await Promise.race([this.#stdout!.line(), this.#stderr!.line()])
    const [address] = /http:\/\/\S+/.exec(first) ?? []
    if (address === undefined) throw new Error(`no address: ${JSON.stringify(first)}`)
    return address
  }

  async #request({
    method = 'GET',
    path = '/',
    headers = {},
    body = '',
    response = {},
  }: Operation & {type: 'request'}) {
    this.#base ??= await this.#address()
    const url = `${this.#base.replace(/\/$/, '')}${path.startsWith('/') ? '' : '/'}${path}`
    const request = httpRequest(url, {method, headers, agent: false})
    request.end(body)
    const [answer] = (await once(request, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of answer) chunks.push(chunk)
    expect(`status of ${path}`, answer.statusCode, response.status ?? 200)
    for (const [name, value] of Object.entries(response.headers ?? {}))
      expect(name, answer.headers[name.toLowerCase()], value)
    expect(`body of ${path}`, Buffer.concat(chunks).toString(), response.body ?? '')
  }

  async end(): Promise<void> {
    for (const {socket} of this.#sockets.values()) socket.destroy()
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await this.#exited
  }
}
