// test/reference/campaign.ts: `npm run differential -- [--values 100000] [--wasmtime 300] [--seed N]`: the properties of this
// folder on other seeds, each in a process of its own, until so many values have crossed without a difference, and so many
// in wasmtime too, which takes a process for each call. A failure is shrunk, and comes with the component's text and the
// seed that repeats it.
import {spawnSync} from 'node:child_process'
import {globSync} from 'node:fs'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {withoutWasmtime} from '../wasmtime.ts'

const {values} = parseArgs({
  options: {
    values: {type: 'string', default: '100000'},
    wasmtime: {type: 'string', default: '300'},
    seed: {type: 'string', default: '1'},
  },
})
const IN_WASMTIME = 'wasmtime.test.ts'
const inEngine = globSync('*.test.ts', {cwd: import.meta.dirname}).filter(file => file !== IN_WASMTIME)

type Campaign = Readonly<{where: string; files: readonly string[]; env: NodeJS.ProcessEnv; wanted: number}>

/** Whether so many values crossed without a difference. */
function cross({where, files, env, wanted}: Campaign): boolean {
  let crossed = 0
  for (let seed = Number(values.seed); crossed < wanted; seed++) {
    const args = [
      '--disable-warning=ExperimentalWarning',
      '--test',
      '--test-concurrency=1',
      '--test-reporter=spec',
    ]
    const paths = files.map(file => join(import.meta.dirname, file))
    const {status, stdout} = spawnSync(process.execPath, [...args, ...paths], {
      encoding: 'utf8',
      env: {...process.env, ...env, MAYFLY_SEED: `${seed}`},
      maxBuffer: 2 ** 28,
    })
    const counts = [...stdout.matchAll(/ℹ (\d+) values/g)].map(([, count]) => Number(count))
    crossed += counts.reduce((sum, count) => sum + count, 0)
    console.log(`seed ${seed}: ${crossed} values so far ${where}`)
    if (status !== 0) {
      console.log(stdout)
      return false
    }
  }
  console.log(`${crossed} values ${where}, and no difference`)
  return true
}

const engine = {where: 'in the engine', files: inEngine, env: {MAYFLY_RUNS: '500'}}
const wasmtime = {where: 'in wasmtime too', files: [IN_WASMTIME], env: {MAYFLY_WASMTIME_RUNS: '50'}}
if (withoutWasmtime) console.log(withoutWasmtime)
const campaigns = [
  {...engine, wanted: Number(values.values)},
  {...wasmtime, wanted: withoutWasmtime ? 0 : Number(values.wasmtime)},
]
if (!campaigns.filter(({wanted}) => wanted > 0).every(cross)) process.exitCode = 1
