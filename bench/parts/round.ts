// bench/parts/round.ts: servers, started afresh, under load by turns.
import {median} from './figures.ts'
import {busyMs, type Cores, cpuMs} from './machine.ts'
import {type ServerProcess, startServer} from './server-process.ts'
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
  /** Counted in each round, each in a turn of its own. */
  seconds: number
}>

type Contender = Readonly<{name: string; argv: readonly string[]}>
type Turn = LoadResult & Readonly<{cpuMs: number; othersMs: number; ms: number}>

/**
 * `count` rounds of all contenders, by name. In each all are started, and then have the load in turns of two seconds, the order
 * reversed from turn to turn: what changes with time, as on a machine that others use too, meets all alike.
 */
export async function measureInTurns(
  contenders: readonly Contender[],
  options: RoundOptions & Readonly<{count: number}>,
  told: (of: (name: string) => Round, round: number) => void = () => {},
): Promise<ReadonlyMap<string, readonly Round[]>> {
  const rounds = new Map<string, Round[]>(contenders.map(({name}) => [name, []]))
  for (let i = 0; i < options.count; i++) {
    const measured = await measureRound(contenders, options)
    for (const [name, turns] of measured) rounds.get(name)!.push(roundOf(turns))
    told(name => rounds.get(name)![i]!, i)
  }
  return rounds
}

async function measureRound(
  contenders: readonly Contender[],
  options: RoundOptions,
): Promise<ReadonlyMap<string, readonly Turn[]>> {
  const servers: Readonly<{name: string; server: ServerProcess; turns: Turn[]}>[] = []
  try {
    for (const contender of contenders) {
      const server = await startServer(contender.argv, {core: options.cores.server})
      servers.push({name: contender.name, server, turns: []})
      await warmUp(contender, server, options)
    }
    for (let i = 0; i < options.seconds; i++)
      for (const {server, turns} of i % 2 === 0 ? servers : servers.toReversed())
        turns.push(await measureTurn(server, options))
    return new Map(servers.map(({name, turns}) => [name, turns]))
  } finally {
    await Promise.all(servers.map(({server}) => server.stop()))
  }
}

/** @throws Error when it does not answer with hello world */
async function warmUp(
  {name}: Contender,
  {url}: ServerProcess,
  {cores, connections, warmupSeconds}: RoundOptions,
): Promise<void> {
  const answer = await fetch(`${url}/`)
  if (!/hello world/i.test(await answer.text()))
    throw new Error(`${name} answers ${answer.status}, not hello world`)
  await load(`${url}/`, {seconds: warmupSeconds, connections, core: cores.load})
}

/** A server without anything to do gives back memory that it would have used again: the first second of a turn is not counted. */
async function measureTurn(server: ServerProcess, {cores, connections}: RoundOptions): Promise<Turn> {
  const second = {seconds: 1, connections, core: cores.load}
  await load(`${server.url}/`, second)
  const before = {at: performance.now(), busy: busyMs(cores.server), cpu: cpuMs(server.pid)}
  const result = await load(`${server.url}/`, second)
  const cpu = cpuMs(server.pid) - before.cpu
  const othersMs = cores.server === undefined ? Number.NaN : busyMs(cores.server) - before.busy - cpu
  return {...result, cpuMs: cpu, othersMs, ms: performance.now() - before.at}
}

function roundOf(turns: readonly Turn[]): Round {
  const sum = (key: 'requests' | 'failed' | 'cpuMs' | 'othersMs' | 'ms'): number =>
    turns.reduce((total, turn) => total + turn[key], 0)
  const requests = sum('requests')
  return {
    requests,
    requestsPerSecond: median(turns.map(turn => turn.requestsPerSecond)),
    p50Ms: median(turns.map(turn => turn.p50Ms)),
    p99Ms: median(turns.map(turn => turn.p99Ms)),
    failed: sum('failed'),
    cpuUs: (sum('cpuMs') * 1000) / requests,
    others: sum('othersMs') / sum('ms'),
  }
}
