// test/fuzz/bomb-child.ts: the process that bombs go off in, one after the other: bomb-child.ts COUNT. It writes a line of
// JSON for each before and after, so that whoever watches knows which one it did not survive.
import {Engine} from '../../src/embed/engine.ts'
import {BOMBS} from './bombs.ts'
import {judge} from './judge.ts'

export type Report = Readonly<{
  name: string
  bytes: number
  verdict: string
  /** Of the processor. */
  ms: number
  /** The most that the process has had resident so far. */
  peakMb: number
}>

const [count = 0] = process.argv.slice(2).map(Number)
const engine = new Engine()
for (const {name, make} of BOMBS) {
  const bytes = await make(count)
  console.log(JSON.stringify({name}))
  const start = process.cpuUsage()
  const verdict = await judge(engine, bytes).catch(error => `! ${error.message}: ${error.cause?.stack}`)
  const {user, system} = process.cpuUsage(start)
  const peakMb = Math.round(process.resourceUsage().maxRSS / 1024)
  const report: Report = {name, bytes: bytes.length, verdict, ms: (user + system) / 1000, peakMb}
  console.log(JSON.stringify(report))
}
await engine.close()
process.exit(0)
