// bench/decode.ts: decode, validate and link of a component, against V8's `new WebAssembly.Module` of its core modules
// alone, each in processes of its own in turn, under the flags that workers are started with. V8 validates all code eagerly
// there and compiles functions when they are first called; so does what Mayfly links, which validates them then too.
//
// Ours runs as users run it: one script, and the code that V8 has compiled of it before.
//
//     node bench/decode.ts [component.wasm] [--rounds N]
import {execFileSync} from 'node:child_process'
import {mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {bundled} from './parts/bundled.ts'
import type {Contender, Times} from './parts/decode-once.ts'
import {figure, median, table} from './parts/figures.ts'

/** At most so many times what V8 takes. */
const BAR = 2
/** In one process, after as many that count for nothing. */
const WARM_ROUNDS = 5

const {values, positionals} = parseArgs({
  allowPositionals: true,
  options: {rounds: {type: 'string', default: '9'}},
})
const path = positionals[0] ?? 'examples/hello/dist/hello.wasm'

const CONTENDERS: readonly Contender[] = ['modules', 'mayfly']
type Measured = Record<Contender, Times[]>
const fresh: Measured = {modules: [], mayfly: []}
const warm: Measured = {modules: [], mayfly: []}

const dir = mkdtempSync(join(tmpdir(), 'mayfly-bench-'))
try {
  const script = await bundled(new URL('parts/decode-once.ts', import.meta.url), dir)
  const run = (name: Contender, rounds: number): Times[] => {
    const flags = ['--disable-warning=ExperimentalWarning', '--no-force-async-hooks-checks']
    const args = [...flags, ...script, name, path, String(rounds)]
    return JSON.parse(execFileSync(process.execPath, args, {encoding: 'utf8'}))
  }
  // The round before the first has the compiled code kept.
  for (let round = -1; round < Number(values.rounds); round++)
    for (const name of round % 2 === 0 ? CONTENDERS : CONTENDERS.toReversed()) {
      const times = run(name, 1)
      if (round >= 0) fresh[name].push(...times)
    }
  for (const name of CONTENDERS) warm[name] = run(name, 2 * WARM_ROUNDS).slice(-WARM_ROUNDS)
} finally {
  rmSync(dir, {recursive: true, force: true})
}

const total = ({cpu, ...times}: Times): number => Object.values(times).reduce((sum, each) => sum + each, 0)
const cpu = (times: Times): number => times['cpu']!
const ms = (list: readonly Times[], of: (times: Times) => number): string => figure(median(list.map(of)))

/** Prints a table, and returns how many times V8's time ours is. */
function report(title: string, {modules, mayfly}: Measured): number {
  const steps = Object.keys(mayfly[0]!).filter(step => step !== 'cpu')
  const rows = [
    ['new WebAssembly.Module of its core modules', ms(modules, total), ms(modules, cpu)],
    ['decode, validate, link', ms(mayfly, total), ms(mayfly, cpu)],
    ...steps.map(step => [`  ${step}`, ms(mayfly, times => times[step]!)]),
  ]
  const ratio = median(mayfly.map(total)) / median(modules.map(total))
  console.log(`${title}\n\n${table(['', 'ms', 'processor ms'], rows)}\n\n${figure(ratio)} times\n`)
  return ratio
}

console.log(`${path}, ${figure(readFileSync(path).length / 1e6)} MB\n`)
const ratio = report(`medians of ${values.rounds} fresh processes`, fresh)
report(`medians of ${WARM_ROUNDS} later rounds in one process`, warm)
console.log(`the bar is ${BAR} in fresh processes: ${ratio <= BAR ? 'reached' : 'missed'}`)
