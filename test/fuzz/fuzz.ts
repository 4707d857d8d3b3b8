// test/fuzz/fuzz.ts: `npm run fuzz -- --seconds 120 [--seed N] [--inputs N] [--save DIR]`: components changed at random must
// end in a clear error or run; what does not is saved, with what it came to.
//
// `--input N` runs that input of the seed in this process, to look at it.
import {mkdirSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {Engine} from '../../src/embed/engine.ts'
import {campaign} from './campaign.ts'
import {corpus} from './corpus.ts'
import {inputOf} from './input.ts'
import {judge} from './judge.ts'

const {values} = parseArgs({
  options: {
    seconds: {type: 'string', default: '120'},
    seed: {type: 'string', default: '1'},
    inputs: {type: 'string', default: 'Infinity'},
    input: {type: 'string'},
    save: {type: 'string', default: join(tmpdir(), 'mayfly-fuzz')},
  },
})
const HANG_MS = 20_000
const seed = Number(values.seed)

if (values.input !== undefined) {
  const bytes = inputOf(await corpus(), seed, Number(values.input))
  save(Number(values.input), bytes, '')
  console.log(await judge(new Engine(), bytes))
  process.exit()
}

const options = {seed, ms: Number(values.seconds) * 1000, inputs: Number(values.inputs), hangMs: HANG_MS}
const {inputs, verdicts, failures} = await campaign(options)
console.log(`seed ${seed}: ${inputs} inputs`)
for (const [verdict, count] of [...verdicts].sort((a, b) => b[1] - a[1]))
  console.log(`${String(count).padStart(8)}  ${verdict}`)
const sources = failures.length === 0 ? undefined : await corpus()
for (const {input, kind, report} of failures) {
  const file = save(input, inputOf(sources!, seed, input), report)
  console.log(`${kind} of input ${input}, saved as ${file}\n${report.split('\n').slice(0, 12).join('\n')}`)
}
process.exitCode = failures.length === 0 ? 0 : 1

function save(input: number, bytes: Uint8Array, report: string): string {
  mkdirSync(values.save, {recursive: true})
  const file = join(values.save, `${seed}-${input}.wasm`)
  writeFileSync(file, bytes)
  if (report !== '') writeFileSync(`${file}.txt`, report)
  return file
}
