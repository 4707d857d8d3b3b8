// bench/restore.ts: an event and its restore in each tier, in process, beside the bare call of a sandbox never restored.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import type {Sandbox} from '../src/engine/pool/sandbox.ts'
import type {TierName} from '../src/engine/snapshot/snapshot.ts'
import {GUEST_NODE_FLAGS, mayRunGuests} from '../src/server/node-flags.ts'
import {type Prepared, prepare, tierNamed} from './parts/engine.ts'
import {figure, median, table} from './parts/figures.ts'
import {describeMachine} from './parts/machine.ts'
import {buildHello, sizeOf, smallComponent} from './parts/subjects.ts'

const {values: options} = parseArgs({
  options: {
    rounds: {type: 'string', default: '5'},
    /** Milliseconds of a round. */
    ms: {type: 'string', default: '500'},
    /** Milliseconds before the first. */
    warmup: {type: 'string', default: '4000'},
    small: {type: 'string'},
  },
})

const TIERS: readonly TierName[] = ['cow', 'madvise', 'copy']
/** As many as a busy turn of the server has. */
const PER_TURN = 32
/** Calls of a sandbox that is not restored: few, since what they leave behind heaps up. */
const BARE_EVENTS = 200

if (mayRunGuests(process.execArgv)) await run()
else {
  const again = spawnSync(process.execPath, [...GUEST_NODE_FLAGS, ...process.argv.slice(1)], {
    stdio: 'inherit',
  })
  process.exitCode = again.status ?? 1
}

async function run(): Promise<void> {
  console.log((await describeMachine()).lines.join('\n'))
  const dir = mkdtempSync(join(tmpdir(), 'mayfly-bench-'))
  const rows: string[][] = []
  try {
    for (const subject of [await smallComponent(options.small), buildHello(dir)]) {
      for (const name of TIERS) {
        const tier = tierNamed(name)
        if (tier === undefined) {
          rows.push([`${subject.name}, ${sizeOf(subject)}`, name, 'not on this machine'])
          continue
        }
        rows.push([
          `${subject.name}, ${sizeOf(subject)}`,
          name,
          ...(await measure(prepare(subject.path, tier))),
        ])
      }
    }
  } finally {
    rmSync(dir, {recursive: true, force: true})
  }
  console.log(
    `\n${table(['component', 'tier', 'bare us', 'event us', 'restore us', 'both us', 'pages', 'scans %'], rows)}`,
  )
  console.log(
    '\nMedians of the rounds. bare: calls of one sandbox that is not restored in between. pages: put back for an event; scans: events after which all pages were looked at.',
  )
}

type Round = {eventUs: number; restoreUs: number; pages: number; scans: number}

async function measure({component, ask}: Prepared): Promise<string[]> {
  const sandbox = component.make()
  await round(sandbox, ask, Number(options.warmup))
  const rounds: Round[] = []
  for (let i = 0; i < Number(options.rounds); i++) rounds.push(await round(sandbox, ask, Number(options.ms)))
  const bare = median(Array.from({length: rounds.length}, () => bareUs(component.make(), ask)))
  const of = (key: keyof Round): number => median(rounds.map(each => each[key]))
  const both = median(rounds.map(each => each.eventUs + each.restoreUs))
  sandbox.dispose()
  component.dispose()
  return [bare, of('eventUs'), of('restoreUs'), both, of('pages'), of('scans') * 100].map(figure)
}

/** A call of one sandbox after the other as it was left, as others do who reuse instances. */
function bareUs(sandbox: Sandbox, ask: Prepared['ask']): number {
  try {
    for (let i = 0; i < BARE_EVENTS; i++) ask(sandbox)
    const start = performance.now()
    for (let i = 0; i < BARE_EVENTS; i++) ask(sandbox)
    return ((performance.now() - start) / BARE_EVENTS) * 1000
  } catch {
    // It waits in a later call for what an earlier one has begun.
    return Number.NaN
  } finally {
    sandbox.restore()
    sandbox.dispose()
  }
}

/** In turns, as the server does it: all events, each with its restore; only the sums are timed. */
async function round(sandbox: Sandbox, ask: Prepared['ask'], ms: number): Promise<Round> {
  let events = 0
  let inEvents = 0
  let inRestores = 0
  let pages = 0
  let scans = 0
  const end = performance.now() + ms
  while (performance.now() < end) {
    for (let i = 0; i < PER_TURN; i++) {
      const start = performance.now()
      ask(sandbox)
      const between = performance.now()
      const report = sandbox.restore()
      inRestores += performance.now() - between
      inEvents += between - start
      pages += report.pagesRestored
      if (report.scanned) scans++
    }
    events += PER_TURN
    await new Promise(resolve => setImmediate(resolve))
  }
  return {
    eventUs: (inEvents / events) * 1000,
    restoreUs: (inRestores / events) * 1000,
    pages: pages / events,
    scans: scans / events,
  }
}
