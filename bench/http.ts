// bench/http.ts: `npm run bench`: requests per second beside node:http alone and wasmtime serve.
//
// Every server is a fresh process in every round, on a core of its own; the load is on another. The order is reversed
// from round to round, so that what changes with time meets all alike. Only ratios of one run mean anything.
import {spawnSync} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {parseArgs} from 'node:util'
import {type Bar, barLines, figure, holds, median, table} from './parts/figures.ts'
import {describeMachine, pickCores} from './parts/machine.ts'
import {measureInTurns, type Round} from './parts/round.ts'
import {buildHello, MAYFLY, type Subject, sizeOf, smallComponent} from './parts/subjects.ts'
import {findWasmtime, precompile, serveArgv, WASMTIME_MODES, type WasmtimeMode} from './parts/wasmtime.ts'

const {values: options} = parseArgs({
  options: {
    rounds: {type: 'string', default: '5'},
    seconds: {type: 'string', default: '6'},
    warmup: {type: 'string', default: '10'},
    connections: {type: 'string', default: '32'},
    small: {type: 'string'},
    only: {type: 'string'},
    json: {type: 'string'},
    strict: {type: 'boolean', default: false},
    help: {type: 'boolean', short: 'h', default: false},
  },
})

const HELP = `npm run bench -- [OPTIONS]
  --rounds N        fresh processes each; medians are of these (5)
  --seconds N       measured in each round (6)
  --warmup N        seconds of load before; V8 needs some to optimise (10)
  --connections N   (32)
  --small NAME      the small component: a guest of test/guests (the first that is there)
  --only TEXT       servers whose name holds TEXT, and the floor
  --json FILE       all figures
  --strict          exit code 1 when a bar is missed`

const FLOOR = 'node:http alone'
const BARS = {
  javascript: {share: 0.28, timesWasmtime: 6},
  small: {share: 0.6, timesWasmtime: 4},
  p99TimesFloor: 3,
}

type Contender = Readonly<{
  name: string
  subject: 'javascript' | 'small' | undefined
  argv: readonly string[]
}>

if (options.help) console.log(HELP)
else process.exitCode = await main()

async function main(): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'mayfly-bench-'))
  try {
    return await bench(dir)
  } finally {
    rmSync(dir, {recursive: true, force: true})
  }
}

async function bench(dir: string): Promise<number> {
  const machine = await describeMachine()
  const cores = pickCores()
  console.log(machine.lines.join('\n'))
  if (cores.server === undefined)
    console.log('warning: servers and load cannot be pinned to different cores here')

  const subjects = {javascript: buildHello(dir), small: await smallComponent(options.small)}
  const wasmtime = findWasmtime()
  const {javascript, small} = subjects
  console.log(
    `JavaScript hello: ${sizeOf(javascript)}; small component: ${small.name}, ${sizeOf(small)}; ${wasmtime?.version ?? 'no wasmtime here'}\n`,
  )
  const contenders: Contender[] = [
    {
      name: FLOOR,
      subject: undefined,
      argv: [process.execPath, fileURLToPath(new URL('apps/floor.ts', import.meta.url))],
    },
  ]
  const add = (name: string, subject: 'javascript' | 'small', argv: () => readonly string[]): void => {
    if (options.only === undefined || name.includes(options.only))
      contenders.push({name, subject, argv: argv()})
  }
  for (const key of ['javascript', 'small'] as const) {
    const subject: Subject = subjects[key]
    add(`Mayfly, ${subject.name}`, key, () => [
      ...[process.execPath, MAYFLY, 'up', subject.path, '--workers', '1', '-q'],
      ...['--production', '--listen', '127.0.0.1:0'],
    ])
    if (wasmtime === undefined) continue
    for (const mode of Object.keys(WASMTIME_MODES) as WasmtimeMode[])
      add(`wasmtime ${mode}, ${subject.name}`, key, () =>
        serveArgv(wasmtime, precompile(wasmtime, subject, mode, dir), mode),
      )
  }

  const rounds = await measureInTurns(
    contenders,
    {
      cores,
      count: Number(options.rounds),
      connections: Number(options.connections),
      warmupSeconds: Number(options.warmup),
      seconds: Number(options.seconds),
    },
    (roundOf, i) => {
      const line = contenders.map(({name}) => figure(roundOf(name).requestsPerSecond))
      console.log(`round ${i + 1}, requests/s: ${line.join('  ')}`)
    },
  )

  const of = (name: string, key: keyof Round): number =>
    median((rounds.get(name) ?? []).map(each => each[key]))
  /** The median of the rounds' ratios: what disturbs a round disturbs both sides of it. */
  const ratio = (name: string, to: string, key: keyof Round): number => {
    const others = rounds.get(to) ?? []
    return median((rounds.get(name) ?? []).map((each, i) => each[key] / (others[i]?.[key] ?? Number.NaN)))
  }
  const rows = contenders.map(({name, subject}) => {
    const defaults = subject === undefined ? '' : `wasmtime defaults, ${subjects[subject].name}`
    return [
      name,
      figure(of(name, 'requestsPerSecond')),
      ratio(name, FLOOR, 'requestsPerSecond').toFixed(3),
      figure(ratio(name, defaults, 'requestsPerSecond')),
      figure(of(name, 'p50Ms')),
      figure(of(name, 'p99Ms')),
      figure(of(name, 'cpuUs')),
      figure(of(name, 'others') * 100),
      figure((rounds.get(name) ?? []).reduce((sum, each) => sum + each.failed, 0)),
    ]
  })
  const head = [
    'server',
    'requests/s',
    'of floor',
    'x wasmtime',
    'p50 ms',
    'p99 ms',
    'cpu us',
    'others %',
    'failed',
  ]
  console.log(`\n${table(head, rows)}`)
  console.log(
    '\nMedians; ratios are medians of the ratios within each round. cpu us: processor time of the server for a\nrequest. others %: share of its core that other processes took. The raw requests/s of all rounds:',
  )
  for (const [name, list] of rounds)
    console.log(`  ${name}: ${list.map(each => figure(each.requestsPerSecond)).join('  ')}`)

  const bars: Bar[] = (['javascript', 'small'] as const).flatMap(key => {
    const name = `Mayfly, ${subjects[key].name}`
    const defaults = `wasmtime defaults, ${subjects[key].name}`
    const limits = BARS[key]
    return [
      {
        name: `${name}, share of the floor`,
        value: ratio(name, FLOOR, 'requestsPerSecond'),
        limit: limits.share,
      },
      {
        name: `${name}, times wasmtime`,
        value: ratio(name, defaults, 'requestsPerSecond'),
        limit: limits.timesWasmtime,
      },
      {
        name: `${name}, p99 in times of the floor's`,
        value: ratio(name, FLOOR, 'p99Ms'),
        limit: BARS.p99TimesFloor,
        atMost: true,
      },
    ]
  })
  console.log(`\n${barLines(bars)}\n`)
  const spent = fileURLToPath(new URL('spent.ts', import.meta.url))
  spawnSync(process.execPath, [spent, '--top', '0'], {stdio: 'inherit'})
  if (options.json !== undefined) {
    const raw = {
      machine,
      options,
      subjects,
      wasmtime: wasmtime?.version,
      rounds: Object.fromEntries(rounds),
      bars,
    }
    writeFileSync(options.json, `${JSON.stringify(raw, null, 2)}\n`)
  }
  return options.strict && !bars.every(holds) ? 1 : 0
}
