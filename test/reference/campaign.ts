// test/reference/campaign.ts: `npm run differential -- [--values 100000] [--seed N]`: the properties of this folder on other
// seeds, each in a process of its own, until so many values have crossed without a difference. A failure is shrunk, and
// comes with the component's text and the seed that repeats it.
import {spawnSync} from 'node:child_process'
import {globSync} from 'node:fs'
import {join} from 'node:path'
import {parseArgs} from 'node:util'

const {values} = parseArgs({
  options: {values: {type: 'string', default: '100000'}, seed: {type: 'string', default: '1'}},
})
const RUNS = 500
const wanted = Number(values.values)
const files = globSync('*.test.ts', {cwd: import.meta.dirname}).map(file => join(import.meta.dirname, file))

let crossed = 0
for (let seed = Number(values.seed); crossed < wanted; seed++) {
  const args = [
    '--disable-warning=ExperimentalWarning',
    '--test',
    '--test-concurrency=1',
    '--test-reporter=spec',
  ]
  const {status, stdout} = spawnSync(process.execPath, [...args, ...files], {
    encoding: 'utf8',
    env: {...process.env, MAYFLY_RUNS: `${RUNS}`, MAYFLY_SEED: `${seed}`},
    maxBuffer: 2 ** 28,
  })
  const counts = [...stdout.matchAll(/ℹ (\d+) values/g)].map(([, count]) => Number(count))
  crossed += counts.reduce((sum, count) => sum + count, 0)
  console.log(`seed ${seed}: ${crossed} values so far`)
  if (status !== 0) {
    console.log(stdout)
    process.exitCode = 1
    break
  }
}
if (process.exitCode === undefined) console.log(`${crossed} values, and no difference`)
