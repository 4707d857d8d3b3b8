// bench/parts/round.ts: one server, started afresh, under load.
import {busyMs, type Cores, cpuMs} from './machine.ts'
import {startServer} from './server-process.ts'
import {type LoadResult, load} from './wrk.ts'

export type Round = LoadResult &
  Readonly<{
    /** Processor time of the server for one request: says more than requests/s where others use its core. */
    cpuUs: number
    /** Share of the server's core that others used. */
    others: number
  }>

export type RoundOptions = Readonly<{
  cores: Cores
  connections: number
  /** V8 needs some to optimise. */
  warmupSeconds: number
  seconds: number
}>

type Contender = Readonly<{name: string; argv: readonly string[]}>

/**
 * `count` rounds of all contenders, by name; the order is reversed from round to round, so that what changes with time
 * meets all alike. `told` hears of each round when it is over.
 */
export async function measureInTurns(
  contenders: readonly Contender[],
  options: RoundOptions & Readonly<{count: number}>,
  told: (of: (name: string) => Round, round: number) => void = () => {},
): Promise<ReadonlyMap<string, readonly Round[]>> {
  const rounds = new Map<string, Round[]>(contenders.map(({name}) => [name, []]))
  for (let i = 0; i < options.count; i++) {
    for (const contender of i % 2 === 0 ? contenders : contenders.toReversed())
      rounds.get(contender.name)!.push(await measureServer(contender, options))
    told(name => rounds.get(name)![i]!, i)
  }
  return rounds
}

/** @throws Error when it does not answer with hello world */
async function measureServer(
  {name, argv}: Contender,
  {cores, connections, warmupSeconds, seconds}: RoundOptions,
): Promise<Round> {
  const server = await startServer(argv, {core: cores.server})
  try {
    const url = `${server.url}/`
    const answer = await fetch(url)
    if (!/hello world/i.test(await answer.text()))
      throw new Error(`${name} answers ${answer.status}, not hello world`)
    await load(url, {seconds: warmupSeconds, connections, core: cores.load})
    const before = {at: performance.now(), busy: busyMs(cores.server), cpu: cpuMs(server.pid)}
    const result = await load(url, {seconds, connections, core: cores.load})
    const cpu = cpuMs(server.pid) - before.cpu
    const others = busyMs(cores.server) - before.busy - cpu
    return {
      ...result,
      cpuUs: (cpu * 1000) / result.requests,
      others: cores.server === undefined ? Number.NaN : others / (performance.now() - before.at),
    }
  } finally {
    await server.stop()
  }
}
