// bench/start.ts: from process start to the first answer of a component, against `node -e 0`, fresh processes in turn.
//
// node bench/start.ts [component.wasm] [--rounds N] [--mayfly bin/mayfly.js] [-- flags of `up`]
// WASMTIME names a wasmtime that is not on the PATH.
import {type ChildProcess, execFileSync, spawn} from 'node:child_process'
import {copyFileSync, mkdtempSync, rmSync} from 'node:fs'
import {createServer, request} from 'node:http'
import type {AddressInfo} from 'node:net'
import {cpus, tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {wasmtime} from '../test/wasmtime.ts'

const OWN = 'bin/mayfly.js'
const {values, positionals, tokens} = parseArgs({
  allowPositionals: true,
  tokens: true,
  options: {rounds: {type: 'string', default: '9'}, mayfly: {type: 'string', default: OWN}},
})
const terminator = tokens.find(({kind}) => kind === 'option-terminator')?.index
const own = terminator === undefined ? positionals : positionals.slice(0, 1)
/** Of `up`: one process, and as many as there are cores. */
const variants = terminator === undefined ? [['--workers', '1'], []] : [process.argv.slice(terminator + 3)]
const rounds = Number(values.rounds)

const scratch = mkdtempSync(join(tmpdir(), 'mayfly-start-'))
const component = join(scratch, 'hello.wasm')
copyFileSync(own[0] ?? 'examples/hello/dist/hello.wasm', component)

type Contender = Readonly<{name: string; run: () => Promise<number>}>

/** Milliseconds from before the process is made to its end, or, for a server, to its first whole answer. */
const toEnd = (args: readonly string[]): Promise<number> =>
  new Promise((resolve, reject) => {
    const start = performance.now()
    spawn(process.execPath, args, {stdio: 'ignore'})
      .on('error', reject)
      .on('exit', () => resolve(performance.now() - start))
  })

async function toAnswer(command: string, args: readonly string[], serving: RegExp): Promise<number> {
  const start = performance.now()
  const child = spawn(command, args, {stdio: ['ignore', 'pipe', 'pipe']})
  try {
    await answer(await announced(child, serving))
    return performance.now() - start
  } finally {
    const ended = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGTERM')
    await ended
  }
}

/** The port that a server says it serves on. */
const announced = (child: ChildProcess, serving: RegExp): Promise<number> =>
  new Promise((resolve, reject) => {
    let said = ''
    const hear = (chunk: Buffer) => {
      said += chunk
      const port = serving.exec(said)?.[1]
      if (port !== undefined) resolve(Number(port))
    }
    child.stdout!.on('data', hear)
    child.stderr!.on('data', hear)
    child.on('error', reject)
    child.on('exit', code => reject(new Error(`it ended with code ${code}: ${said}`)))
  })

const answer = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    request({host: '127.0.0.1', port, agent: false}, response => {
      if (response.statusCode !== 200) reject(new Error(`it answered ${response.statusCode}`))
      response.resume().on('end', resolve)
    })
      .on('error', reject)
      .end()
  })

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const {port} = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

const floor: Contender = {name: 'node -e 0', run: () => toEnd(['-e', '0'])}
const contenders: Contender[] = [
  floor,
  ...variants.map(flags => ({
    name: `mayfly up ${flags.join(' ')}`,
    run: async () => {
      const up = [
        values.mayfly,
        'up',
        component,
        '--quiet',
        '--listen',
        `127.0.0.1:${await freePort()}`,
        ...flags,
      ]
      return await toAnswer(process.execPath, up, /^Serving http:.*:(\d+)/m)
    },
  })),
]
const peer = wasmtime
if (peer !== undefined)
  contenders.push({
    name: 'wasmtime serve, nothing compiled before',
    run: async () => {
      const address = `127.0.0.1:${await freePort()}`
      const args = ['serve', '-Scli', '-Ccache=n', '--addr', address, component]
      return await toAnswer(peer, args, /Serving HTTP on http:.*:(\d+)/)
    },
  })

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1]!

try {
  // As npm does when it installs; the sources may have changed since.
  if (values.mayfly === OWN) execFileSync(process.execPath, ['scripts/bundle-cli.js'])
  // The round before the first fills the caches of our own code and of the files.
  const times = new Map<Contender, number[]>(contenders.map(contender => [contender, []]))
  for (let round = -1; round < rounds; round++)
    for (const contender of round & 1 ? contenders : contenders.toReversed()) {
      const ms = await contender.run()
      if (round >= 0) times.get(contender)!.push(ms)
    }
  console.log(`${cpus()[0]?.model}, node ${process.versions.node}, medians of ${rounds} rounds`)
  console.log('      ms   of `node -e 0`')
  for (const [{name}, taken] of times) {
    const ratio = median(taken) / median(times.get(floor)!)
    console.log(`${median(taken).toFixed(1).padStart(8)} ${ratio.toFixed(2).padStart(8)}   ${name}`)
  }
  if (peer === undefined) console.log('wasmtime is not installed')
} finally {
  rmSync(scratch, {recursive: true, force: true})
}
