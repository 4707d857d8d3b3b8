// bench/spent.ts: what a request's time is spent on: HTTP, glue, host functions, guest, restore.
//
// From a processor profile of the real server under load. The figures are of the one core that the server has; the
// profiler itself takes some of it, so the shares say more than the microseconds.
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {parseArgs} from 'node:util'
import {GUEST_NODE_FLAGS} from '../src/server/node-flags.ts'
import {figure, table} from './parts/figures.ts'
import {profile} from './parts/inspector.ts'
import {describeMachine, pickCores} from './parts/machine.ts'
import {ROOMS, type Spent, spent} from './parts/profile.ts'
import {startServer} from './parts/server-process.ts'
import {buildHello, MAYFLY, type Subject, sizeOf, smallComponent} from './parts/subjects.ts'
import {load} from './parts/wrk.ts'

const {values: options} = parseArgs({
  options: {
    seconds: {type: 'string', default: '5'},
    warmup: {type: 'string', default: '10'},
    connections: {type: 'string', default: '32'},
    small: {type: 'string'},
    only: {type: 'string'},
    /** Functions shown for each component. */
    top: {type: 'string', default: '15'},
    /** Keeps the profiles as FILE-1.cpuprofile, FILE-2.cpuprofile, for a profile viewer. */
    keep: {type: 'string'},
  },
})

const dir = mkdtempSync(join(tmpdir(), 'mayfly-bench-'))
try {
  console.log((await describeMachine()).lines.join('\n'))
  const subjects = [buildHello(dir), await smallComponent(options.small)].filter(
    ({name}) => options.only === undefined || name.includes(options.only),
  )
  const results: (Measured & {subject: Subject})[] = []
  for (const [i, subject] of subjects.entries()) {
    const measured = await measure(subject)
    results.push({subject, ...measured})
    if (options.keep !== undefined)
      writeFileSync(`${options.keep}-${i + 1}.cpuprofile`, JSON.stringify(measured.raw))
  }
  const perRequest = (us: number, {requests}: Measured): string => figure(us / requests)
  const head = [
    'us a request, and share',
    ...results.map(({subject}) => `${subject.name} (${sizeOf(subject)})`),
  ]
  const rows = ROOMS.map(room => [
    room,
    ...results.map(result => {
      const us = result.spent.byRoom.get(room)!
      return `${perRequest(us, result)}  ${((us / result.spent.busyUs) * 100).toFixed(0).padStart(3)} %`
    }),
  ])
  rows.push(['all', ...results.map(result => `${perRequest(result.spent.busyUs, result)}  100 %`)])
  console.log(`\n${table(head, rows)}`)
  for (const result of Number(options.top) > 0 ? results : []) {
    console.log(`\n${result.subject.name}: self time, us a request`)
    for (const {name, room, us} of result.spent.functions.slice(0, Number(options.top)))
      console.log(`${perRequest(us, result).padStart(7)}  ${room.padEnd(14)}  ${name}`)
  }
} finally {
  rmSync(dir, {recursive: true, force: true})
}

type Measured = Readonly<{requests: number; spent: Spent; raw: unknown}>

async function measure({path}: Subject): Promise<Measured> {
  const cores = pickCores()
  // With the flags that workers have, so that the process is not replaced by one that has them.
  const node = [process.execPath, ...GUEST_NODE_FLAGS, '--inspect=127.0.0.1:0']
  const up = ['up', path, '--workers', '1', '-q', '--production', '--listen', '127.0.0.1:0']
  const server = await startServer([...node, MAYFLY, ...up], {core: cores.server})
  try {
    const under = (seconds: number) =>
      load(`${server.url}/`, {seconds, connections: Number(options.connections), core: cores.load})
    await under(Number(options.warmup))
    const inspector = /ws:\/\/\S+/.exec(server.output())![0]
    const {profile: raw, result} = await profile(inspector, () => under(Number(options.seconds)))
    return {requests: result.requests, spent: spent(raw), raw}
  } finally {
    await server.stop()
  }
}
