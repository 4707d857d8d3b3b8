// bench/parts/round.ts: servers, started afresh, under load in turns.
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
  seconds: number
}>

type Contender = Readonly<{name: string; argv: readonly string[]}>

/** Rounds of all contenders, by name: the nth of each were measured beside each other. */
export type Rounds = ReadonlyMap<string, readonly Round[]>

/**
 * `count` rounds of all contenders, each in a process of its own; the order is reversed from round to round, so that what
 * changes with time meets all alike. `told` hears of each round when it is over.
 */
export async function measureInTurns(
  contenders: readonly Contender[],
  options: RoundOptions & Readonly<{count: number}>,
  told: (of: (name: string) => Round, round: number) => void = () => {},
): Promise<Rounds> {
  const rounds = new Map<string, Round[]>(contenders.map(({name}) => [name, []]))
  for (let i = 0; i < options.count; i++) {
    for (const contender of i % 2 === 0 ? contenders : contenders.toReversed()) {
      const server = await startWarm(contender, options)
      try {
        rounds.get(contender.name)!.push(await measure(server, options))
      } finally {
        await server.stop()
      }
    }
    told(name => rounds.get(name)![i]!, i)
  }
  return rounds
}

/**
 * The same with all contenders alive and warm, `turns` rounds long: they are some seconds apart only, for what comes close
 * to another and must be told from what changes with time. Then all are started anew, `count` times.
 */
export async function measureSideBySide(
  contenders: readonly Contender[],
  options: RoundOptions & Readonly<{count: number; turns: number}>,
): Promise<Rounds> {
  const rounds = new Map<string, Round[]>(contenders.map(({name}) => [name, []]))
  for (let i = 0; i < options.count; i++) {
    const servers: [name: string, server: ServerProcess][] = []
    try {
      for (const contender of contenders) servers.push([contender.name, await startWarm(contender, options)])
      for (let turn = 0; turn < options.turns; turn++)
        for (const [name, server] of turn % 2 === 0 ? servers : servers.toReversed())
          rounds.get(name)!.push(await measure(server, options))
    } finally {
      for (const [, server] of servers) await server.stop()
    }
  }
  return rounds
}

/** @throws Error when it does not answer with hello world */
async function startWarm(
  {name, argv}: Contender,
  {cores, connections, warmupSeconds}: RoundOptions,
): Promise<ServerProcess> {
  const server = await startServer(argv, {core: cores.server})
  try {
    const answer = await fetch(`${server.url}/`)
    if (!/hello world/i.test(await answer.text()))
      throw new Error(`${name} answers ${answer.status}, not hello world`)
    await load(`${server.url}/`, {seconds: warmupSeconds, connections, core: cores.load})
    return server
  } catch (error) {
    await server.stop()
    throw error
  }
}

async function measure(server: ServerProcess, {cores, connections, seconds}: RoundOptions): Promise<Round> {
  const before = {at: performance.now(), busy: busyMs(cores.server), cpu: cpuMs(server.pid)}
  const result = await load(`${server.url}/`, {seconds, connections, core: cores.load})
  const cpu = cpuMs(server.pid) - before.cpu
  const others = busyMs(cores.server) - before.busy - cpu
  return {
    ...result,
    cpuUs: (cpu * 1000) / result.requests,
    others: cores.server === undefined ? Number.NaN : others / (performance.now() - before.at),
  }
}
