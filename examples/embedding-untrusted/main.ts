// A program that runs plug-ins of strangers: each call in a fresh sandbox, with limits, and what one does is nobody
// else's trouble.
//
//     node --conditions=mayfly-source examples/embedding-untrusted/main.ts
import {readFile} from 'node:fs/promises'
import {parse} from '@bytecodealliance/jco'
import {type Component, Engine, MayflyError} from 'mayfly'

/** All are written for this world. */
type World = {imports: Record<never, never>; exports: {run: () => Promise<number>}}

await using engine = new Engine()
const load = async (name: string): Promise<Component<World>> =>
  await engine.load<World>(await parse(await readFile(new URL(`${name}.wat`, import.meta.url), 'utf8')), {
    name,
    limits: {cpuMs: 50, memoryMb: 16, concurrency: 4},
  })
const plugins = await Promise.all(['counter', 'endless', 'greedy'].map(load))

/** What comes of a call, as text. Failures of a plug-in are MayflyErrors, with a code to go by. */
async function outcome({exports}: Component<World>): Promise<string> {
  try {
    return String(await exports.run())
  } catch (error) {
    if (error instanceof MayflyError && error.fault === 'guest') return error.code
    throw error
  }
}

// All at once, many times: `counter` must never see more than its own call.
const calls = plugins.flatMap(plugin =>
  Array.from({length: plugin.name === 'counter' ? 100 : 3}, () => plugin),
)
const outcomes = await Promise.all(calls.map(async plugin => `${plugin.name}: ${await outcome(plugin)}`))
const counts = Map.groupBy(outcomes, text => text)
for (const [text, {length}] of counts) console.log(`${text} (${length} times)`)

// Where state is wanted, a lease keeps one sandbox for several calls.
await using sandbox = await plugins[0]!.lease()
console.log(
  `leased: ${await sandbox.exports.run()}, ${await sandbox.exports.run()}, ${await sandbox.exports.run()}`,
)
