// test/fuzz/child.ts: the process that inputs run in: child.ts SEED FROM TO STRIDE. It writes the number of each input to file
// descriptor 3 before it runs it, so that whoever watches knows at which it died.
import {writeSync} from 'node:fs'
import {Engine} from '../../src/embed/engine.ts'
import {corpus} from './corpus.ts'
import {inputOf} from './input.ts'
import {judge} from './judge.ts'

const [seed = 0, from = 0, to = 0, stride = 1] = process.argv.slice(2).map(Number)
const sources = await corpus()
const engine = new Engine()
for (let input = from; input < to; input += stride) {
  writeSync(3, `${input}\n`)
  try {
    const verdict = await judge(engine, inputOf(sources, seed, input))
    writeSync(3, `= ${verdict}\n`)
  } catch (error) {
    writeSync(3, `! ${JSON.stringify(inspect(error as Error))}\n`)
  }
}
await engine.close()
process.exit(0)

/** The error and what caused it, with their stacks. */
function inspect(error: Error): string {
  const stacks: string[] = []
  for (let at: unknown = error; at instanceof Error; at = at.cause) stacks.push(at.stack ?? at.message)
  return stacks.join('\ncaused by: ')
}
