// bench/build.ts: a handler to a component: `mayfly build` with nothing in its cache, with its cache filled and with
// nothing to do, beside componentize-js on the same handler; fresh processes in turn.
//
// node bench/build.ts [--rounds N] [--mayfly bin/mayfly.js]
import {spawn} from 'node:child_process'
import {mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs'
import {cpus, tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {parseArgs} from 'node:util'
import {httpWorld} from '../src/build/javascript/world.ts'
import {type Bar, barLines, figure, holds, median, table} from './parts/figures.ts'

const {values} = parseArgs({
  options: {rounds: {type: 'string', default: '5'}, mayfly: {type: 'string', default: 'bin/mayfly.js'}},
})
const rounds = Number(values.rounds)
const mayfly = resolve(values.mayfly)
const scratch = mkdtempSync(join(tmpdir(), 'mayfly-build-bench-'))
const file = (name: string): string => join(scratch, name)

/** Both are given the same JavaScript, so that bundling is no advantage of the peer's. */
const HANDLER = `addEventListener('fetch', event =>
  event.respondWith(new Response('hello from ' + new URL(event.request.url).pathname)))\n`

/** It imports the WASI shim without depending on it; jco does, and brings it. */
const PEER = `import {readFile, writeFile} from 'node:fs/promises'
import {registerHooks} from 'node:module'
const parentURL = ${JSON.stringify(import.meta.resolve('@bytecodealliance/jco'))}
registerHooks({
  resolve: (name, context, next) => next(name, name.includes('preview2-shim') ? {...context, parentURL} : context),
})
const {componentize} = await import(${JSON.stringify(import.meta.resolve('@bytecodealliance/componentize-js'))})
const [sourcePath, wit, output] = process.argv.slice(2)
const witWorld = await readFile(wit, 'utf8')
const {component} = await componentize({sourcePath, witWorld, worldName: 'handler'})
await writeFile(output, component)\n`

/** Runs a process to its end; returns the milliseconds from before it was made. */
const timed = (args: readonly string[], cache: string): Promise<number> =>
  new Promise((done, reject) => {
    const start = performance.now()
    let said = ''
    const env = {...process.env, MAYFLY_CACHE_DIR: cache}
    const child = spawn(process.execPath, args, {env, cwd: scratch, stdio: ['ignore', 'pipe', 'pipe']})
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += chunk))
    child.on('error', reject)
    child.on('close', code => {
      if (code === 0) done(performance.now() - start)
      else reject(new Error(`${args.join(' ')} ended with code ${code}: ${said}`))
    })
  })

type Contender = Readonly<{name: string; output: string; run: () => Promise<number>}>

const WARM = file('warm')
const build = (output: string): readonly string[] => [mayfly, 'build', 'handler.js', '-o', output]
const contenders: readonly Contender[] = [
  {
    name: 'mayfly build, nothing in the cache',
    output: 'cold.wasm',
    run: async () => {
      const cache = file('cold')
      rmSync(cache, {recursive: true, force: true})
      return await timed(build('cold.wasm'), cache)
    },
  },
  {
    name: 'mayfly build, cache filled',
    output: 'warm.wasm',
    run: async () => {
      rmSync(file('warm.wasm'), {force: true})
      return await timed(build('warm.wasm'), WARM)
    },
  },
  {
    name: 'mayfly build, up to date',
    output: 'fresh.wasm',
    run: async () => await timed(build('fresh.wasm'), WARM),
  },
  {
    name: 'componentize-js',
    output: 'peer.wasm',
    run: async () => await timed([file('peer.mjs'), 'handler.js', 'handler.wit', 'peer.wasm'], WARM),
  },
]
const [cold, warm, , peer] = contenders as [Contender, Contender, Contender, Contender]

try {
  mkdirSync(WARM)
  writeFileSync(file('handler.js'), HANDLER)
  writeFileSync(file('handler.wit'), httpWorld().wit)
  writeFileSync(file('peer.mjs'), PEER)
  const times = new Map<Contender, number[]>(contenders.map(contender => [contender, []]))
  // The round before the first fills the caches: ours and that of the files.
  for (let round = -1; round < rounds; round++)
    for (const contender of round & 1 ? contenders : contenders.toReversed()) {
      const ms = await contender.run()
      if (round >= 0) times.get(contender)!.push(ms)
    }
  const ms = (contender: Contender): number => median(times.get(contender)!)
  console.log(`${cpus()[0]?.model}, node ${process.versions.node}, medians of ${rounds} rounds`)
  const rows = contenders.map(contender => [
    contender.name,
    figure(ms(contender)),
    figure(ms(contender) / ms(peer)),
    figure(statSync(file(contender.output)).size / 1e6),
  ])
  console.log(table(['', 'ms', 'of componentize-js', 'MB'], rows))
  const bars: readonly Bar[] = [
    {name: 'nothing in the cache, s', value: ms(cold) / 1000, limit: 4, atMost: true},
    {name: 'cache filled, s', value: ms(warm) / 1000, limit: 1, atMost: true},
  ]
  console.log(barLines(bars))
  if (!bars.every(holds)) process.exitCode = 1
} finally {
  rmSync(scratch, {recursive: true, force: true})
}
